/** The registry as it comes out: exports, the guard, differences, and the limits of one person's changes. */
import { changesLeft, LARGEST_RELEASE } from '../model/change-limit.ts';
import { isSamePerson } from '../model/person.ts';
import { randomSecret } from '../model/reference.ts';
import { registryStream } from '../export/registry-text.ts';
import { differenceOf } from '../export/difference.ts';
import { html, type Piece } from '../pages/html.ts';
import { page, panel, table, time } from '../pages/layout.ts';
import { reviewerNames } from '../store/account-store.ts';
import { changedBy, releasedTo } from '../store/change-count.ts';
import { rows, run } from '../store/desk-database.ts';
import { addDeed } from '../store/history.ts';
import { DeedRefused } from '../work/act.ts';
import type { DeskParts } from './desk-parts.ts';
import { type DeskAnswer, type DeskCall, type DeskRoute, redirect, refuse } from './desk-route.ts';
import { once } from '../work/once.ts';

const MS_PER_DAY = 86_400_000;
const MOST_SHOWN = 200;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const READERS = ['reviewer', 'auditor', 'admin'] as const;

export function registryRoutes(parts: DeskParts): readonly DeskRoute[] {
  return [
    { method: 'GET', path: '/registry', allowed: READERS, answer: (call) => registryPage(parts, call) },
    { method: 'GET', path: '/registry.csv', allowed: READERS, answer: (call) => registryFile(parts, call) },
    { method: 'POST', path: '/registry/confirm', allowed: ['reviewer'], answer: (call) => confirm(parts, call) },
    { method: 'GET', path: '/limits', allowed: ['reviewer'], answer: (call) => limitsPage(parts, call) },
    { method: 'POST', path: '/limits', allowed: ['reviewer'], answer: (call) => release(parts, call) },
  ];
}

interface Export {
  readonly atMs: number;
  readonly state: string;
  readonly count: number;
  readonly sha256: string;
  readonly problem: string | null;
}

function registryPage(parts: DeskParts, call: DeskCall): DeskAnswer {
  const { database } = parts;
  const { frame } = call;
  const exports = rows<Export>(
    database,
    `SELECT at_ms AS atMs, state, row_count AS count, sha256, problem FROM registry_export ORDER BY id DESC LIMIT 20`,
  );
  const [last] = exports;
  const main = html`${last?.state === 'held' && heldNote(last, call)}${panel(
    'Written out',
    html`${table(
        'The latest exports',
        ['When', 'State', 'Rows', 'SHA-256', 'Problem'],
        exports.map((one) => [
          time(one.atMs),
          one.state,
          one.count,
          html`<span class="mono">${one.sha256.slice(0, 16)}</span>`,
          one.problem,
        ]),
      )}
      <p><a href="/registry.csv">The registry as it is now (CSV)</a></p>`,
  )}
  ${differencesPanel(parts, call)}`;
  return { kind: 'page', page: page(frame, 'Registry', main) };
}

function heldNote(last: Export, { user, csrf }: DeskCall): Piece {
  return html`<div class="note bad">
    <div>
      <p><strong>The registry is held back.</strong> ${last.problem}. The one before stays in use.</p>
      ${
        user!.role === 'reviewer' &&
        html`<form method="post" action="/registry/confirm">
          <input type="hidden" name="csrf" value="${csrf}" />
          <input type="hidden" name="sha256" value="${last.sha256}" /><button class="danger">
            This is meant: write it
          </button>
        </form>`
      }
    </div>
  </div>`;
}

function differencesPanel({ database }: DeskParts, { query, nowMs }: DeskCall): Piece {
  const fromMs = timeIn(query.from, nowMs - MS_PER_DAY);
  const untilMs = timeIn(query.until, nowMs);
  const differences = differenceOf(database, fromMs, untilMs, MOST_SHOWN + 1);
  const day = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
  return panel(
    'What changed',
    html`<form class="desk-form" method="get" action="/registry">
        <div class="pair">
          <div class="field">
            <label for="from">From</label><input type="date" id="from" name="from" value="${day(fromMs)}" />
          </div>
          <div class="field">
            <label for="until">Until</label><input type="date" id="until" name="until" value="${day(untilMs)}" />
          </div>
        </div>
        <p><button>Compare</button></p>
      </form>
      ${
        differences.length > MOST_SHOWN &&
        html`<p>There are more; the first ${MOST_SHOWN} are shown. sluice desk difference gives all.</p>`
      }
      ${table(
        'Rows of the registry that were added or removed',
        ['Change', 'Prefix', 'Holder', 'Reference', 'Period'],
        differences
          .slice(0, MOST_SHOWN)
          .map((one) => [
            one.change,
            html`<span class="mono">${one.prefix}</span>`,
            one.holder,
            one.reference,
            `${one.validFrom} to ${one.validUntil}`,
          ]),
      )}`,
  );
}

