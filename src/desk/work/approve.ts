/**
 * Approves an application: its rows come into the registry, under the reference of the registration that it makes or
 * changes.
 */
import { changeRefusal, type Period } from '../model/change-loss.ts';
import type { Actor } from '../model/permission.ts';
import { type Application, applicationById, type Statement, statementOf } from '../store/application.ts';
import { type DeskDatabase, run } from '../store/desk-database.ts';
import { addChange, personalOf, writePersonal } from '../store/history.ts';
import { addRows, endRows, limitRows, type RegistryChange } from '../store/registry-rows.ts';
import { addVersion } from '../store/version.ts';
import { dateOf, dayBefore } from './date-text.ts';

export interface Approval {
  readonly actor: Actor;
  readonly atMs: number;
  /** The last day; the one that was asked for where it is not given. */
  readonly date?: string;
  /** The first day, likewise. */
  readonly validFrom?: string;
  readonly isPublicVpn?: boolean;
}

/** Null where it is done, within the transaction of the caller; else why it cannot be, and nothing is changed. */
export function approve(
  database: DeskDatabase,
  application: Application,
  approval: Approval,
  at: RegistryChange,
): string | null {
  const statement = statementOf(database, application);
  const root = applicationById(database, application.root)!;
  const isChange = root.id !== application.id;
  const { validFrom = statement.validFrom, date: validUntil = statement.validUntil } = approval;
  const period = { validFrom, validUntil };
  const problem = periodProblem(period, at) ?? (isChange ? changeProblem(database, root, statement, period) : null);
  if (problem !== null) return problem;
  // What is in force stays so until the day on which the change begins.
  const isLater = root.state === 'approved' && validFrom > dateOf(at.atMs);
  if (isLater) limitRows(database, root.id, dayBefore(validFrom), at);
  else endRows(database, root.id, at);
  addRows(database, { ...root, holder: application.holder, sector: application.sector }, statement, period, at);
  writePeriod(database, application.id, period, approval);
  if (!isChange) return null;
  writePeriod(database, root.id, { validFrom: isLater ? root.validFrom! : validFrom, validUntil }, approval);
  changeRoot(database, root, application, approval);
  return null;
}

function writePeriod(
  database: DeskDatabase,
  id: number,
  { validFrom, validUntil }: Period,
  { actor, isPublicVpn = false }: Approval,
): void {
  run(
    database,
    'UPDATE application SET valid_from = ?, valid_until = ?, public_vpn = ?, decided_by = ? WHERE id = ?',
    validFrom,
    validUntil === '' ? null : validUntil,
    isPublicVpn ? 1 : 0,
    actor.name,
    id,
  );
}

function periodProblem({ validFrom, validUntil }: Period, { atMs }: RegistryChange): string | null {
  if (validUntil === '') return null;
  if (validUntil < validFrom) return 'the period ends before it begins';
  return validUntil < dateOf(atMs) ? 'the period is over already: name a later last day' : null;
}

function changeProblem(database: DeskDatabase, root: Application, statement: Statement, period: Period): string | null {
  if (root.state === 'expired') return null;
  if (root.state !== 'approved') return 'the registration that this changes is no longer in force';
  const { scope } = statementOf(database, root);
  return changeRefusal({ scope, validUntil: root.validUntil ?? '' }, statement, period);
}

/**
 * The registration states from now on what the change asked, and the change is in its history. An expired one is in
 * force again.
 */
function changeRoot(
  database: DeskDatabase,
  root: Application,
  application: Application,
  { actor, atMs, date }: Approval,
): void {
  const version = addVersion(database, root, statementOf(database, application), atMs);
  const personal = personalOf(database, application.id);
  addChange(database, {
    application: root.id,
    atMs,
    actor: actor.name,
    role: actor.role,
    action: 'approve',
    from: root.state,
    to: 'approved',
    version,
    date,
    ...(personal !== null && { personalSha256: writePersonal(database, root.id, personal, atMs) }),
  });
  if (root.state === 'approved') return;
  const sql = "UPDATE application SET state = 'approved', before = ?, changed_ms = ? WHERE id = ?";
  run(database, sql, root.state, atMs, root.id);
}
