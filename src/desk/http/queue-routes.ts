/** What waits, and the search, for ISPs, reviewers and auditors. */
import { html } from '../pages/html.ts';
import { page, panel } from '../pages/layout.ts';
import { queueTable, queueTabs, queueTitle, searchForm } from '../pages/queue-parts.ts';
import { PAGE_LENGTH, type QueueName, search, waiting, waitingCount } from '../store/queue.ts';
import type { DeskParts } from './desk-parts.ts';
import type { DeskAnswer, DeskCall, DeskRoute } from './desk-route.ts';

const OF_ALL = ['review', 'appeal', 'isp', 'question', 'giving-up', 'revocation'] as const;
const QUEUES = {
  isp: ['isp', 'giving-up'],
  reviewer: OF_ALL,
  auditor: OF_ALL,
} as const satisfies Readonly<Record<string, readonly QueueName[]>>;
type QueueRole = keyof typeof QUEUES;

const WHOLE_NUMBER = /^\d{1,12}$/;

export function queueRoutes(parts: DeskParts): readonly DeskRoute[] {
  return [
    {
      method: 'GET',
      path: '/queue',
      allowed: ['isp', 'reviewer', 'auditor'],
      answer: (call) => queuePage(parts, call),
    },
    { method: 'GET', path: '/search', allowed: ['reviewer', 'auditor'], answer: (call) => searchPage(parts, call) },
  ];
}

function queuePage({ database }: DeskParts, { user, query, frame, nowMs }: DeskCall): DeskAnswer {
  const queues = QUEUES[user!.role as QueueRole];
  const queue = queues.find((one) => one === query.state) ?? queues[0];
  const number = WHOLE_NUMBER.test(query.page ?? '') ? Number(query.page) : 0;
  // An account for several providers sees them one after the other.
  const isps = user!.role === 'isp' ? user!.isps : [null];
  const list = isps.flatMap((isp) => waiting(database, queue, isp, number));
  const counts = queues.map((one) => ({
    queue: one,
    count: isps.reduce((sum, isp) => sum + waitingCount(database, one, isp), 0),
  }));
  const main = html`${queueTabs(counts, queue)}${panel(queueTitle(queue), queueTable(list, nowMs))}
    <nav class="pager" aria-label="Pages of the queue">
      ${number > 0 && html`<a href="/queue?state=${queue}&amp;page=${number - 1}">Earlier</a>`}
      ${list.length >= PAGE_LENGTH && html`<a href="/queue?state=${queue}&amp;page=${number + 1}">Later</a>`}
    </nav>`;
  return { kind: 'page', page: page(frame, user!.role === 'isp' ? 'To confirm' : 'Queue', main) };
}

function searchPage({ database }: DeskParts, { query, frame, nowMs }: DeskCall): DeskAnswer {
  const text = (query.for ?? '').slice(0, 200);
  const main = html`${searchForm(text)}${text !== '' && panel('Found', queueTable(search(database, text), nowMs))}`;
  return { kind: 'page', page: page(frame, 'Search', main) };
}
