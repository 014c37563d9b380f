/** What the daemon and its history process send each other. Each request has a number, and one answer. */
import type { Incident } from '../incident/incident.ts';
import type { ChangesQuery } from '../query/change-list.ts';
import type { ChartQuery } from '../query/chart-query.ts';
import type { IncidentsQuery } from '../query/incident-list.ts';
import type { OverviewQuery } from '../query/overview.ts';
import type { RuleDayQuery } from '../query/rule-day.ts';
import type { RulesSinceQuery } from '../query/rules-since.ts';
import type { RecentRequest } from '../recent/recent-requests.ts';
import type { ReportQuestion } from '../report/report-answer.ts';
import type { Place } from '../roll-up.ts';
import type { ReceivedBatch } from '../ship/received-rows.ts';
import type { CodedProblem } from '../../core/coded-problem.ts';
import type { Fault } from '../store/database-fault.ts';
import type { HistoryPlace } from '../store/history-store.ts';
import type { SetAside } from '../store/set-aside.ts';

/** Questions, which are answered with text: JSON, but for a chart or incidents as CSV. */
export type HistoryQuestion =
  | { readonly what: 'chart'; readonly query: ChartQuery }
  /** `people`: what people did is shown; left out, it is. */
  | { readonly what: 'changes'; readonly query: ChangesQuery; readonly people?: boolean }
  | { readonly what: 'overview'; readonly query: OverviewQuery }
  | { readonly what: 'rule-day'; readonly query: RuleDayQuery }
  | { readonly what: 'last'; readonly query: Place }
  /** Answered with RulesSince. */
  | { readonly what: 'rules-since'; readonly query: RulesSinceQuery }
  | { readonly what: 'incidents'; readonly query: IncidentsQuery; readonly people?: boolean }
  /** Answered with `null` if there is no incident with this number. */
  | { readonly what: 'incident'; readonly query: number; readonly people?: boolean; readonly own?: boolean }
  /** A person's note. Answered with its number. */
  | { readonly what: 'note'; readonly query: { readonly place: Place; readonly incident: Incident } }
  /** Answered with true, or false if there is no note with this number. */
  | { readonly what: 'remove-note'; readonly query: number }
  /** Answered with ReportFiles or ReportPreview, or a RefusedReport. */
  | { readonly what: 'report' | 'report-preview'; readonly query: ReportQuestion }
  /**
   * Rows to ship after a number, which is the last that the stream has. Answered with OutboxLines, or `null` for a
   * history that is not shipped.
   */
  | { readonly what: 'outbox'; readonly query: number }
  /** The last message of a stream that a hub has written. Answered with StreamPosition. */
  | { readonly what: 'position'; readonly query: string }
  /** A stream is read again from its beginning. Answered with nothing. */
  | { readonly what: 'rewind'; readonly query: string }
  /** Answered with SensorHealth, a list. */
  | { readonly what: 'sensors'; readonly query: null }
  /** Answered with ReportTimes. */
  | { readonly what: 'report-times'; readonly query: null };

export type HistoryRequest =
  /** Answered with Written, as JSON, once the history is open. */
  | ({ readonly what: 'open' } & HistoryPlace)
  /** `rows`: minutes and changes, each as bytes of a WriteQueue. Answered with Written, as JSON. */
  | { readonly what: 'write'; readonly session: string; readonly number: number; readonly rows: readonly Uint8Array[] }
  /** Messages of a fleet's stream. Answered with ReceivedCounts. */
  | ({ readonly what: 'receive' } & ReceivedBatch)
  /** Copies the history to a new file. */
  | { readonly what: 'backup'; readonly file: string }
  | RecentRequest
  | HistoryQuestion;

export type HistoryMessage = { readonly id: number } & HistoryRequest;

export type HistoryAnswer = { readonly id: number } & (
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: CodedProblem; readonly fault: Fault }
);

/** The state of the files after a write. */
export interface Written {
  readonly bytes: number;
  /** Time of the write alone. */
  readonly seconds: number;
  readonly setAside: SetAside | null;
}
