/**
 * The process that alone opens the database of a history, so that neither a slow disk nor a large question delays
 * packets. It handles one request after the other and ends by itself: on request, or when the daemon has gone.
 */
import { readChanges } from '../query/change-list.ts';
import { readLastRecorded } from '../query/last-recorded.ts';
import { readChart } from '../query/chart.ts';
import { readRuleDay } from '../query/rule-day.ts';
import { type HistoryDatabase, openDatabase } from '../store/database.ts';
import { MinuteWriter } from '../store/minute-writer.ts';
import type { HistoryAnswer, HistoryMessage } from './messages.ts';

let database: HistoryDatabase | null = null;
let writer: MinuteWriter | null = null;

process.on('message', (message: HistoryMessage) => {
  answer(handle(message), message.what === 'close');
});
process.on('disconnect', end);
// The daemon decides when this process ends: signals of the terminal go to the whole group.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

function handle(message: HistoryMessage): HistoryAnswer {
  const { id } = message;
  try {
    return { id, ok: true, text: perform(message) };
  } catch (error) {
    return { id, ok: false, problem: (error as Error).message };
  }
}

function perform(message: HistoryMessage): string {
  if (message.what === 'open') {
    database = openDatabase(message.path);
    writer = new MinuteWriter(database);
    return '';
  }
  if (message.what === 'close') return '';
  if (database === null || writer === null) throw new Error('the history is not open');
  switch (message.what) {
    case 'write':
      writer.write(message.minutes, message.changes);
      return '';
    case 'chart':
      return JSON.stringify(readChart(database, message.query));
    case 'changes':
      return JSON.stringify(readChanges(database, message.query));
    case 'rule-day':
      return JSON.stringify(readRuleDay(database, message.query));
    case 'last':
      return JSON.stringify(readLastRecorded(database, message.query));
  }
}

function answer(value: HistoryAnswer, isLast: boolean): void {
  process.send?.(value, () => {
    if (isLast) end();
  });
}

function end(): void {
  database?.close();
  process.exit();
}
