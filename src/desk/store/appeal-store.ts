/** Appeals, with the decisions of the engine that they are about. */
import type { LoggedDecision } from '../decisions/logged-decision.ts';
import { type DeskDatabase, row, rows, run } from './desk-database.ts';

export interface Appeal {
  readonly id: number;
  readonly atMs: number;
  /** As the applicant wrote them; null where they were erased. */
  readonly address: string | null;
  readonly event: string | null;
  /** Null where no log was looked at yet, and where they were erased. */
  readonly decisions: readonly LoggedDecision[] | null;
}

export function addAppeal(
  database: DeskDatabase,
  appeal: { readonly application: number; readonly atMs: number; readonly address: string; readonly event: string },
): number {
  const { application, atMs, address, event } = appeal;
  const sql = 'SELECT max(id) AS id FROM change WHERE application = ?';
  const change = row<{ readonly id: number }>(database, sql, application)!.id;
  return run(
    database,
    'INSERT INTO appeal (application, change, at_ms, address, event) VALUES (?, ?, ?, ?, ?)',
    application,
    change,
    atMs,
    address,
    event,
  ).id;
}

/** The newest first. */
export function appealsOf(database: DeskDatabase, application: number): Appeal[] {
  return rows<Omit<Appeal, 'decisions'> & { readonly decisions: string | null }>(
    database,
    'SELECT id, at_ms AS atMs, address, event, decisions FROM appeal WHERE application = ? ORDER BY id DESC',
    application,
  ).map((one) => ({
    ...one,
    decisions: one.decisions === null ? null : (JSON.parse(one.decisions) as LoggedDecision[]),
  }));
}

/** Ties the decisions to the appeal, once: the log that they are from is removed some day. */
export function linkDecisions(database: DeskDatabase, appeal: number, decisions: readonly LoggedDecision[]): void {
  const sql = 'UPDATE appeal SET decisions = ? WHERE id = ? AND decisions IS NULL AND address IS NOT NULL';
  run(database, sql, JSON.stringify(decisions), appeal);
}
