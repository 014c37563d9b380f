/**
 * Takes an action on an application, in one transaction: the rules say whether it is allowed, the history gets a row,
 * the application its new state and clock, and the registry its rows.
 */
import type { Period } from '../model/change-loss.ts';
import { limitRefusal } from '../model/change-limit.ts';
import { type Actor, actionRefusal, type Refused } from '../model/permission.ts';
import { type State, WAITING_STATES } from '../model/state.ts';
import { type Action, stateAfter, TRANSITIONS } from '../model/transition.ts';
import { addWorkingMinutes, TARGET_HOURS } from '../model/working-time.ts';
import { inTransaction } from '../../history/store/transaction.ts';
import { type Application, applicationById, standingOf, type Statement } from '../store/application.ts';
import { changedBy, releasedTo } from '../store/change-count.ts';
import { type DeskDatabase, row, run } from '../store/desk-database.ts';
import { addChange, type NewChange } from '../store/history.ts';
import { addVersion } from '../store/version.ts';
import { addRows, endRows, limitRows, type RegistryChange, rowsOf } from '../store/registry-rows.ts';
import { approve } from './approve.ts';
import { dateOf, dayBefore } from './date-text.ts';
import { mendRefusal } from './taken-away.ts';

export interface Deed {
  readonly application: number;
  readonly action: Action;
  readonly actor: Actor;
  readonly atMs: number;
  /** A code of the list of reasons. */
  readonly reason?: string;
  readonly text?: string;
  /** The day on which a revocation takes effect, and the last one of a period that is approved. */
  readonly date?: string;
  /** The first day of a period that is approved. */
  readonly validFrom?: string;
  /** The far ends belong to a public VPN service, which the reviewer has confirmed is meant. */
  readonly isPublicVpn?: boolean;
  /** What a registration that is mended says from now on. */
  readonly statement?: Statement;
  readonly personalSha256?: string;
  /** The limit of one person's changes was looked at for all that this transaction does. */
  readonly isWithinLimit?: boolean;
}

/** An action that was refused, with its message to the user. */
export class DeedRefused extends Error {
  readonly status: number;

  constructor({ status, problem }: { readonly status: number; readonly problem: string }) {
    super(problem);
    this.status = status;
  }
}

/** The application after it. Throws DeedRefused, and nothing is changed then. */
export function act(database: DeskDatabase, deed: Deed): Application {
  return inTransaction(database, () => actWithin(database, deed));
}

/** The same within a transaction of the caller. */
export function actWithin(database: DeskDatabase, deed: Deed): Application {
  const application = applicationById(database, deed.application);
  if (application === null) throw new DeedRefused({ status: 404, problem: 'there is no such application here' });
  const refused = actionRefusal(deed.action, deed.actor, standingOf(application)) ?? deedRefusal(database, deed);
  if (refused !== null) throw new DeedRefused(refused);
  const change = recordChange(database, application, deed);
  carryOut(database, application, deed, { change, atMs: deed.atMs });
  return applicationById(database, application.id)!;
}

/** What is missing in the deed itself. */
function deedRefusal(database: DeskDatabase, deed: Deed): Refused | null {
  const { action, reason, text = '', date, atMs, actor } = deed;
  const { needsReason = false, needsText = false, changesRegistry = false } = TRANSITIONS[action];
  if (needsReason && !isReason(database, action, reason)) return missing('choose a reason from the list');
  if (needsText && text.trim() === '') return missing('write a text');
  if (action === 'propose-revocation' && (date === undefined || date < dateOf(atMs)))
    return missing('name the day on which it takes effect: today, where it is urgent, or later');
  if (action === 'mend' && deed.statement === undefined) return missing('name what the registration is to say');
  if (!changesRegistry || actor.role !== 'reviewer' || deed.isWithinLimit === true) return null;
  const problem = limitRefusal(1, changedBy(database, actor.name, atMs), releasedTo(database, actor.name, atMs));
  return problem === null ? null : { status: 403, problem };
}

function missing(problem: string): Refused {
  return { status: 409, problem };
}

function isReason(database: DeskDatabase, action: Action, code: string | undefined): boolean {
  const use = action === 'refuse' ? 'refuse' : 'revoke';
  const sql = 'SELECT code FROM reason WHERE code = ? AND use = ? AND is_active = 1';
  return code !== undefined && row(database, sql, code, use) !== null;
}

