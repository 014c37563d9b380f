/** The accounts and sessions of one server: the user of a request, and whether pages are for those who sign in. */
import type { Log } from '../../../output/log/log.ts';
import type { User } from '../../api/route.ts';
import type { AccountOptions } from './account-options.ts';
import { AccountList } from './account-list.ts';
import { SessionTable, type Session } from './session-table.ts';
import type { Circumstances } from './route-access.ts';

export const SIGN_IN_RESULTS = ['success', 'wrong', 'refused', 'limited', 'busy', 'unavailable', 'out'] as const;
export type SignInResult = (typeof SIGN_IN_RESULTS)[number];

export class ConsoleAccess {
  readonly accounts: AccountList;
  readonly sessions: SessionTable;
  readonly options: AccountOptions;
  /** Attempts to sign in, and sign-outs, by result. */
  readonly signIns = new Map<SignInResult, number>(SIGN_IN_RESULTS.map((result) => [result, 0]));
  readonly log: Log;

  constructor(options: AccountOptions, log: Log, now?: () => number) {
    this.options = options;
    this.log = log;
    this.accounts = new AccountList(options, log);
    this.sessions = new SessionTable(now);
  }

  /** Pages are for those who sign in. It becomes true while a server runs, and never false again. */
  get hasAccounts(): boolean {
    return this.options.oidc !== null || this.accounts.hasAccounts;
  }

  circumstances(isRemote: boolean): Circumstances {
    return { hasAccounts: this.hasAccounts, isRemote, isp: this.options.isp };
  }

  /** The session of an id; null for none, and where its account has changed since. */
  sessionOf(id: string | undefined): Session | null {
    const session = this.sessions.use(id);
    if (session?.stamp == null) return session;
    if (this.accounts.get(session.user.name)?.stamp === session.stamp) return session;
    this.sessions.end(id);
    return null;
  }

  /** Begins a session, under a new id, in place of the one that the browser had. */
  begin(user: User, stamp: string | null, before: string | undefined, address: string): string {
    this.sessions.end(before);
    this.count('success');
    this.log.info({ account: user.name, role: user.role, from: address }, 'signed in');
    return this.sessions.begin(user, stamp);
  }

  end(id: string | undefined, address: string): void {
    const session = this.sessionOf(id);
    if (session === null) return;
    this.sessions.end(id);
    this.count('out');
    this.log.info({ account: session.user.name, from: address }, 'signed out');
  }

  count(result: SignInResult): void {
    this.signIns.set(result, this.signIns.get(result)! + 1);
  }
}
