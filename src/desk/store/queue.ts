/** Lists of applications: what waits, by the time that is left, and what a search finds. */
import { isReference } from '../model/reference.ts';
import type { State } from '../model/state.ts';
import { type Application, applicationByReference, applicationsWhere } from './application.ts';
import { type DeskDatabase, row } from './desk-database.ts';
import { coveringRows, rowsInside } from './registry-rows.ts';
import { PrefixParser } from '../../registry/prefix.ts';

export const PAGE_LENGTH = 50;

/**
 * Registrations in force that wait for a second person: those being given up, for their provider, and those that a
 * reviewer proposes to revoke, for another one. Each has an index of its own: that of states, of which the plus keeps
 * it, leads to all registrations.
 */
const SECOND_PERSON = {
  'giving-up': {
    condition: "+state = 'approved' AND withdraw_asked_ms IS NOT NULL AND withdraw_confirmed_ms IS NULL",
    order: 'withdraw_asked_ms',
  },
  revocation: { condition: "+state = 'approved' AND proposed_by IS NOT NULL", order: 'proposed_date' },
} as const;

export type SecondPersonQueue = keyof typeof SECOND_PERSON;
/** A state in which applications wait, or what waits for a second person. */
export type QueueName = State | SecondPersonQueue;

function isSecondPerson(queue: QueueName): queue is SecondPersonQueue {
  return queue in SECOND_PERSON;
}

/** The condition of a queue, its values, and its order. */
function queueOf(queue: QueueName, isp: string | null): { condition: string; values: string[]; order: string } {
  const { condition, order } = isSecondPerson(queue)
    ? SECOND_PERSON[queue]
    : { condition: 'state = ?', order: 'due_ms' };
  const values = isSecondPerson(queue) ? [] : [queue];
  if (isp === null) return { condition, values, order };
  // Few wait for a second person: the index of providers would lead to all of one.
  const own = isSecondPerson(queue) ? '+isp' : 'isp';
  return { condition: `${own} = ? AND ${condition}`, values: [isp, ...values], order };
}

/** Applications that wait in a queue, the least time left first. `isp`: only those of an internet provider. */
export function waiting(database: DeskDatabase, queue: QueueName, isp: string | null, page: number): Application[] {
  const { condition, values, order } = queueOf(queue, isp);
  const sql = `${condition} ORDER BY ${order}, id LIMIT ? OFFSET ?`;
  return applicationsWhere(database, sql, ...values, PAGE_LENGTH, page * PAGE_LENGTH);
}

/** How many wait, counted up to 10,000. */
export function waitingCount(database: DeskDatabase, queue: QueueName, isp: string | null): number {
  const { condition, values } = queueOf(queue, isp);
  const sql = `SELECT count(*) AS count FROM (SELECT 1 FROM application WHERE ${condition} LIMIT 10000)`;
  return row<{ readonly count: number }>(database, sql, ...values)!.count;
}

/** The other applications about the same registration, the oldest first. */
export function relatedTo(database: DeskDatabase, { id, root }: Application): Application[] {
  return applicationsWhere(database, 'root = ? AND id <> ? ORDER BY id LIMIT ?', root, id, PAGE_LENGTH);
}

/** What a text finds: a reference, an address or prefix, or words of a holder. At most PAGE_LENGTH. */
export function search(database: DeskDatabase, text: string): Application[] {
  const wanted = text.trim();
  if (wanted === '') return [];
  if (isReference(wanted.toUpperCase())) {
    const found = applicationByReference(database, wanted.toUpperCase());
    return found === null ? [] : [found];
  }
  if (new PrefixParser().parse(wanted)) {
    const found = [...coveringRows(database, wanted), ...rowsInside(database, wanted, PAGE_LENGTH)];
    const ids = [...new Set(found.map(({ application }) => application))];
    return ids.slice(0, PAGE_LENGTH).flatMap((id) => applicationsWhere(database, 'id = ?', id));
  }
  const words = wanted.match(/[\p{L}\p{N}]+/gu);
  if (words === null) return [];
  // Each word is a text in quotes, so none is an operator of the search.
  const query = words.map((word) => `"${word}"*`).join(' ');
  return applicationsWhere(
    database,
    'id IN (SELECT rowid FROM holder_search WHERE holder_search MATCH ? ORDER BY rowid DESC LIMIT ?) ORDER BY id DESC',
    query,
    PAGE_LENGTH,
  );
}