function recordChange(database: DeskDatabase, application: Application, deed: Deed): number {
  const { action, actor, atMs } = deed;
  const to = stateAfter(action, application.state, application.before);
  const change: NewChange = {
    application: application.id,
    atMs,
    actor: actor.name,
    role: actor.role,
    action,
    from: application.state,
    to,
    reason: deed.reason ?? (action === 'revoke' ? (application.proposedReason ?? undefined) : undefined),
    date: deed.date ?? (action === 'revoke' ? (application.proposedDate ?? undefined) : undefined),
    text: deed.text?.trim(),
    version: application.version,
    personalSha256: deed.personalSha256,
    registryCount: TRANSITIONS[action].changesRegistry === true ? 1 : 0,
  };
  const number = addChange(database, change);
  if (to !== application.state)
    run(
      database,
      'UPDATE application SET state = ?, before = ?, changed_ms = ?, due_ms = ? WHERE id = ?',
      to,
      application.state,
      atMs,
      dueAt(to, atMs),
      application.id,
    );
  return number;
}

/** The clock of a state begins when the application comes into it. */
export function dueAt(state: State, atMs: number): number | null {
  const isWaiting = (WAITING_STATES as readonly State[]).includes(state);
  return isWaiting ? addWorkingMinutes(atMs, TARGET_HOURS * 60) : null;
}

/** What an action does besides the state. */
function carryOut(database: DeskDatabase, application: Application, deed: Deed, at: RegistryChange): void {
  const { id } = application;
  switch (deed.action) {
    case 'approve':
      refuseWhere(approve(database, application, deed, at));
      break;
    case 'refuse':
      run(database, 'UPDATE application SET decided_by = ? WHERE id = ?', deed.actor.name, id);
      break;
    case 'mend':
      refuseWhere(mendRefusal(prefixesOf(database, id), deed.statement!));
      addVersion(database, application, deed.statement!, at.atMs);
      endRows(database, id, at);
      addRows(database, application, deed.statement!, periodOf(application), at);
      break;
    case 'propose-revocation':
      run(
        database,
        'UPDATE application SET proposed_by = ?, proposed_reason = ?, proposed_date = ? WHERE id = ?',
        deed.actor.name,
        deed.reason ?? null,
        deed.date ?? null,
        id,
      );
      break;
    case 'drop-revocation':
      clearProposal(database, id);
      break;
    case 'revoke':
      revoke(database, application, deed, at);
      break;
    case 'ask-withdrawal':
      run(database, 'UPDATE application SET withdraw_asked_ms = ? WHERE id = ?', at.atMs, id);
      break;
    case 'keep-registration':
      clearWithdrawal(database, id);
      break;
    case 'confirm-withdrawal':
      run(database, 'UPDATE application SET withdraw_confirmed_ms = ? WHERE id = ?', at.atMs, id);
      break;
    case 'withdraw':
      endRows(database, id, at);
      clearWithdrawal(database, id);
      break;
    case 'expire':
      endRows(database, id, at);
      break;
    case 'answer-appeal':
    case 'reopen':
      answerAppeal(database, id, at);
      break;
    default:
  }
  if (deed.action === 'mend') answerAppeal(database, id, at);
}

/** Gives the transaction up where there is a problem. */
function refuseWhere(problem: string | null): void {
  if (problem !== null) throw new DeedRefused({ status: 409, problem });
}

function prefixesOf(database: DeskDatabase, id: number): string[] {
  return rowsOf(database, id).map(({ prefix }) => prefix);
}

function revoke(database: DeskDatabase, application: Application, deed: Deed, at: RegistryChange): void {
  const date = application.proposedDate ?? dateOf(at.atMs);
  // The last day on which it is in force is the one before; where that is over, its rows end now.
  if (date <= dateOf(at.atMs)) endRows(database, application.id, at);
  else limitRows(database, application.id, dayBefore(date), at);
  run(database, 'UPDATE application SET decided_by = ? WHERE id = ?', deed.actor.name, application.id);
  clearProposal(database, application.id);
  clearWithdrawal(database, application.id);
}

function periodOf({ validFrom, validUntil }: Application): Period {
  return { validFrom: validFrom ?? '', validUntil: validUntil ?? '' };
}

function clearProposal(database: DeskDatabase, id: number): void {
  run(
    database,
    'UPDATE application SET proposed_by = NULL, proposed_reason = NULL, proposed_date = NULL WHERE id = ?',
    id,
  );
}

function clearWithdrawal(database: DeskDatabase, id: number): void {
  run(database, 'UPDATE application SET withdraw_asked_ms = NULL, withdraw_confirmed_ms = NULL WHERE id = ?', id);
}

function answerAppeal(database: DeskDatabase, id: number, { change }: RegistryChange): void {
  run(database, 'UPDATE appeal SET answered_change = ? WHERE application = ? AND answered_change IS NULL', change, id);
}
