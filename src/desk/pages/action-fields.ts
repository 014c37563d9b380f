/** The fields that an action asks for. */
import type { Reason } from '../model/reason.ts';
import { type Action, TRANSITIONS } from '../model/transition.ts';
import type { Statement } from '../store/application.ts';
import { html, type Piece } from './html.ts';

export interface FieldContext {
  readonly statement: Statement;
  readonly reasons: readonly Reason[];
  readonly today: string;
  /** There are far ends, which might belong to a VPN service for the public. */
  readonly hasFarEnds: boolean;
}

const TEXT_LABELS: Readonly<Partial<Record<Action, string>>> = {
  object: 'What is wrong',
  'take-over': 'Why the ISP is not waited for',
  ask: 'Question to the applicant',
  answer: 'Your answer',
  appeal: 'What is wrong: when it happened and what you saw',
  'answer-appeal': 'Answer to the applicant: the decision explained',
  reopen: 'Why it is reviewed again',
  mend: 'What was wrong, for the applicant',
};

const NOTES: Readonly<Partial<Record<Action, string>>> = {
  abandon: 'Your application ends. You can apply again at any time.',
  'ask-withdrawal':
    'It takes effect after 72 hours and the confirmation of your provider, whichever is later. ' +
    'Until then you can keep it.',
  'confirm-withdrawal':
    'The applicant has asked to give the registration up. It ends 72 hours after that at the earliest.',
  revoke: 'Another reviewer has proposed it. With your confirmation it takes effect on the day of the proposal.',
};

export function noteOf(action: Action): string | undefined {
  return NOTES[action];
}

export function fieldsOf(action: Action, { statement, reasons, today, hasFarEnds }: FieldContext): Piece {
  const { needsReason = false, needsText = false } = TRANSITIONS[action];
  const pieces = [
    needsReason && reasonField(action, reasons),
    action === 'propose-revocation' &&
      dateField(action, 'date', 'Takes effect on (today only where it is urgent)', today),
    action === 'approve' && period(action, statement),
    action === 'approve' && hasFarEnds && publicVpnField(),
    action === 'approve' && scopeField(statement),
    action === 'appeal' && appealFields(),
    action === 'mend' && mendFields(statement),
    (needsText || action === 'refuse') && textField(action, needsText),
  ].filter((one) => one !== false);
  return pieces.length === 0 ? null : pieces;
}

function textField(action: Action, isRequired: boolean): Piece {
  const label = TEXT_LABELS[action] ?? 'Text for the applicant';
  return html`<div class="field">
    <label for="${action}-text">${label}</label>
    <textarea id="${action}-text" name="text" rows="3" maxlength="4000" ${isRequired && html` required`}></textarea>
  </div>`;
}

function reasonField(action: Action, reasons: readonly Reason[]): Piece {
  const use = action === 'refuse' ? 'refuse' : 'revoke';
  const choices = reasons.filter((one) => one.use === use && one.isActive);
  return html`<div class="field">
    <label for="${action}-reason">Reason</label>
    <select id="${action}-reason" name="reason" required>
      <option value="">Choose…</option>
      ${choices.map(({ code, title }) => html`<option value="${code}">${title}</option>`)}
    </select>
  </div>`;
}

function dateField(action: Action, name: string, label: string, value: string): Piece {
  return html`<div class="field">
    <label for="${action}-${name}">${label}</label>
    <input type="date" id="${action}-${name}" name="${name}" value="${value}" required />
  </div>`;
}

function period(action: Action, { validFrom, validUntil }: Statement): Piece {
  return html`<div class="pair">
    ${dateField(action, 'validFrom', 'In force from', validFrom)}
    ${dateField(action, 'date', 'Until, with that day', validUntil)}
  </div>`;
}

function publicVpnField(): Piece {
  return html`<label class="tick"
    ><input type="checkbox" name="notPublic" value="yes" required /> I have looked at the far ends: none is a VPN
    service for the public, or the registration is limited to the applicant's own addresses.</label
  >`;
}

function scopeField({ own, far, scope }: Statement): Piece {
  if (own.length === 0) return null;
  const choices = [
    ['', 'All flows of the applicant\u2019s own addresses'],
    ['source', 'Only flows that begin at them'],
    ...(far.length > 0 ? [['pair', 'Only flows between them and the far ends'] as const] : []),
  ] as const;
  return html`<div class="field">
    <label for="approve-scope">What the registration covers</label>
    <select id="approve-scope" name="scope">
      ${choices.map(
        ([value, title]) => html`<option value="${value}" ${value === scope && html` selected`}>${title}</option>`,
      )}
    </select>
  </div>`;
}

function appealFields(): Piece {
  return html`<div class="field">
      <label for="appeal-address">The address that is cut off</label>
      <input type="text" id="appeal-address" name="address" maxlength="64" />
    </div>
    <div class="field">
      <label for="appeal-event">The decision event, if your provider gave you one (its line or its flow id)</label>
      <textarea id="appeal-event" name="event" rows="2" maxlength="8000"></textarea>
    </div>`;
}

function mendFields({ own, far }: Statement): Piece {
  return html`<div class="field">
      <label for="mend-own">Own addresses from now on</label>
      <textarea id="mend-own" name="own" rows="3" maxlength="8000">${own.join('\n')}</textarea>
    </div>
    <div class="field">
      <label for="mend-far">Far ends from now on</label>
      <textarea id="mend-far" name="far" rows="2" maxlength="8000">${far.join('\n')}</textarea>
    </div>`;
}
