/** What shows whether the figures can be trusted: the source, losses, logs, state, versions and alerts. */
import * as z from 'zod/mini';
import { ALERT_NAMES } from './alert-names.ts';

const counts = z.record(z.string(), z.number());

const eventLog = z.strictObject({
  name: z.string(),
  lines: z.number(),
  bytes: z.number(),
  /** Lines that were left out, failed writes, and rotations. */
  dropped: z.number(),
  failures: z.number(),
  rotations: z.number(),
  waiting_bytes: z.number(),
  /** Time for which the source waited for the log, ms. */
  waited_ms: z.number(),
});
export type EventLogHealth = z.infer<typeof eventLog>;

const stateFile = z.strictObject({
  /** Without its folder. */
  name: z.string(),
  /** `older`: the breaker's state of version 0.1; `aside`: a file that could not be used. */
  what: z.enum(['safety', 'clients', 'rules', 'rules-copy', 'fleet-rules', 'spool', 'history', 'older', 'aside']),
  /** `broken`: not whole; `not-written`: the last write failed, and the file is an older one. */
  state: z.enum(['ok', 'missing', 'broken', 'unreadable', 'not-written', 'set-aside']),
  /** The code of the system's error, like ENOSPC; null for none. */
  code: z.nullable(z.string()),
  /** Null where they are not known. `written_ms`: ms since 1970. */
  bytes: z.nullable(z.number()),
  written_ms: z.nullable(z.number()),
});
export type StateFileHealth = z.infer<typeof stateFile>;

const stateHealth = z.strictObject({
  /** False without a folder of state: a restart forgets the breaker. */
  kept: z.boolean(),
  files: z.array(stateFile),
  /** Files set aside that are not listed. */
  more: z.number(),
});
export type StateHealth = z.infer<typeof stateHealth>;

export const healthDocument = z.strictObject({
  /** Packets lost before they were seen, by where; undecoded packets by reason. */
  lost: counts,
  undecoded: counts,
  packets: z.number(),
  /** Flows that the table holds, and may hold. */
  flows: z.number(),
  flow_capacity: z.number(),
  time_jumps: z.number(),
  clock_set: z.number(),
  logs: z.array(eventLog),
  /** Attempts to store the state of the breaker that failed. */
  state_failures: z.number(),
  state: stateHealth,
  /** Notices to the webhook, by result. */
  notices: counts,
  versions: z.strictObject({
    sluice: z.string(),
    node: z.string(),
    policy: z.nullable(z.number()),
    registry: z.nullable(z.number()),
    history_schema: z.number(),
  }),
  /** Bytes of memory in use, and mean and longest delay of the event loop in ms since the last answer. */
  memory_bytes: z.number(),
  /** Alerts that hold now, of those in deploy/prometheus. */
  alerts: z.array(z.enum(ALERT_NAMES)),
});
export type HealthDocument = z.infer<typeof healthDocument>;
