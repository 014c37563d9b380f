/** How the database finds a queue: by an index that leads to what waits, and never to all registrations. */
import { expect, it } from 'vitest';
import { rows } from '../../src/desk/store/desk-database.ts';
import { type QueueName, waiting, waitingCount } from '../../src/desk/store/queue.ts';
import { newDesk } from './desk-kit.ts';

it.each<[QueueName, string | null, string]>([
  ['review', null, 'application_queue'],
  ['isp', 'north', 'application_isp_queue'],
  ['giving-up', null, 'application_withdrawing'],
  ['giving-up', 'north', 'application_withdrawing'],
  ['revocation', null, 'application_proposed'],
])('the queue %s of the provider %s is found by its own index', (queue, isp, index) => {
  const database = newDesk();
  const asked: string[] = [];
  const prepare = database.prepare.bind(database);
  database.prepare = (sql: string) => {
    asked.push(sql);
    return prepare(sql);
  };
  waiting(database, queue, isp, 0);
  waitingCount(database, queue, isp);
  database.prepare = prepare;
  expect(asked).toHaveLength(2);
  const named = [...(isp === null ? [] : [isp]), ...(queue === 'review' || queue === 'isp' ? [queue] : [])];
  for (const [at, sql] of asked.entries()) {
    const values = at === 0 ? [...named, 50, 0] : named;
    const steps = rows<{ detail: string }>(database, `EXPLAIN QUERY PLAN ${sql}`, ...values).map(
      ({ detail }) => detail,
    );
    expect(steps.join('; '), sql).toContain(`INDEX ${index}`);
  }
});
