/** The route of the page on health. */
import type { HealthDocument } from './health-schema.ts';
import { type ApiRoute, json, route } from './route.ts';

export interface HealthAnswers {
  health(): Promise<HealthDocument>;
}

export function healthRoutes(health: HealthAnswers): readonly ApiRoute[] {
  return [route({ method: 'GET', path: '/health', access: 'read', answer: async () => json(await health.health()) })];
}
