/** The parts of a page about one application, for its applicant and for staff. */
import { KINDS } from '../model/kind.ts';
import { ROLE_TITLES } from '../model/role.ts';
import { STATE_TITLES, type State } from '../model/state.ts';
import { type Action, ACTION_TITLES } from '../model/transition.ts';
import type { Application, Statement } from '../store/application.ts';
import type { StoredFile } from '../store/file-store.ts';
import type { Change, Personal } from '../store/history.ts';
import type { Reason } from '../model/reason.ts';
import { type Html, html, type Piece } from './html.ts';
import { facts, panel, table, time } from './layout.ts';

const TONES: Readonly<Partial<Record<State, string>>> = {
  approved: 'good',
  refused: 'bad',
  revoked: 'bad',
  question: 'warn',
  appeal: 'warn',
  expired: 'warn',
};

export function stateBadge(state: State): Html {
  return html`<span class="badge ${TONES[state] ?? 'accent'}">${STATE_TITLES[state]}</span>`;
}

function lines(texts: readonly string[]): Piece {
  return texts.length === 0
    ? null
    : html`<ul class="plain">
        ${texts.map((one) => html`<li class="mono">${one}</li>`)}
      </ul>`;
}

/** `titles`: of its provider and its sector. */
export function applicationFacts(
  application: Application,
  statement: Statement,
  titles: { readonly isp: string; readonly sector: string },
): Html {
  const { kind, holder, validFrom, validUntil } = application;
  return panel(
    'What is asked',
    facts([
      ['Reference', application.reference],
      ['Applicant', KINDS[kind].title],
      ['In the registry as', holder],
      ['Sector', titles.sector],
      ['Internet provider', titles.isp],
      ['Own addresses', lines(statement.own)],
      ['Far ends', lines(statement.far)],
      ['Protocols', statement.protocols.length === 0 ? 'any' : statement.protocols.join(', ')],
      ['Limited to', statement.scope],
      ['Period asked', `${statement.validFrom} to ${statement.validUntil === '' ? 'no end' : statement.validUntil}`],
      ['In force', validFrom !== null && `${validFrom} to ${validUntil ?? 'no end'}`],
    ]),
  );
}

export function personalFacts(personal: Personal | null): Html {
  if (personal === null) return panel('People', html`<p class="empty">Erased by the rule of retention.</p>`);
  return panel(
    'People',
    facts([
      ['Name', personal.person],
      ['Contact', personal.contact],
      ['E-mail', personal.mail],
      ['Telephone', personal.phone],
      ['Subscriber number', personal.subscriber],
      ['Purpose', personal.purpose],
    ]),
  );
}

export function filesPanel(files: readonly StoredFile[]): Html {
  const cells = files.map(({ id, name, type, bytes, atMs, removedMs }): readonly Piece[] => [
    removedMs === null ? html`<a href="/files/${id}">${name}</a>` : name,
    type,
    `${Math.ceil(bytes / 1024)} KB`,
    removedMs === null ? time(atMs) : 'removed',
  ]);
  return panel('Evidence', table('Files', ['Name', 'Type', 'Size', 'Received'], cells));
}

/** `isPublic`: for the applicant, who is not told the names of staff. */
export function historyPanel(changes: readonly Change[], reasons: readonly Reason[], isPublic: boolean): Html {
  const cells = changes.map((change): readonly Piece[] => [
    time(change.atMs),
    isPublic ? ROLE_TITLES[change.role] : actorText(change),
    ACTION_TITLES[change.action],
    STATE_TITLES[change.toState],
    html`${reasonText(change, reasons)}${changeText(change)}`,
  ]);
  return panel('History', table('Changes', ['When', 'By', 'What', 'State then', 'Why'], cells));
}

/** The text that staff wrote for the applicant with the change to the present state; null for none. */
export function lastWords(changes: readonly Change[], reasons: readonly Reason[], state: State): Piece {
  const change = changes.findLast(
    ({ role, fromState, toState }) => role !== 'applicant' && toState === state && fromState !== state,
  );
  if (change === undefined || (change.text === null && change.reason === null)) return null;
  return html`<blockquote class="note">${reasonText(change, reasons)}${changeText(change)}</blockquote>`;
}

function changeText({ text, textSha256 }: Change): Piece {
  return text ?? (textSha256 !== null && html`<span class="muted">text erased</span>`);
}

/** Applicants and the desk itself have no account. */
function isNobody(actor: string): actor is 'applicant' | 'clock' {
  return actor === 'applicant' || actor === 'clock';
}

function actorText({ actor, role }: Change): string {
  return isNobody(actor) ? ROLE_TITLES[actor] : `${actor} (${ROLE_TITLES[role]})`;
}

export function actorTitle(actor: string): string {
  return isNobody(actor) ? ROLE_TITLES[actor] : actor;
}

function reasonText({ action, reason, date }: Change, reasons: readonly Reason[]): Piece {
  const title = reason === null ? null : (reasons.find(({ code }) => code === reason)?.title ?? reason);
  if (title === null && date === null) return null;
  const day = date === null ? null : `${action === 'approve' ? 'Until' : 'From'} ${date}. `;
  return html`${title}${title !== null && '. '}${day}`;
}

export interface ActionFormParts {
  /** The path before the name of the action. */
  readonly base: string;
  readonly action: Action;
  readonly csrf: string | null;
  readonly key: string;
  readonly fields: Piece;
  readonly note?: string;
}

/** One action as a form; those with fields are opened first. */
export function actionForm({ base, action, csrf, key, fields, note }: ActionFormParts): Html {
  const title = ACTION_TITLES[action];
  const tone = DANGEROUS.includes(action) ? 'danger' : 'primary';
  const form = html`<form class="desk-form" method="post" action="${base}/${action}">
    <input
      type="hidden"
      name="key"
      value="${key}"
    />${csrf !== null && html`<input type="hidden" name="csrf" value="${csrf}" />`}
    ${note !== undefined && html`<p class="hint">${note}</p>`}${fields}
    <p><button class="${tone}">${title}</button></p>
  </form>`;
  if (fields === null && note === undefined) return form;
  return html`<details class="action">
    <summary>${title}</summary>
    ${form}
  </details>`;
}

const DANGEROUS: readonly Action[] = ['refuse', 'revoke', 'propose-revocation', 'abandon', 'ask-withdrawal', 'object'];
