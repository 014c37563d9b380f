/**
 * A new application, from an applicant or from an import: its reference, its secret link, its statement and its
 * personal data, in one transaction, and once for each key of a form.
 */
import { inTransaction } from '../../history/store/transaction.ts';
import { KINDS, type KindName, PERSON_HOLDER } from '../model/kind.ts';
import { type Actor, APPLICANT, CLOCK } from '../model/permission.ts';
import { referenceOf, secretHash } from '../model/reference.ts';
import { type Application, applicationById, type Request, type Statement } from '../store/application.ts';
import { type DeskDatabase, row, run } from '../store/desk-database.ts';
import { addChange, type Personal, writePersonal } from '../store/history.ts';
import { submitted } from '../store/submission.ts';
import { addVersion } from '../store/version.ts';
import { actWithin, dueAt } from './act.ts';

export interface NewApplication {
  /** The key of the form: the same key makes one application, however often it comes. */
  readonly key: string;
  /** The secret link. Only its hash is stored. */
  readonly secret: string;
  readonly request: Request;
  /** The registration that is changed or renewed; null for a new one. */
  readonly root: Application | null;
  readonly kind: KindName;
  /** The organisation; for a person, who is in the registry as `freelancer`, it is ignored. */
  readonly organisation: string;
  readonly sector: string;
  readonly statement: Statement;
  readonly personal: Personal;
  readonly atMs: number;
}

/** The application of the key, which is new or was made by the same form before. `also` is done with a new one. */
export function apply(
  database: DeskDatabase,
  wanted: NewApplication,
  also: (application: Application) => void = () => undefined,
): { readonly application: Application; readonly isNew: boolean } {
  return inTransaction(database, () => {
    const before = submitted(database, wanted.key);
    if (before !== null) return { application: applicationById(database, before)!, isNew: false };
    const application = applyWithin(database, wanted);
    also(application);
    return { application, isNew: true };
  });
}

/** The same within a transaction of the caller, where the key is new. */
export function applyWithin(database: DeskDatabase, wanted: NewApplication, actor: Actor = APPLICANT): Application {
  const { atMs, statement, personal } = wanted;
  const id = insertApplication(database, wanted);
  run(database, 'INSERT INTO submission (key, application, at_ms) VALUES (?, ?, ?)', wanted.key, id, atMs);
  addVersion(database, { id, version: 0 }, statement, atMs);
  const personalSha256 = writePersonal(database, id, personal, atMs);
  addChange(database, {
    application: id,
    atMs,
    actor: actor.name,
    role: actor.role,
    action: 'submit',
    from: 'draft',
    to: 'submitted',
    version: 1,
    personalSha256,
  });
  return forward(database, id, statement.isp, atMs);
}

/** To the ISP where it has an account here; else a reviewer asks it. */
function forward(database: DeskDatabase, id: number, isp: string, atMs: number): Application {
  const isHere = hasAccount(database, isp);
  return actWithin(database, { application: id, action: isHere ? 'forward' : 'take-up', actor: CLOCK, atMs });
}

function hasAccount(database: DeskDatabase, isp: string): boolean {
  const sql = `SELECT name FROM account WHERE role = 'isp' AND is_removed = 0
    AND EXISTS (SELECT 1 FROM json_each(account.isps) WHERE value = ?)
    UNION ALL SELECT name FROM setting WHERE name = 'provider-isps'
    AND EXISTS (SELECT 1 FROM json_each(setting.value) WHERE value = ?)`;
  return row(database, sql, isp, isp) !== null;
}

function insertApplication(database: DeskDatabase, wanted: NewApplication): number {
  const { request, root, kind, organisation, sector, statement, atMs } = wanted;
  const { isPerson } = KINDS[kind];
  const holder = isPerson ? PERSON_HOLDER : organisation;
  const reference = root === null ? nextReference(database, atMs) : nextOf(database, root);
  const { id } = run(
    database,
    `INSERT INTO application (reference, request, root, kind, holder, sector, isp, state, secret_sha256, created_ms,
      changed_ms, due_ms) VALUES (?, ?, ?, ?, ?, ?, ?, 'submitted', ?, ?, ?, ?)`,
    reference,
    request,
    root?.id ?? 0,
    kind,
    holder,
    sector,
    statement.isp,
    secretHash(wanted.secret),
    atMs,
    atMs,
    dueAt('submitted', atMs),
  );
  if (root === null) run(database, 'UPDATE application SET root = id WHERE id = ?', id);
  // A person is not found by name: the index has what the registry has.
  run(database, 'INSERT INTO holder_search (rowid, holder) VALUES (?, ?)', id, isPerson ? '' : organisation);
  return id;
}

function nextReference(database: DeskDatabase, atMs: number): string {
  const year = new Date(atMs).getUTCFullYear();
  const sql = `INSERT INTO reference_number (year, latest) VALUES (?, 1)
    ON CONFLICT (year) DO UPDATE SET latest = latest + 1 RETURNING latest`;
  const next = row<{ readonly latest: number }>(database, sql, year)!;
  return referenceOf(year, next.latest);
}

/** `OW-2026-000123/2` for the second application about the same registration. */
function nextOf(database: DeskDatabase, { id, reference }: Application): string {
  const sql = 'SELECT count(*) AS count FROM application WHERE root = ?';
  return `${reference}/${row<{ readonly count: number }>(database, sql, id)!.count + 1}`;
}
