/** Decides who may call a route, from the route's access alone. */
import { type Reason, type RefusalCode, reasonOf, reasonWith } from '../../api/refusals.ts';
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
const WITHOUT_ACCOUNTS: Readonly<Record<Exclude<Access, 'open' | 'token'>, RefusalCode>> = {
  session: 'no-accounts',
  read: 'elsewhere-without-accounts',
  audit: 'people-without-accounts',
  act: 'actions-without-accounts',
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
    return access === 'read' && !isRemote ? null : forbidden(reasonOf(WITHOUT_ACCOUNTS[access]));
  }
  if (user === null) return { status: 401, ...reasonOf('not-signed-in') };
  if (access === 'session') return null;
  if (user.isps !== null && isp !== null && !user.isps.includes(isp)) return forbidden(otherNetwork(user.isps, isp));
  if (ROLE_ACCESS[user.role].includes(access)) return null;
  const roles = Object.entries(ROLE_ACCESS).filter(([, allowed]) => allowed.includes(access));
  return forbidden(reasonWith('other-role', user.name, user.role, ...roles.map(([role]) => role)));
}

function otherNetwork(isps: readonly string[], isp: string): Reason {
  return isp === '' ? reasonWith('network-not-named', ...isps) : reasonWith('other-network', isp, ...isps);
}

function forbidden(reason: Reason): Refusal {
  return { status: 403, ...reason };
}
