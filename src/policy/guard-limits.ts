/**
 * Limits on what a change of rules (a reload, or a date that passes) may take from users without an operator's
 * confirmation. The limits of the breaker apply as well (change-verdict).
 */
import * as z from 'zod/mini';
import { parsePercent } from './action.ts';

export interface GuardLimits {
  /** Fraction, 0 to 1, of the registrations in force that the change may take away. */
  readonly registrations: number;
  /** Clients that may lose their registration by the change and be hit. */
  readonly deregistered: number;
  /** Clients with a registration that may newly be hit by rules without `hits_registered: true`. */
  readonly registered: number;
}

/** The guard of a policy without a `guard` section. */
export const DEFAULT_GUARD: GuardLimits = { registrations: 0.1, deregistered: 10, registered: 0 };

const COUNT = 'must be a whole number from 0 on';
const SHARE = 'must be a percentage, like 10%';
const count = z.int({ error: COUNT }).check(z.minimum(0, { error: COUNT }));

export const guardSchema = z.strictObject(
  {
    registrations: z.optional(
      z.string({ error: SHARE }).check(z.refine((value) => !Number.isNaN(parsePercent(value)), { error: SHARE })),
    ),
    deregistered: z.optional(count),
    registered: z.optional(count),
  },
  { error: 'must be a mapping with registrations, deregistered and registered, each of which may be left out' },
);

export function compileGuard(shape: z.infer<typeof guardSchema> | undefined): GuardLimits {
  const { registrations, deregistered, registered } = shape ?? {};
  return {
    registrations: registrations === undefined ? DEFAULT_GUARD.registrations : parsePercent(registrations),
    deregistered: deregistered ?? DEFAULT_GUARD.deregistered,
    registered: registered ?? DEFAULT_GUARD.registered,
  };
}
