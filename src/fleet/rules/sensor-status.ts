/** The status of a sensor's rules: the last message of `sluice.v1.ISP.SITE.status`, as JSON. */
import * as z from 'zod/mini';
import { REFUSALS } from './bundle-check.ts';
import { RINGS } from './ring-pointer.ts';

const count = z.int().check(z.nonnegative());
const bundle = z.strictObject({ version: z.int().check(z.minimum(1)), id: z.string().check(z.maxLength(64)) });

const schema = z.object({
  ring: z.enum(RINGS),
  /** The version of Sluice. */
  program: z.string().check(z.maxLength(64)),
  /** The bundle in use; null for the sensor's own files. */
  bundle: z.nullable(bundle),
  /** The hash of the pair of policy and registry in use. */
  rules: z.string().check(z.maxLength(64)),
  /** The bundle of the ring that it does not use, and why; null for none. */
  refused: z.nullable(
    z.object({ version: z.nullable(count), reason: z.enum(REFUSALS), problem: z.string().check(z.maxLength(2000)) }),
  ),
  /** Since the rules in use began. */
  registered_hits: count,
  trips: count,
  /** Clients of the last hour that the rules in use hit and the ones before would not; null before it is known. */
  shadow: z.nullable(z.object({ newly_hit: count, lost_registration: count })),
  /** The sensor's clock, ms since 1970. */
  at_ms: z.number(),
});
export type SensorRules = z.infer<typeof schema>;

export interface SensorStatus extends SensorRules {
  readonly isp: string;
  readonly site: string;
  /** When the stream took it, ms since 1970. */
  readonly seen_ms: number;
}

/** Null where it is none. */
export function parseSensorRules(text: string): SensorRules | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
