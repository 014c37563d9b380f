/** What the engine has decided, as a reviewer sees it: how many clients reach far ends, and decisions under appeal. */
import type { Reach } from '../decisions/decision-log.ts';
import type { LoggedDecision } from '../decisions/logged-decision.ts';
import { number } from '../../core/count-text.ts';
import { type Html, html, type Piece } from './html.ts';
import { panel, table } from './layout.ts';

/** Smaller groups of clients are shown as this, so that no single one is seen. */
const FEWEST_SHOWN = 5;

/** `problem`: why there is no number. */
export function reachPanel(answer: Reach | { readonly problem: string }): Html {
  return panel('Who reaches the far ends', html`<p>${reachText(answer)}</p>`);
}

function reachText(answer: Reach | { readonly problem: string }): string {
  if ('problem' in answer) return answer.problem;
  const { clients, since } = answer;
  if (since === null) return 'The log of decisions has none yet.';
  const from = `in the log of decisions from ${shownTime(since)} on`;
  if (clients === 0) return `No client reaches them ${from}.`;
  const count = clients < FEWEST_SHOWN ? `Fewer than ${FEWEST_SHOWN}` : number(clients);
  return `${count} clients reach them ${from}. A VPN service for the public is reached by many.`;
}

/** `named`: what the applicant gave as the event. */
export function decisionTable(list: readonly LoggedDecision[], named: string): Html {
  const cells = list.map((one): readonly Piece[] => [
    html`${shownTime(one.time)}${named.includes(one.flow) && html` <span class="badge accent">named</span>`}`,
    html`${one.action}${one.mode === 'observe' && html` <span class="muted">(observed only)</span>`}`,
    html`${one.rule === '' ? 'no rule' : one.rule} <span class="muted">${one.reason}</span>`,
    one.references.length === 0 ? 'none' : one.references.join(', '),
    one.protocol,
    html`<span class="mono">${one.source}</span> to <span class="mono">${one.destination}</span>`,
    html`<span class="mono">${one.flow}</span>`,
  ]);
  const titles = ['When', 'Action', 'Rule and reason', 'Registration that matched', 'Protocol', 'Flow from', 'Flow id'];
  return table('Decisions about this address', titles, cells);
}

function shownTime(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
