/** Decides who may call a route, from the route's access alone. */
import { reasonOf } from '../../api/refusals.ts';
import type { Access, Role, User } from '../../api/route.ts';
import type { Refusal } from '../request-check.ts';

/** What each role may do. */
export const ROLE_ACCESS: Readonly<Record<Role, readonly Access[]>> = {
  viewer: ['read'],
  auditor: ['read', 'audit'],
  operator: ['read', 'audit', 'act'],
};

export interface Circumstances {
  /** Pages are for those who sign in. */
  readonly hasAccounts: boolean;
  /** Other machines reach this server. */
  readonly isRemote: boolean;
  /**
   * The operator of the network that this daemon watches; empty if it was not named. Null for a hub of several, whose
   * answers are in the scope of the user.
   */
  readonly isp: string | null;
}

/** Why a call is refused where there are no accounts. Reading is, from other machines. */
const WITHOUT_ACCOUNTS: Readonly<Record<Exclude<Access, 'open' | 'token'>, string>> = {
  session: 'there are no accounts here; on the machine of this daemon: sluice account add NAME',
  read: 'other machines see the pages with an account only; on the machine of this daemon: sluice account add NAME',
  audit:
    'what people did is shown to those who sign in; on the machine of this daemon: sluice account add ' +
    'NAME --role auditor',
  act: 'actions need an account; on the machine of this daemon: sluice account add NAME --role operator',
};

/**
 * The refusal of a call by `user`, who is null before signing in; null for none. Access by token is checked elsewhere.
 */
export function accessRefusal(
  access: Access,
  user: User | null,
  { hasAccounts, isRemote, isp }: Circumstances,
): Refusal | null {
  if (access === 'open' || access === 'token') return null;
  if (!hasAccounts) {
    return access === 'read' && !isRemote ? null : forbidden(WITHOUT_ACCOUNTS[access]);
  }
  if (user === null) return { status: 401, ...reasonOf('not-signed-in') };
  if (access === 'session') return null;
  if (user.isps !== null && isp !== null && !user.isps.includes(isp)) return forbidden(scopeProblem(user.isps, isp));
  if (ROLE_ACCESS[user.role].includes(access)) return null;
  const roles = Object.entries(ROLE_ACCESS).filter(([, allowed]) => allowed.includes(access));
  return forbidden(`this needs the role ${roles.map(([role]) => role).join(' or ')}; ${user.name} is ${user.role}`);
}

function scopeProblem(isps: readonly string[], isp: string): string {
  const here = isp === '' ? 'this daemon names no network (--isp)' : `this daemon watches ${isp}`;
  return `this account is for ${isps.join(', ')}; ${here}`;
}

function forbidden(problem: string): Refusal {
  return { status: 403, problem };
}
