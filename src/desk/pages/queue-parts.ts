/** Lists of applications with the time that is left for each. */
import { KINDS } from '../model/kind.ts';
import type { State } from '../model/state.ts';
import { workingMinutes } from '../model/working-time.ts';
import type { Application } from '../store/application.ts';
import { stateBadge } from './case-parts.ts';
import { type Html, html, type Piece } from './html.ts';
import { table, time } from './layout.ts';

export function queueTabs(
  counts: readonly { readonly state: State; readonly title: string; readonly count: number }[],
  chosen: State,
): Piece {
  if (counts.length < 2) return null;
  return html`<nav class="tabs" aria-label="Queues">
    <ul>
      ${counts.map(
        ({ state, title, count }) =>
          html`<li>
            <a href="/queue?state=${state}" ${state === chosen && html` aria-current="page"`}
              >${title} <span class="badge">${count}</span></a
            >
          </li>`,
      )}
    </ul>
  </nav>`;
}

export function queueTable(list: readonly Application[], nowMs: number): Html {
  const cells = list.map((one): readonly Piece[] => [
    html`<a class="nowrap" href="/case/${one.id}">${one.reference}</a>`,
    one.holder,
    KINDS[one.kind].title,
    one.request,
    stateBadge(one.state),
    timeLeft(one, nowMs),
  ]);
  return table(
    'Applications, the least time left first',
    ['Reference', 'Applicant', 'Kind', 'Request', 'State', 'Time left'],
    cells,
  );
}

/** In working hours. */
function timeLeft({ dueMs, changedMs }: Application, nowMs: number): Piece {
  if (dueMs === null) return html`<span class="muted">since ${time(changedMs)}</span>`;
  const minutes = workingMinutes(nowMs, dueMs);
  const hours = (Math.abs(minutes) / 60).toFixed(1);
  if (dueMs > nowMs) return `${hours} h`;
  return html`<span class="badge bad">${hours} h late</span>`;
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
