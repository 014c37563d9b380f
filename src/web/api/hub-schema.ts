/** What a hub's pages read: the hub itself, once a second, and its sensors. */
import * as z from 'zod/mini';
import { codedProblem } from './coded-problem-schema.ts';

export const hubDocument = z.strictObject({
  version: z.string(),
  wall_ms: z.number(),
  /** The packet time of the latest minute of any sensor, ms since 1970; null before the first. */
  now_ms: z.nullable(z.number()),
  zone: z.string(),
  source: z.strictObject({ kind: z.literal('fleet') }),
  /** Why the fleet's stream is not read, or the history not written; null while all is well. */
  ...codedProblem,
  /** Messages of the stream that are not read yet. */
  pending: z.number(),
  history: z.strictObject({ written: z.number() }),
  /** The breaker of the fleet; null for a hub that lends nothing. */
  fleet_breaker: z.nullable(
    z.strictObject({
      /** False while another hub lends, or none can. */
      lends: z.boolean(),
      /** When it tripped, ms since 1970; null while it has not. */
      tripped_ms: z.nullable(z.number()),
      /** Clients newly hit and lent within the window of each limit; null for fewer than 5. */
      limits: z.array(
        z.strictObject({
          limit: z.string(),
          clients: z.number(),
          used: z.nullable(z.number()),
          lent: z.nullable(z.number()),
        }),
      ),
      /** Sensors with a lease. */
      sensors: z.number(),
    }),
  ),
});
export type HubDocument = z.infer<typeof hubDocument>;

export const hubSensor = z.strictObject({
  isp: z.string(),
  site: z.string(),
  version: z.string(),
  seen_ms: z.number(),
  clock_offset_ms: z.nullable(z.number()),
  minute_ms: z.nullable(z.number()),
  rows: z.number(),
  refused_rows: z.number(),
  packets: z.number(),
  lost_packets: z.number(),
  lag_us: z.number(),
  drift: z.array(z.enum(['silent', 'other-rules', 'refuses-rules', 'clock'])),
  /** Null for a sensor that takes no rules from the fleet. */
  rules: z.nullable(
    z.strictObject({
      ring: z.string(),
      /** Versions of the bundle in use and of that of its ring; null for the sensor's own files, and for none. */
      version: z.nullable(z.number()),
      wanted: z.nullable(z.number()),
      /** Why a bundle is not used: one of fleet/rules/bundle-check, and the sensor's own sentence. */
      refused: z.nullable(z.strictObject({ reason: z.string(), problem: z.string() })),
    }),
  ),
});
export type HubSensor = z.infer<typeof hubSensor>;

export const hubSensors = z.strictObject({ sensors: z.array(hubSensor) });
export type HubSensors = z.infer<typeof hubSensors>;
