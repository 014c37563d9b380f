/**
 * The document that every open page reads once a second: the state of the daemon now, and its counts since its start.
 */
import * as z from 'zod/mini';
import { exceededLimit } from '../../policy/exceeded-limit-schema.ts';
import { codedProblem } from './coded-problem-schema.ts';

const counts = z.record(z.string(), z.number());

export const liveDocument = z.strictObject({
  version: z.string(),
  /** Packet time and the wall clock, ms since 1970; packet time is null before the first packet. */
  now_ms: z.nullable(z.number()),
  wall_ms: z.number(),
  started_ms: z.number(),
  /** The zone in which days are cut. */
  zone: z.string(),
  place: z.strictObject({ site: z.string(), isp: z.string(), link: z.string() }),
  /** The share of packets that may be lost before figures are doubtful (`--loss-bound`). */
  loss_bound: z.number(),
  source: z.strictObject({
    kind: z.string(),
    backend: z.string(),
    /** Packets come as they are captured. */
    live: z.boolean(),
    /** Why no packets come; null while they can. */
    ...codedProblem,
    restarts: z.number(),
    gap_seconds: z.number(),
    stalls: z.number(),
    files: counts,
  }),
  /** The mode in effect, and that of the rules, from which it differs after a trip. */
  mode: z.enum(['observe', 'enforce']),
  rules_mode: z.enum(['observe', 'enforce']),
  policy: z.strictObject({ name: z.string(), sha256: z.string(), rules: z.number() }),
  registry: z.strictObject({
    sha256: z.string(),
    rows: z.number(),
    in_force: z.number(),
    /** When the file changed last, and when the rules were loaded, ms since 1970. */
    changed_ms: z.number(),
    loaded_ms: z.number(),
  }),
  /** Hash of the pair of policy and registry. */
  rules_sha256: z.string(),
  /** Since when policy, registry and mode are in use, by the clock, ms since 1970: over restarts too. */
  rules_since_ms: z.number(),
  breaker: z.strictObject({
    trips: z.array(
      z.strictObject({
        then: z.string(),
        cause: z.string(),
        limit: z.nullable(z.string()),
        rule: z.nullable(z.string()),
        time_ms: z.number(),
        affected: z.number(),
        seen: z.number(),
        allowed: z.number(),
      }),
    ),
    limits: z.array(z.strictObject({ limit: z.string(), affected: z.number(), seen: z.number(), allowed: z.number() })),
  }),
  /** Registered hits since the counts were cleared: by kind, by outcome. */
  harm: z.strictObject({
    counts: z.record(z.string(), counts),
    latest: z.nullable(z.strictObject({ rule: z.string(), time_ms: z.number() })),
  }),
  counts: z.strictObject({
    packets: z.number(),
    bytes: z.number(),
    lost: z.number(),
    undecoded: z.number(),
    flows_started: z.number(),
    flows_active: z.number(),
    flows_evicted: z.number(),
    /** Decision events by action; findings by `protocol/stage`; packets by outcome. */
    decisions: counts,
    findings: counts,
    outcomes: counts,
    lost_lines: z.number(),
  }),
  /** How long after its packets a live source was decided: the mean since the start, and the last value, seconds. */
  lag: z.nullable(z.strictObject({ mean: z.number(), last: z.number() })),
  calendar: z.strictObject({
    next_ms: z.nullable(z.number()),
    /** Dates within a day that exceed the limits of the guard, and one that is held. */
    ahead_ms: z.array(z.number()),
    held_ms: z.nullable(z.number()),
  }),
  /** The hash of refused rules that wait for a confirmation, with the reasons; null without any. */
  refused: z.nullable(z.strictObject({ sha256: z.string(), reasons: z.array(exceededLimit) })),
  reloads: counts,
  /** A shadow's newly hit clients since it began, and the registered ones; null without a shadow. */
  shadow: z.nullable(
    z.strictObject({ policy: z.string(), newly_hit: z.number(), no_longer_hit: z.number(), registered: z.number() }),
  ),
  history: z.strictObject({
    /** Why the history cannot be written, and since when, ms since 1970; null while it can. */
    ...codedProblem,
    since_ms: z.nullable(z.number()),
    /** Minutes and changes that are written, and that wait; minutes among the waiting; minutes and changes given up. */
    written: z.number(),
    waiting: z.number(),
    waiting_minutes: z.number(),
    lost: z.number(),
    lost_changes: z.number(),
    /** Processes of the history that ended by themselves. */
    restarts: z.number(),
    /** A broken history that this one follows: all before is missing here. `file` is null where nothing is left. */
    set_aside: z.nullable(z.strictObject({ at_ms: z.number(), file: z.nullable(z.string()), problem: z.string() })),
  }),
});
export type LiveDocument = z.infer<typeof liveDocument>;
