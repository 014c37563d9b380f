/** Lists of applications with the time that is left for each. */
import { KINDS } from '../model/kind.ts';
import { STATE_TITLES } from '../model/state.ts';
import { workingMinutes } from '../model/working-time.ts';
import type { Application } from '../store/application.ts';
import type { QueueName } from '../store/queue.ts';
import { stateBadge } from './case-parts.ts';
import { type Html, html, type Piece } from './html.ts';
import { panel, table, time } from './layout.ts';

export function queueTitle(queue: QueueName): string {
  if (queue === 'giving-up') return 'Being given up';
  return queue === 'revocation' ? 'To be revoked' : STATE_TITLES[queue];
}

export function queueTabs(
  counts: readonly { readonly queue: QueueName; readonly count: number }[],
  chosen: QueueName,
): Piece {
  return html`<nav class="tabs" aria-label="Queues">
    <ul>
      ${counts.map(
        ({ queue, count }) =>
          html`<li>
            <a href="/queue?state=${queue}" ${queue === chosen && html` aria-current="page"`}
              >${queueTitle(queue)} <span class="badge">${count}</span></a
            >
          </li>`,
      )}
    </ul>
  </nav>`;
}

const REQUEST_TITLES = { new: 'Registration', amend: 'Change', renew: 'Renewal' } as const;

export function queueTable(list: readonly Application[], nowMs: number): Html {
  const cells = list.map((one): readonly Piece[] => [
    html`<a class="nowrap" href="/case/${one.id}">${one.reference}</a>`,
    one.holder,
    KINDS[one.kind].title,
    REQUEST_TITLES[one.request],
    stateBadge(one.state),
    timeLeft(one, nowMs),
  ]);
  return table(
    'Applications, the least time left first',
    ['Reference', 'Applicant', 'Kind', 'Request', 'State', 'Time left'],
    cells,
  );
}

/** In working hours; for what waits for a second person, since when or from which day. */
function timeLeft({ dueMs, changedMs, withdrawAskedMs, proposedDate }: Application, nowMs: number): Piece {
  if (withdrawAskedMs !== null) return html`<span class="muted">asked ${time(withdrawAskedMs)}</span>`;
  if (proposedDate !== null) return html`<span class="muted">from ${proposedDate} on</span>`;
  if (dueMs === null) return html`<span class="muted">since ${time(changedMs)}</span>`;
  const minutes = workingMinutes(nowMs, dueMs);
  const hours = (Math.abs(minutes) / 60).toFixed(1);
  if (dueMs > nowMs) return `${hours} h`;
  return html`<span class="badge bad">${hours === '0.0' ? 'due now' : `${hours} h late`}</span>`;
}

/** The other applications about the same registration; staff are led to them. */
export function relatedPanel(related: readonly Application[], { root }: Application, isStaff: boolean): Piece {
  const cells = related.map((one): readonly Piece[] => [
    isStaff ? html`<a class="nowrap" href="/case/${one.id}">${one.reference}</a>` : one.reference,
    REQUEST_TITLES[one.id === root ? 'new' : one.request],
    stateBadge(one.state),
    time(one.createdMs),
  ]);
  return (
    cells.length > 0 &&
    panel('The same registration', table('Applications', ['Reference', 'Request', 'State', 'Received'], cells))
  );
}

export function searchForm(text: string): Html {
  return html`<form class="desk-form narrow" method="get" action="/search" role="search">
    <div class="field">
      <label for="search">Reference, address, prefix, or words of the holder</label>
      <input type="search" id="search" name="for" value="${text}" maxlength="200" required />
    </div>
    <p><button class="primary">Search</button></p>
  </form>`;
}
