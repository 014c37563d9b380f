/**
 * Signing in with a name and a password. Known and unknown names take the same way, the same time and the same answer;
 * guessing is slowed down by address and by name.
 */
import { type Reason, reasonOf, reasonWith } from '../../api/refusals.ts';
import type { Caller, Role, User } from '../../api/route.ts';
import type { SignInBody } from '../../api/session-schema.ts';
import { addressKey } from '../address-key.ts';
import type { RefusalLog } from '../refusal-log.ts';
import type { SignInResult } from './console-access.ts';
import { ADDRESS_LIMITS, GuessLimiter, NAME_LIMITS } from './guess-limiter.ts';
import { PasswordWork } from './password-work.ts';

const MS_PER_SECOND = 1000;
const BUSY_SECONDS = 2;
/** Addresses at which a name has signed in: guessing elsewhere does not keep its owner out there. */
const MOST_KNOWN_PLACES = 1000;

export type SignInOutcome =
  { readonly id: string } | (Reason & { readonly status: number; readonly waitSeconds?: number });

/** The accounts that passwords open, and the sessions that begin then. */
export interface SignInAccess<R extends string = Role> {
  readonly accounts: {
    readonly hasAccounts: boolean;
    /** Why no account can be used; null while they can. */
    readonly problem: string | null;
    get(name: string): (User<R> & { readonly hash: string; readonly stamp: string }) | null;
  };
  /** Begins a session in place of the one that the browser had; its id. */
  begin(user: User<R>, stamp: string, before: string | undefined, address: string): string;
  count(result: SignInResult): void;
}

export class PasswordSignIn<R extends string = Role> {
  private readonly access: SignInAccess<R>;
  private readonly refusals: RefusalLog;
  private readonly work = new PasswordWork();
  private readonly names: GuessLimiter;
  private readonly addresses: GuessLimiter;
  private readonly knownPlaces = new Set<string>();

  constructor(access: SignInAccess<R>, refusals: RefusalLog, now?: () => number) {
    this.access = access;
    this.refusals = refusals;
    this.names = new GuessLimiter(NAME_LIMITS, now);
    this.addresses = new GuessLimiter(ADDRESS_LIMITS, now);
  }

  /** `before`: the session id that the browser had. */
  async signIn(
    { name, password }: SignInBody,
    { address }: Pick<Caller, 'address'>,
    before: string | undefined,
  ): Promise<SignInOutcome> {
    const { access, names, addresses, knownPlaces } = this;
    const { accounts } = access;
    if (!accounts.hasAccounts) return { status: 403, ...reasonOf('no-accounts') };
    if (accounts.problem !== null) {
      this.refuse('unavailable', address, 'the accounts cannot be used');
      return { status: 503, ...reasonOf('accounts-unusable') };
    }
    const place = addressKey(address);
    const known = `${name} ${place}`;
    const isKnown = knownPlaces.has(known);
    const key = isKnown ? known : name;
    const waitSeconds = Math.ceil(Math.max(names.waitMs(key), addresses.waitMs(place)) / MS_PER_SECOND);
    if (waitSeconds > 0) {
      this.refuse('limited', address, 'too many attempts');
      return { status: 429, ...reasonWith('too-many-attempts', String(waitSeconds)), waitSeconds };
    }
    if (this.work.isFull(isKnown)) {
      this.refuse('busy', address, 'too many sign in at once');
      return { status: 503, ...reasonOf('sign-in-busy'), waitSeconds: BUSY_SECONDS };
    }
    names.attempt(key);
    addresses.attempt(place);
    const account = accounts.get(name);
    const isRight = await this.work.verify(account?.hash ?? null, password, isKnown);
    if (isRight !== true || account === null || accounts.get(name)?.stamp !== account.stamp) {
      this.refuse('wrong', address, 'name or password is wrong', account?.name);
      return { status: 401, ...reasonOf('wrong-password') };
    }
    names.succeed(key);
    addresses.takeBack(place);
    if (knownPlaces.size >= MOST_KNOWN_PLACES) knownPlaces.delete(knownPlaces.values().next().value!);
    knownPlaces.add(known);
    const { role, isps, stamp } = account;
    return { id: access.begin({ name, role, isps }, stamp, before, address) };
  }

  /** A name that is no account is in no log: it may be a password in the wrong field. */
  private refuse(
    result: 'wrong' | 'limited' | 'busy' | 'unavailable',
    from: string,
    refusal: string,
    account?: string,
  ): void {
    this.access.count(result);
    this.refusals.add({ path: '/api/v1/sign-in', from, refusal, ...(account !== undefined && { account }) });
  }
}
