/**
 * What sensor and hub say to each other about leases: a request on `sluice.v1.ISP.SITE.lease`, once a second, and its
 * answer. A request gives back what is lent and not used, so the hub never lends anything twice.
 */
import * as z from 'zod/mini';
import { fleetLimitSchema, MOST_CLIENTS, MOST_FLEET_LIMITS } from './fleet-limit.ts';

export const LEASE_SUBJECTS = 'sluice.v1.*.*.lease';
/** Asks the hub that lends for a BreakerState, or has it reset the breaker; sensors may not publish there. */
export const BREAKER_SUBJECT = 'sluice.hub.breaker';

/** A lease ends so long after its request was sent. */
export const LEASE_MS = 10_000;
/** Longer than a request, an answer or a state ever is. */
const MOST_BYTES = 1 << 20;

export function leaseSubject(isp: string, site: string): string {
  return `sluice.v1.${isp}.${site}.lease`;
}

const count = z.int().check(z.minimum(0), z.maximum(MOST_CLIENTS));
const counts = z.array(count).check(z.maxLength(MOST_FLEET_LIMITS));

const requestSchema = z.strictObject({
  /** The process of the sensor: each counts its own hits. */
  instance: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  /** Rises with each request. */
  number: z.int().check(z.minimum(1)),
  /** The limits whose windows it counts (limitsText); empty before the first answer. */
  limits: z.string().check(z.maxLength(1000)),
  /** For each limit: clients newly hit within its window. More are not hit before the answer. */
  used: counts,
  /** Confirmed clients that were not hit since the last request, because nothing was left of a valid lease. */
  wanted: count,
  /** It ends: nothing more is to be lent. */
  ends: z.boolean(),
});
export type LeaseRequest = z.infer<typeof requestSchema>;

const tripSchema = z.strictObject({
  /** The hub's clock, ms since 1970. */
  at_ms: z.number(),
  /** The limit that one more client would have exceeded, as `500/60s`. */
  limit: z.string().check(z.maxLength(100)),
  used: count,
  wanted: count,
  /** The sensor that wanted most. */
  sensor: z.string().check(z.maxLength(200)),
});
export type FleetTrip = z.infer<typeof tripSchema>;

const answerSchema = z.strictObject({
  limits: z.array(fleetLimitSchema).check(z.minLength(1), z.maxLength(MOST_FLEET_LIMITS)),
  /** For each limit: clients that may newly be hit within its window, with those that were. */
  shares: counts,
  /** Null while it has not tripped. */
  trip: z.nullable(tripSchema),
});
export type LeaseAnswer = z.infer<typeof answerSchema>;

const entrySchema = z.strictObject({
  isp: z.string(),
  site: z.string(),
  instance: z.string(),
  number: z.int(),
  shares: counts,
  used: counts,
  wanted: count,
});

const ledgerSchema = z.strictObject({
  ledger: z.literal(1),
  limits: z.array(fleetLimitSchema),
  entries: z.array(entrySchema),
  trip: z.nullable(tripSchema),
});
/** Loans, as they are kept in the fleet before any sensor may use them. */
export type Ledger = z.infer<typeof ledgerSchema>;

const commandSchema = z.strictObject({
  /** Why an operator resets the breaker; null to ask for its state alone. */
  reset: z.nullable(z.string().check(z.minLength(1), z.maxLength(1000))),
});
export type BreakerCommand = z.infer<typeof commandSchema>;

const stateSchema = z.strictObject({
  trip: z.nullable(tripSchema),
  limits: z.array(z.strictObject({ limit: z.string(), clients: count, used: count, lent: count })),
  sensors: z.array(z.strictObject({ isp: z.string(), site: z.string() })),
});
/** The breaker of a fleet: each limit, with clients newly hit and lent within its window; and sensors with a lease. */
export type BreakerState = z.infer<typeof stateSchema>;

export const parseBreakerCommand = (bytes: Uint8Array): BreakerCommand | null => parsed(commandSchema, bytes);
export const parseBreakerState = (bytes: Uint8Array): BreakerState | null => parsed(stateSchema, bytes);
export const parseLeaseRequest = (bytes: Uint8Array): LeaseRequest | null => parsed(requestSchema, bytes);
export const parseLeaseAnswer = (bytes: Uint8Array): LeaseAnswer | null => parsed(answerSchema, bytes);
export const parseLedger = (bytes: Uint8Array): Ledger | null => parsed(ledgerSchema, bytes);

/** Null where it is none. */
function parsed<T extends z.ZodMiniType>(schema: T, bytes: Uint8Array): z.infer<T> | null {
  if (bytes.length > MOST_BYTES) return null;
  try {
    return z.safeParse(schema, JSON.parse(Buffer.from(bytes).toString())).data ?? null;
  } catch {
    return null;
  }
}
