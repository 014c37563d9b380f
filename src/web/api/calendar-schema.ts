/**
 * What dates will change within a week: registrations that begin or expire, rules that begin or end, and whom it hits.
 */
import * as z from 'zod/mini';
import { changeVerdict } from './rules-schema.ts';

const dateView = z.strictObject({
  /** The first date of the group, as a confirmation names it. */
  date: z.string(),
  first_ms: z.number(),
  last_ms: z.number(),
  expire: z.number(),
  begin: z.number(),
  rules: z.array(z.strictObject({ name: z.string(), begins: z.boolean() })),
  /** Rules that are left out of the list. */
  more_rules: z.number(),
  /**
   * ahead: takes effect by itself; needs-confirmation: exceeds the limits, and will be held; confirmed; held: its time
   * has come, and the decisions before it stand.
   */
  state: z.enum(['ahead', 'needs-confirmation', 'confirmed', 'held']),
  /** It can be confirmed now: from a day before it on. */
  confirmable: z.boolean(),
  verdict: changeVerdict,
});
export type DateView = z.infer<typeof dateView>;

export const calendarDocument = z.strictObject({
  /** Packet time at which it was made, and up to which it looks. */
  at_ms: z.number(),
  until_ms: z.number(),
  /** The hash of the rules in use, for which dates are confirmed. */
  sha256: z.string(),
  dates: z.array(dateView),
  /** There are more dates than are listed. */
  more: z.boolean(),
});
export type CalendarDocument = z.infer<typeof calendarDocument>;
