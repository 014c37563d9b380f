/** An application as it is in the database, and what an applicant has stated in its versions. */
import type { ScopeName } from '../../registry/scope.ts';
import type { KindName } from '../model/kind.ts';
import type { Standing } from '../model/permission.ts';
import type { State } from '../model/state.ts';
import { type DeskDatabase, row, rows } from './desk-database.ts';

export type Request = 'new' | 'amend' | 'renew';

export interface Application {
  readonly id: number;
  readonly reference: string;
  readonly request: Request;
  /** The first application of the registration; its own id for a new one. */
  readonly root: number;
  readonly kind: KindName;
  /** The name in the registry: for a person `freelancer`. */
  readonly holder: string;
  readonly sector: string;
  readonly isp: string;
  readonly state: State;
  readonly before: State | null;
  readonly version: number;
  readonly createdMs: number;
  readonly changedMs: number;
  /** When the desk should have acted; null where it is not to. */
  readonly dueMs: number | null;
  readonly validFrom: string | null;
  readonly validUntil: string | null;
  readonly decidedBy: string | null;
  readonly proposedBy: string | null;
  readonly proposedReason: string | null;
  readonly proposedDate: string | null;
  readonly withdrawAskedMs: number | null;
  readonly withdrawConfirmedMs: number | null;
}

/** What is asked to be registered. Prefixes are checked before. */
export interface Statement {
  readonly isp: string;
  readonly own: readonly string[];
  readonly far: readonly string[];
  readonly protocols: readonly string[];
  readonly scope: ScopeName;
  readonly validFrom: string;
  /** Empty for no end. */
  readonly validUntil: string;
}

const COLUMNS = `id, reference, request, root, kind, holder, sector, isp, state, before, version,
  created_ms AS createdMs, changed_ms AS changedMs, due_ms AS dueMs, valid_from AS validFrom, valid_until AS validUntil,
  decided_by AS decidedBy,
  proposed_by AS proposedBy, proposed_reason AS proposedReason, proposed_date AS proposedDate,
  withdraw_asked_ms AS withdrawAskedMs, withdraw_confirmed_ms AS withdrawConfirmedMs`;

export function applicationById(database: DeskDatabase, id: number): Application | null {
  return row(database, `SELECT ${COLUMNS} FROM application WHERE id = ?`, id);
}

export function applicationByReference(database: DeskDatabase, reference: string): Application | null {
  return row(database, `SELECT ${COLUMNS} FROM application WHERE reference = ?`, reference);
}

/** By the hash of its secret link. */
export function applicationBySecret(database: DeskDatabase, hash: string): Application | null {
  return row(database, `SELECT ${COLUMNS} FROM application WHERE secret_sha256 = ?`, hash);
}

/** The applications with this condition, a text of the program. */
export function applicationsWhere(
  database: DeskDatabase,
  condition: string,
  ...values: readonly (string | number | null)[]
): Application[] {
  return rows(database, `SELECT ${COLUMNS} FROM application WHERE ${condition}`, ...values);
}

export function standingOf(application: Application): Standing {
  const { id, root, state, before, isp, proposedBy, decidedBy, withdrawAskedMs } = application;
  const isWithdrawing = withdrawAskedMs !== null;
  return { state, before, isp, proposedBy, decidedBy, isWithdrawing, isChange: root !== id };
}

interface StatementRow {
  readonly isp: string;
  readonly own: string;
  readonly far: string;
  readonly protocols: string;
  readonly scope: Statement['scope'];
  readonly validFrom: string;
  readonly validUntil: string;
}

/** What the application states at present. */
export function statementOf(database: DeskDatabase, { id, version }: Pick<Application, 'id' | 'version'>): Statement {
  const found = row<StatementRow>(
    database,
    `SELECT isp, own, far, protocols, scope, valid_from AS validFrom, valid_until AS validUntil FROM version
      WHERE application = ? AND number = ?`,
    id,
    version,
  );
  if (found === null) throw new Error(`application ${id} has no version ${version}`);
  return {
    ...found,
    own: JSON.parse(found.own) as string[],
    far: JSON.parse(found.far) as string[],
    protocols: found.protocols === '' ? [] : found.protocols.split(';'),
  };
}
