/** The staff's accounts, from the desk's database, and their sessions. */
import type { Log } from '../../output/log/log.ts';
import type { User } from '../../web/api/route.ts';
import { SIGN_IN_RESULTS, type SignInResult } from '../../web/http/accounts/console-access.ts';
import type { SignInAccess } from '../../web/http/accounts/password-sign-in.ts';
import { type Session, SessionTable } from '../../web/http/accounts/session-table.ts';
import type { StaffRole } from '../model/role.ts';
import { accountNamed } from '../store/account-store.ts';
import type { DeskDatabase } from '../store/desk-database.ts';

export class DeskAccess implements SignInAccess<StaffRole> {
  readonly sessions = new SessionTable<StaffRole>();
  /** Attempts to sign in, and sign-outs, by result. */
  readonly signIns = new Map<SignInResult, number>(SIGN_IN_RESULTS.map((result) => [result, 0]));
  readonly accounts: SignInAccess<StaffRole>['accounts'];
  private readonly database: DeskDatabase;
  private readonly log: Log;

  constructor(database: DeskDatabase, log: Log) {
    this.database = database;
    this.log = log;
    this.accounts = { hasAccounts: true, problem: null, get: (name) => accountNamed(database, name) };
  }

  /** The session of an id; null for none, and where its account has changed since. */
  sessionOf(id: string | undefined): Session<StaffRole> | null {
    const session = this.sessions.use(id);
    // One of a provider has no account here, and lasts as long as sessions do.
    if (session?.stamp == null) return session;
    if (accountNamed(this.database, session.user.name)?.stamp === session.stamp) return session;
    this.sessions.end(id);
    return null;
  }

  begin(user: User<StaffRole>, stamp: string | null, before: string | undefined, address: string): string {
    this.sessions.end(before);
    this.count('success');
    this.log.info({ account: user.name, role: user.role, from: address }, 'signed in');
    return this.sessions.begin(user, stamp);
  }

  end(id: string | undefined): void {
    if (this.sessionOf(id) === null) return;
    this.sessions.end(id);
    this.count('out');
  }

  /** A sign-in at the provider has failed. */
  refuse(reason: string): void {
    this.count('refused');
    this.log.warn({ reason }, 'signing in at the provider failed');
  }

  count(result: SignInResult): void {
    this.signIns.set(result, this.signIns.get(result)! + 1);
  }
}
