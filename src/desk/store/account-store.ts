/** The accounts of the desk's staff, in its database. */
import { randomBytes } from 'node:crypto';
import type { StaffRole } from '../model/role.ts';
import { type DeskDatabase, row, rows, run } from './desk-database.ts';

export interface DeskAccount {
  readonly name: string;
  readonly role: StaffRole;
  /** The internet providers that an account of role `isp` acts for; empty for others. */
  readonly isps: readonly string[];
  readonly hash: string;
  /** Another one after each change: sessions from before it end. */
  readonly stamp: string;
  readonly changedMs: number;
}

const COLUMNS = 'name, role, isps, hash, stamp, changed_ms AS changedMs';
const STAMP_BYTES = 16;

type AccountRow = Omit<DeskAccount, 'isps'> & { readonly isps: string };

export function accountNamed(database: DeskDatabase, name: string): DeskAccount | null {
  const found = row<AccountRow>(database, `SELECT ${COLUMNS} FROM account WHERE name = ? AND is_removed = 0`, name);
  return found === null ? null : { ...found, isps: JSON.parse(found.isps) as string[] };
}

export function allAccounts(database: DeskDatabase): DeskAccount[] {
  const found = rows<AccountRow>(database, `SELECT ${COLUMNS} FROM account WHERE is_removed = 0 ORDER BY role, name`);
  return found.map((one) => ({ ...one, isps: JSON.parse(one.isps) as string[] }));
}

/** Adds the account, or replaces it: a name that was removed is not given to another person without a trace. */
export function writeAccount(
  database: DeskDatabase,
  { name, role, isps, hash }: Pick<DeskAccount, 'name' | 'role' | 'isps' | 'hash'>,
  atMs: number,
): void {
  run(
    database,
    `INSERT INTO account (name, role, isps, hash, stamp, changed_ms) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET role = excluded.role, isps = excluded.isps, hash = excluded.hash,
      stamp = excluded.stamp, changed_ms = excluded.changed_ms, is_removed = 0`,
    name,
    role,
    JSON.stringify(isps),
    hash,
    randomBytes(STAMP_BYTES).toString('hex'),
    atMs,
  );
}

/** False where there is no such account. */
export function removeAccount(database: DeskDatabase, name: string, atMs: number): boolean {
  const sql = 'UPDATE account SET is_removed = 1, changed_ms = ? WHERE name = ? AND is_removed = 0';
  return run(database, sql, atMs, name).changes > 0;
}

/** A reviewer who has signed in at the provider of OpenID Connect. */
export function noteProviderReviewer(database: DeskDatabase, name: string, atMs: number): void {
  const sql = 'INSERT INTO provider_reviewer VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seen_ms = excluded.seen_ms';
  run(database, sql, name, atMs);
}

const SEEN_MS = 90 * 86_400_000;

/** The names of reviewers: those with an account, and those who have signed in at the provider within 90 days. */
export function reviewerNames(database: DeskDatabase, nowMs: number): string[] {
  return rows<{ readonly name: string }>(
    database,
    `SELECT name FROM account WHERE role = 'reviewer' AND is_removed = 0
      UNION SELECT name FROM provider_reviewer WHERE seen_ms > ? ORDER BY name`,
    nowMs - SEEN_MS,
  ).map(({ name }) => name);
}
