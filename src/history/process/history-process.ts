/**
 * The process that alone opens the database of a history, so that neither a slow disk nor a large question delays
 * packets. It handles one request after the other and ends by itself: when the daemon has closed the channel, or has
 * gone.
 */
import { dirname } from 'node:path';
import { readChanges } from '../query/change-list.ts';
import { chartCsv } from '../query/chart-csv.ts';
import { incidentCsv } from '../query/incident-csv.ts';
import { readIncident, readIncidents } from '../query/incident-list.ts';
import { readLastRecorded } from '../query/last-recorded.ts';
import { readOverview } from '../query/overview.ts';
import { readChart } from '../query/chart.ts';
import { readRuleDay } from '../query/rule-day.ts';
import { readRulesSince } from '../query/rules-since.ts';
import { isRecentRequest, RecentAnswers } from '../recent/recent-requests.ts';
import { readReportTimes } from '../report/available-periods.ts';
import { answerPreview, answerReport } from '../report/report-answer.ts';
import { readPosition, writeReceived } from '../ship/received-rows.ts';
import { readSensors } from '../ship/sensor-table.ts';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { faultOf, problemOf } from '../store/database-fault.ts';
import { IN_MEMORY } from '../store/in-memory.ts';
import { HistoryStore, type OpenHistory } from '../store/history-store.ts';
import type { HistoryAnswer, HistoryMessage, HistoryQuestion, HistoryRequest, Written } from './messages.ts';
import { decodeRows } from './write-queue.ts';

const MS_PER_SECOND = 1000;
/** The file holds keyed hashes of clients, so it is for its owner alone. */
const PRIVATE_UMASK = 0o077;

let store: HistoryStore | null = null;
let path = '';
const recent = new RecentAnswers();

process.umask(PRIVATE_UMASK);
process.on('message', (message: HistoryMessage) => {
  // A daemon that has gone reads no answer; `disconnect` follows.
  process.send?.(handle(message), () => undefined);
});
process.on('disconnect', end);
// The daemon decides when this process ends: signals of a terminal or a service manager go to the whole group.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => undefined);

function handle(message: HistoryMessage): HistoryAnswer {
  const { id } = message;
  try {
    return { id, ok: true, text: perform(message) };
  } catch (error) {
    return { id, ok: false, reason: withoutFolder(problemOf(error, path)), fault: faultOf(error) };
  }
}

/** Readers of the console see the name of the file, not its folder; the daemon's log has its path. */
function withoutFolder({ problem, code, values }: CodedProblem): CodedProblem {
  if (path === IN_MEMORY) return { problem, code, values };
  const bare = (text: string): string => text.replaceAll(`${dirname(path)}/`, '');
  return { problem: bare(problem), code, values: values.map(bare) };
}

function perform(request: HistoryRequest): string {
  if (isRecentRequest(request)) return recent.answer(request);
  if (request.what === 'open') {
    store?.close();
    ({ path } = request);
    store = new HistoryStore(request);
    store.ensureOpen();
    return written(store, 0);
  }
  if (store === null) throw new Error('the history is not open');
  if (request.what === 'write') {
    const { session, number, rows } = request;
    const began = performance.now();
    store.write({ session, number, ...decodeRows(rows) });
    return written(store, (performance.now() - began) / MS_PER_SECOND);
  }
  if (request.what === 'receive') return JSON.stringify(store.read((history) => writeReceived(history, request)));
  if (request.what === 'backup') {
    store.backUp(request.file);
    return '';
  }
  return store.read((history) => answerOf(history, request));
}

function answerOf(history: OpenHistory, question: HistoryQuestion): string {
  const { database, clock, writer } = history;
  switch (question.what) {
    case 'chart': {
      const data = readChart(history, question.query);
      return question.query.format === 'csv' ? chartCsv(data, question.query, clock) : JSON.stringify(data);
    }
    case 'overview':
      return JSON.stringify(readOverview(history, question.query));
    case 'changes':
      return JSON.stringify(readChanges(database, question.query, question.people));
    case 'rule-day':
      return JSON.stringify(readRuleDay(database, question.query));
    case 'incidents': {
      const list = readIncidents(database, question.query, question.people);
      return question.query.format === 'csv' ? incidentCsv(list, clock) : JSON.stringify(list);
    }
    case 'incident':
      return JSON.stringify(readIncident(database, question.query, question.people, question.own));
    case 'note':
      return String(writer.addNote(question.query.place, question.query.incident));
    case 'remove-note':
      return String(writer.removeNote(question.query));
    case 'last':
      return JSON.stringify(readLastRecorded(database, question.query));
    case 'rules-since':
      return JSON.stringify(readRulesSince(database, question.query));
    case 'outbox':
      return JSON.stringify(writer.outbox?.take(question.query) ?? null);
    case 'position':
      return JSON.stringify(readPosition(history, question.query));
    case 'rewind':
      writer.rewind(question.query);
      return '';
    case 'sensors':
      return JSON.stringify(readSensors(database));
    case 'report':
      return JSON.stringify(answerReport(database, question.query));
    case 'report-preview':
      return JSON.stringify(answerPreview(database, question.query));
    case 'report-times':
      return JSON.stringify(readReportTimes(database, clock));
  }
}

function written({ byteCount, setAside }: HistoryStore, seconds: number): string {
  return JSON.stringify({ bytes: byteCount, seconds, setAside } satisfies Written);
}

function end(): void {
  store?.close();
  process.exit();
}
