/** The registry as the console shows it. With hidden addresses only sectors, dates and counts are shown. */
import * as z from 'zod/mini';
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { VALIDITY_NAMES } from '../../registry/registration.ts';

/** Seconds since 1970. */
const time = z.coerce.number().check(z.minimum(0), z.maximum(7.3e9));
const count = (most: number) => z.coerce.number().check(z.int(), z.minimum(0), z.maximum(most));

export const searchQuery = z.strictObject({
  /** An address, a prefix, a reference, or a part of a holder's name. */
  q: z.string().check(z.trim(), z.minLength(1), z.maxLength(200)),
  /** The time at which validity is shown; now without it. */
  at: z.optional(time),
  protocol: z.optional(z.enum(PROTOCOL_NAMES)),
});
export type SearchQuery = z.infer<typeof searchQuery>;

export const registrationQuery = z.strictObject({ row: count(2 ** 24), at: z.optional(time) });
export type RegistrationQuery = z.infer<typeof registrationQuery>;

/** The registry that the caller knows of: another one has another address, so that a page asks again. */
const known = z.optional(z.string().check(z.maxLength(64)));

export const summaryQuery = z.strictObject({ sha256: known });
export const listQuery = z.strictObject({
  skip: z.optional(count(100_000)),
  limit: z.optional(count(200)),
  sha256: known,
});
export type ListQuery = z.infer<typeof listQuery>;

const registrationView = z.strictObject({
  /** Its number in the registry in use, and its line of the file. */
  row: z.number(),
  line: z.number(),
  prefix: z.string(),
  holder: z.string(),
  sector: z.string(),
  /** Empty for any. */
  protocols: z.array(z.string()),
  valid_from_ms: z.nullable(z.number()),
  valid_until_ms: z.nullable(z.number()),
  reference: z.string(),
  validity: z.enum(VALIDITY_NAMES),
  /** It is the one that counts for the address that was asked for. */
  counts: z.boolean(),
});
export type RegistrationView = z.infer<typeof registrationView>;

export const searchAnswer = z.strictObject({
  kind: z.enum(['address', 'prefix', 'text', 'invalid']),
  /** What is wrong with a text that looks like an address. */
  problem: z.nullable(z.string()),
  at_ms: z.number(),
  protocol: z.string(),
  /** For an address: whether a registration is in force. */
  registered: z.nullable(z.boolean()),
  sections: z.array(
    z.strictObject({
      kind: z.enum(['covering', 'inside', 'reference', 'holder']),
      /** Null where there are more than are shown, and they were not counted. */
      total: z.nullable(z.number()),
      rows: z.array(registrationView),
    }),
  ),
});
export type SearchAnswer = z.infer<typeof searchAnswer>;

export const registrySummary = z.strictObject({
  sha256: z.string(),
  version: z.nullable(z.number()),
  at_ms: z.number(),
  changed_ms: z.nullable(z.number()),
  /** Since when this content is in use, by the clock, ms since 1970: over restarts too. */
  since_ms: z.number(),
  rows: z.number(),
  prefixes: z.number(),
  in_force: z.number(),
  not_yet_valid: z.number(),
  expired: z.number(),
  expiring: z.array(z.strictObject({ days: z.number(), registrations: z.number() })),
  /** Addresses of IPv6 are texts: they are larger than JSON's exact numbers. */
  sectors: z.array(
    z.strictObject({ sector: z.string(), registrations: z.number(), ipv4: z.number(), ipv6: z.string() }),
  ),
  overlaps: z.number(),
  duplicates: z.number(),
  without_begin: z.number(),
  /** Registrations that begin and end in each month, UTC; those without a beginning are not among them. */
  months: z.array(z.strictObject({ month: z.string(), begin: z.number(), end: z.number() })),
  /** Prefixes, holders and references are not shown, and there is no search. */
  hidden: z.boolean(),
});
export type RegistrySummaryDocument = z.infer<typeof registrySummary>;

/** What expires soon, the soonest first. With hidden addresses each row is a time and a sector with its number. */
export const expiringList = z.strictObject({
  at_ms: z.number(),
  total: z.number(),
  skip: z.number(),
  rows: z.array(registrationView),
  groups: z.array(z.strictObject({ until_ms: z.number(), sector: z.string(), registrations: z.number() })),
  hidden: z.boolean(),
});
export type ExpiringList = z.infer<typeof expiringList>;

export const overlapList = z.strictObject({
  /** All of them; the lists name the first ones. */
  overlaps: z.number(),
  duplicates: z.number(),
  total: z.number(),
  skip: z.number(),
  rows: z.array(
    z.strictObject({
      kind: z.enum(['duplicate', 'same', 'inside']),
      registration: registrationView,
      other: registrationView,
    }),
  ),
  hidden: z.boolean(),
});
export type OverlapList = z.infer<typeof overlapList>;

export const registrationAnswer = z.strictObject({ sha256: z.string(), registration: registrationView });
export type RegistrationAnswer = z.infer<typeof registrationAnswer>;
