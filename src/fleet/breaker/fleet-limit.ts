/** A limit of the whole fleet: clients that all sensors together may newly hit within a window. */
import * as z from 'zod/mini';

export const MOST_CLIENTS = 100_000_000;
export const MOST_WINDOW_MS = 7 * 86_400_000;
export const MOST_FLEET_LIMITS = 8;

export const fleetLimitSchema = z.strictObject({
  clients: z.int().check(z.minimum(1), z.maximum(MOST_CLIENTS)),
  window_ms: z.int().check(z.minimum(1000), z.maximum(MOST_WINDOW_MS)),
});
export type FleetLimit = z.infer<typeof fleetLimitSchema>;

/** `500/60s` */
export function fleetLimitText({ clients, window_ms: ms }: FleetLimit): string {
  return `${clients}/${ms / 1000}s`;
}

/** Names a list of limits: a sensor and the hub speak of the same list. */
export function limitsText(limits: readonly FleetLimit[]): string {
  return limits.map(fleetLimitText).join(' ');
}
