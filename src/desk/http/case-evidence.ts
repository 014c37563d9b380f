/**
 * The parts of a case that come from the log of decisions, for reviewers and auditors. A page waits for them briefly.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reach } from '../decisions/decision-log.ts';
import { loggedDecision, type LoggedDecision } from '../decisions/logged-decision.ts';
import { decisionTable, reachPanel } from '../pages/decision-parts.ts';
import { html, type Piece } from '../pages/html.ts';
import { facts, panel, time } from '../pages/layout.ts';
import { type Appeal, appealsOf, linkDecisions } from '../store/appeal-store.ts';
import { type Application, type Statement, statementOf } from '../store/application.ts';
import { coveringRows } from '../store/registry-rows.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import type { DeskParts } from './desk-parts.ts';

const LONGEST_WAIT_MS = 1500;
const NOT_YET = 'The log of decisions is being read: load this page again in a moment.';
const UNREADABLE = 'The log of decisions cannot be read.';

/** How many clients reach the far ends; nothing without a log or far ends. */
export async function farEndsPiece({ decisions }: DeskParts, { far }: Statement): Promise<Piece> {
  if (decisions === null || far.length === 0) return null;
  const unreadable = { problem: UNREADABLE };
  const answer = await within<Reach | { readonly problem: string }>(decisions.reach(far).catch(() => unreadable));
  return reachPanel(answer ?? { problem: NOT_YET });
}

/** The appeals of an application, each with what was decided about its address. */
export async function appealPieces(parts: DeskParts, application: Application): Promise<Piece> {
  const pieces: Piece[] = [];
  for (const appeal of appealsOf(parts.database, application.id)) {
    const { atMs, address, event } = appeal;
    pieces.push(
      panel(
        'Appeal',
        html`${facts([
          ['Received', time(atMs)],
          ['Address', address],
          ['In the registry', registeredText(parts, application, address)],
          ['Decision event', event],
        ])}${await decisionsPiece(parts, application, appeal)}`,
      ),
    );
  }
  return pieces;
}

/**
 * Ties the decisions about the address to the appeal, in its own time; a page of the case does it where that failed.
 */
export async function linkAppeal(parts: DeskParts, application: Application, appeal: Appeal): Promise<boolean> {
  const { decisions: log, database, gate } = parts;
  if (log === null) return false;
  const { list } = await log.about(addressesOf(parts, application, appeal));
  await gate.opened();
  linkDecisions(database, appeal.id, list);
  return true;
}

async function decisionsPiece(parts: DeskParts, application: Application, appeal: Appeal): Promise<Piece> {
  const { database, decisions: log } = parts;
  const given = loggedDecision(appeal.event ?? '');
  if (appeal.decisions !== null) return shown(appeal.decisions, given, appeal);
  if (appeal.address === null) return null;
  if (log === null) return given === null ? null : shown([], given, appeal);
  const linked = await within(linkAppeal(parts, application, appeal).catch(() => null));
  if (linked !== true) return html`<p class="note warn">${linked === null ? UNREADABLE : NOT_YET}</p>`;
  const found = appealsOf(database, application.id).find(({ id }) => id === appeal.id);
  return shown(found?.decisions ?? [], given, appeal);
}

function shown(list: readonly LoggedDecision[], given: LoggedDecision | null, { event }: Appeal): Piece {
  const isKnown = given === null || list.some(({ flow, time: at }) => flow === given.flow && at === given.time);
  return html`${
    !isKnown && html`<p class="note warn">The event that the applicant gives is not in the log of decisions.</p>`
  }
  ${decisionTable(isKnown ? list : [given, ...list], event ?? '')}`;
}

/** The address of the appeal, or those of the registration where it names none that can be read. */
function addressesOf({ database }: DeskParts, application: Application, { address }: Appeal): readonly string[] {
  if (address !== null && new PrefixParser().parse(address)) return [address];
  const { own, far } = statementOf(database, application);
  return own.length > 0 ? own : far;
}

function registeredText({ database }: DeskParts, { root }: Application, address: string | null): string | null {
  if (address === null || !new PrefixParser().parse(address)) return null;
  const found = coveringRows(database, address);
  if (found.some((one) => one.application === root)) return 'yes, under this reference';
  return found.length > 0 ? 'under another reference only' : 'no: the registration does not have this address';
}

/** The value, or undefined where it takes longer than a page waits. */
async function within<T>(promise: Promise<T>): Promise<T | undefined> {
  const waiting = new AbortController();
  try {
    return await Promise.race([promise, sleep(LONGEST_WAIT_MS, undefined, { signal: waiting.signal, ref: false })]);
  } finally {
    waiting.abort();
  }
}
