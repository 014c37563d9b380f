/** The one table of the desk's routes. */
import { adminRoutes } from './admin-routes.ts';
import { applicantRoutes } from './applicant-routes.ts';
import { caseRoutes } from './case-routes.ts';
import { changesRoutes } from './changes-routes.ts';
import type { DeskParts } from './desk-parts.ts';
import type { DeskRoute } from './desk-route.ts';
import { importRoutes } from './import-routes.ts';
import { providerRoutes } from './provider-routes.ts';
import { publicRoutes } from './public-routes.ts';
import { queueRoutes } from './queue-routes.ts';
import { registryRoutes } from './registry-routes.ts';
import { signInRoutes } from './sign-in-routes.ts';

export function deskRoutes(parts: DeskParts): readonly DeskRoute[] {
  return [
    ...publicRoutes(parts),
    ...applicantRoutes(parts),
    ...signInRoutes(parts),
    ...providerRoutes(parts),
    ...queueRoutes(parts),
    ...caseRoutes(parts),
    ...importRoutes(parts),
    ...registryRoutes(parts),
    ...adminRoutes(parts),
    ...changesRoutes(parts),
  ];
}
