/** What the daemon and its history process send each other. Each request has a number, and one answer. */
import type { ChangesQuery } from '../query/change-list.ts';
import type { ChartQuery } from '../query/chart-query.ts';
import type { RuleDayQuery } from '../query/rule-day.ts';
import type { Change, Minute, Place } from '../roll-up.ts';

export type HistoryRequest =
  /** Answered with '' once the database is open. */
  | { readonly what: 'open'; readonly path: string }
  | { readonly what: 'write'; readonly minutes: readonly Minute[]; readonly changes: readonly Change[] }
  /** Answered with JSON. */
  | { readonly what: 'chart'; readonly query: ChartQuery }
  | { readonly what: 'changes'; readonly query: ChangesQuery }
  | { readonly what: 'rule-day'; readonly query: RuleDayQuery }
  | { readonly what: 'last'; readonly query: Place }
  /** The process ends after its answer. */
  | { readonly what: 'close' };

export type HistoryMessage = { readonly id: number } & HistoryRequest;

export type HistoryAnswer = { readonly id: number } & (
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string }
);
