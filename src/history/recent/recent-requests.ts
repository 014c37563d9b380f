/** What the daemon asks of the recent decisions, and the answers of the history process. */
import { CSV_HEADER, csvRow } from './decision-csv.ts';
import type { DecisionBatch, RecentLimits } from './decision-batch.ts';
import { decisionFilter } from './decision-filter.ts';
import { type DecisionKey, explainKept } from './decision-explanation.ts';
import type { DecisionsQuery } from './decision-query.ts';
import { type EarlierLog, readEarlierLog } from './earlier-log.ts';
import { rowOf } from './kept-decision.ts';
import { RecentDecisions } from './recent-decisions.ts';

export type RecentRequest =
  /** Answered with ''. */
  | { readonly what: 'decided'; readonly batch: DecisionBatch }
  /** Answered with '' at once; the log is then read in the background. */
  | { readonly what: 'earlier'; readonly log: EarlierLog; readonly limits: RecentLimits }
  /** Answered with a DecisionList. */
  | { readonly what: 'decisions'; readonly query: DecisionsQuery }
  /** Answered with an ExportPart. */
  | { readonly what: 'decisions-export'; readonly query: DecisionsQuery }
  /** Answered with a KeptExplanation, or null if the decision is not kept. */
  | { readonly what: 'decision'; readonly key: DecisionKey };

const REQUESTS: readonly string[] = [
  'decided',
  'earlier',
  'decisions',
  'decisions-export',
  'decision',
] satisfies RecentRequest['what'][];

export function isRecentRequest(request: { readonly what: string }): request is RecentRequest {
  return REQUESTS.includes(request.what);
}

/** A part of a file with decisions, the newest first. */
export interface ExportPart {
  readonly text: string;
  /** `before` of the next part; null if this is the last. */
  readonly next: number | null;
}

/** Decisions of a part: about a megabyte as JSON Lines. */
const PART_LENGTH = 1000;

export class RecentAnswers {
  /** Null before the first batch. */
  private recent: RecentDecisions | null = null;

  /** JSON. */
  answer(request: RecentRequest): string {
    if (request.what === 'decided') {
      this.recent ??= new RecentDecisions(request.batch.limits);
      this.recent.add(request.batch);
      return '';
    }
    if (request.what === 'earlier') {
      this.recent ??= new RecentDecisions(request.limits);
      // The answer may have come too late, and the request again.
      if (this.recent.earlierState === 'no-log') void readEarlierLog(request.log, this.recent);
      return '';
    }
    const { recent } = this;
    if (recent === null) throw new Error('no decisions have come yet');
    switch (request.what) {
      case 'decisions':
        return JSON.stringify(recent.search(request.query));
      case 'decisions-export':
        return JSON.stringify(exportPart(recent, request.query));
      case 'decision':
        return JSON.stringify(explainKept(recent, request.key));
    }
  }
}

function exportPart(recent: RecentDecisions, query: DecisionsQuery): ExportPart {
  const { before = Infinity, after = -Infinity, format } = query;
  const isSelected = decisionFilter(query);
  const lines: string[] = format === 'csv' && query.before === undefined ? [CSV_HEADER] : [];
  let count = 0;
  let last = 0;
  for (const kept of recent.selected((one) => one.number < before && one.number > after && isSelected(one))) {
    if (count === PART_LENGTH) return { text: lines.join(''), next: last };
    lines.push(format === 'csv' ? csvRow(rowOf(kept)) : `${kept.line}\n`);
    count++;
    last = kept.number;
  }
  return { text: lines.join(''), next: null };
}
