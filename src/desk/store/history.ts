/** The history of an application: its changes, and the texts and personal data that lie apart from it. */
import { createHash, randomBytes } from 'node:crypto';
import type { Action } from '../model/transition.ts';
import type { ActorRole } from '../model/role.ts';
import type { State } from '../model/state.ts';
import { type DeskDatabase, row, rows, run } from './desk-database.ts';

export interface NewChange {
  readonly application: number;
  readonly atMs: number;
  readonly actor: string;
  readonly role: ActorRole;
  readonly action: Action;
  readonly from: State;
  readonly to: State;
  readonly reason?: string | undefined;
  readonly date?: string | undefined;
  readonly version?: number | undefined;
  readonly text?: string | undefined;
  /** The hash of the personal data as they are after this change. */
  readonly personalSha256?: string | undefined;
  /** Registrations that it changes in the registry. */
  readonly registryCount?: number;
}

export interface Change {
  readonly id: number;
  readonly atMs: number;
  readonly actor: string;
  readonly role: ActorRole;
  readonly action: Action;
  readonly fromState: State;
  readonly toState: State;
  readonly reason: string | null;
  readonly date: string | null;
  readonly version: number | null;
  /** Null for none, and where it was erased. */
  readonly text: string | null;
  readonly textSha256: string | null;
}

/** What is known of the people of an application. */
export interface Personal {
  readonly contact: string;
  readonly mail: string;
  readonly phone: string;
  /** The number of the contract with the ISP. */
  readonly subscriber: string;
  readonly purpose: string;
  /** The name of a person who applies; empty for an organisation. */
  readonly person: string;
}

const SALT_BYTES = 16;

/** A hash that says nothing of a short text: its salt is removed with the text. */
export function saltedHash(text: string, salt: string): string {
  return createHash('sha256').update(`${salt}\n${text}`).digest('hex');
}

export function newSalt(): string {
  return randomBytes(SALT_BYTES).toString('hex');
}

/** Adds a change to the history; its number. Its text is stored apart, and may be erased. */
export function addChange(database: DeskDatabase, change: NewChange): number {
  const { text = '' } = change;
  const salt = newSalt();
  const { id } = run(
    database,
    `INSERT INTO change (application, at_ms, actor, role, action, from_state, to_state, reason, date, version,
      text_sha256, personal_sha256, registry_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    change.application,
    change.atMs,
    change.actor,
    change.role,
    change.action,
    change.from,
    change.to,
    change.reason ?? null,
    change.date ?? null,
    change.version ?? null,
    text === '' ? null : saltedHash(text, salt),
    change.personalSha256 ?? null,
    change.registryCount ?? 0,
  );
  if (text !== '')
    run(
      database,
      'INSERT INTO message (change, application, text, salt) VALUES (?, ?, ?, ?)',
      id,
      change.application,
      text,
      salt,
    );
  return id;
}

/** The changes of an application, the oldest first. */
export function changesOf(database: DeskDatabase, application: number): Change[] {
  return rows(
    database,
    `SELECT change.id, at_ms AS atMs, actor, role, action, from_state AS fromState, to_state AS toState, reason, date,
      version, text_sha256 AS textSha256, message.text FROM change LEFT JOIN message ON message.change = change.id
      WHERE change.application = ? ORDER BY change.id`,
    application,
  );
}

/** Writes the personal data in place of those before; their hash for the history. */
export function writePersonal(database: DeskDatabase, application: number, personal: Personal, atMs: number): string {
  const fields = JSON.stringify(personal);
  const salt = newSalt();
  run(
    database,
    `INSERT INTO personal (application, fields, salt, changed_ms) VALUES (?, ?, ?, ?)
      ON CONFLICT (application) DO UPDATE SET fields = excluded.fields, salt = excluded.salt,
      changed_ms = excluded.changed_ms, erased_ms = NULL`,
    application,
    fields,
    salt,
    atMs,
  );
  return saltedHash(fields, salt);
}

/** Null for none, and where they were erased. */
export function personalOf(database: DeskDatabase, application: number): Personal | null {
  const found = row<{ readonly fields: string | null }>(
    database,
    'SELECT fields FROM personal WHERE application = ?',
    application,
  );
  return found?.fields == null ? null : (JSON.parse(found.fields) as Personal);
}

/** Erases the personal data and texts of an application. The history keeps their hashes. */
export function erasePersonal(database: DeskDatabase, application: number, atMs: number): void {
  run(database, "UPDATE personal SET fields = NULL, salt = '', erased_ms = ? WHERE application = ?", atMs, application);
  run(database, "UPDATE message SET text = NULL, salt = '' WHERE application = ?", application);
  run(database, 'UPDATE appeal SET address = NULL, event = NULL, decisions = NULL WHERE application = ?', application);
  run(database, 'DELETE FROM mail WHERE application = ?', application);
}

/** Something that was done to the desk, and not to an application: an account, a setting, an export. */
export function addDeed(
  database: DeskDatabase,
  deed: {
    readonly atMs: number;
    readonly actor: string;
    readonly role: ActorRole;
    readonly what: string;
    readonly fields?: Readonly<Record<string, unknown>>;
  },
): number {
  const { atMs, actor, role, what, fields = {} } = deed;
  return run(
    database,
    'INSERT INTO deed (at_ms, actor, role, what, fields) VALUES (?, ?, ?, ?, ?)',
    atMs,
    actor,
    role,
    what,
    JSON.stringify(fields),
  ).id;
}