/** A day of a query means its end; today means now. */
function timeIn(text: string | undefined, otherwise: number): number {
  if (text === undefined || !DAY.test(text)) return otherwise;
  const start = Date.parse(text);
  return Number.isNaN(start) ? otherwise : Math.min(start + MS_PER_DAY - 1, Date.now());
}

function registryFile({ database }: DeskParts, { nowMs }: DeskCall): DeskAnswer {
  const content = registryStream(database, nowMs);
  return { kind: 'download', type: 'text/csv; charset=utf-8', name: 'registry.csv', content };
}

async function confirm(parts: DeskParts, { form, user, nowMs }: DeskCall): Promise<DeskAnswer> {
  const sha256 = form.text('sha256');
  if (!/^[0-9a-f]{64}$/.test(sha256)) return refuse(400, 'the form names no registry');
  addDeed(parts.database, {
    atMs: nowMs,
    actor: user!.name,
    role: user!.role,
    what: 'confirm-registry',
    fields: { sha256 },
  });
  await parts.writeRegistry(sha256);
  return redirect('/registry');
}

function limitsPage({ database }: DeskParts, { frame, csrf, user, nowMs }: DeskCall): DeskAnswer {
  const reviewers = reviewerNames(database, nowMs);
  const cells = reviewers.map((name): readonly Piece[] => {
    const changed = changedBy(database, name, nowMs);
    const released = releasedTo(database, name, nowMs);
    return [name, changed, released, changesLeft(changed, released)];
  });
  const others = reviewers.filter((name) => !isSamePerson(name, user!.name));
  const main = html`<p>
      One person changes at most 50 registrations within 24 hours, however the changes are cut up. Another reviewer may
      release more, for 24 hours.
    </p>
    ${panel('Now', table('Reviewers', ['Reviewer', 'Changed in 24 hours', 'Released', 'Left'], cells))}
    ${
      others.length > 0 &&
      panel(
        'Release more for another reviewer',
        html`<form class="desk-form narrow" method="post" action="/limits">
          <input type="hidden" name="csrf" value="${csrf}" />
          <input type="hidden" name="key" value="${randomSecret()}" />
          <div class="field">
            <label for="account">Reviewer</label
            ><select id="account" name="account" required>
              ${others.map((name) => html`<option value="${name}">${name}</option>`)}
            </select>
          </div>
          <div class="field">
            <label for="count">Registrations</label
            ><input type="number" id="count" name="count" min="1" max="${LARGEST_RELEASE}" required />
          </div>
          <p><button class="primary">Release</button></p>
        </form>`,
      )
    }`;
  return { kind: 'page', page: page(frame, 'Limits', main) };
}

function release({ database }: DeskParts, { form, user, nowMs }: DeskCall): DeskAnswer {
  const account = form.text('account');
  const count = /^\d{1,6}$/.test(form.text('count')) ? Number(form.text('count')) : 0;
  const isReviewer = reviewerNames(database, nowMs).includes(account);
  if (isSamePerson(account, user!.name)) return refuse(403, 'another reviewer must release more for you');
  if (!isReviewer || count < 1 || count > LARGEST_RELEASE) return refuse(400, 'name a reviewer and a number from 1 on');
  try {
    once(database, form.text('key'), 0, nowMs, () => {
      const sql = 'INSERT INTO release (at_ms, account, by, count) VALUES (?, ?, ?, ?)';
      run(database, sql, nowMs, account, user!.name, count);
    });
  } catch (error) {
    if (error instanceof DeedRefused) return refuse(error.status, error.message);
    throw error;
  }
  return redirect('/limits');
}
