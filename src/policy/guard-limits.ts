/**
 * How much a change of the rules may take from users before it needs an operator's word: a reload, or a date that passes. Limits of the breaker hold as
 * well (change-verdict).
 */
import * as z from 'zod/mini';
import { parseShare } from './action.ts';

export interface GuardLimits {
  /** Share, 0 to 1, of the registrations in force that the change may take away. */
  readonly registrations: number;
  /** Clients that lose their registration by the change, and would be hit. */
  readonly deregistered: number;
  /** Clients with a registration that would newly be hit, not on purpose. */
  readonly registered: number;
}

/** The limits of a policy that states none. */
export const DEFAULT_GUARD: GuardLimits = { registrations: 0.1, deregistered: 10, registered: 0 };

const COUNT = 'must be a whole number from 0 on';
const SHARE = 'must be a percentage, like 10%';
const count = z.int({ error: COUNT }).check(z.minimum(0, { error: COUNT }));

export const guardSchema = z.strictObject(
  {
    registrations: z.optional(
      z.string({ error: SHARE }).check(z.refine((value) => !Number.isNaN(parseShare(value)), { error: SHARE })),
    ),
    deregistered: z.optional(count),
    registered: z.optional(count),
  },
  { error: 'must be a mapping with registrations, deregistered and registered, each of which may be left out' },
);

export function compileGuard(shape: z.infer<typeof guardSchema> | undefined): GuardLimits {
  const { registrations, deregistered, registered } = shape ?? {};
  return {
    registrations: registrations === undefined ? DEFAULT_GUARD.registrations : parseShare(registrations),
    deregistered: deregistered ?? DEFAULT_GUARD.deregistered,
    registered: registered ?? DEFAULT_GUARD.registered,
  };
}
