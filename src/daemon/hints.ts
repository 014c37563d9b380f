/**
 * What a daemon says in its log of the packets that it sees, where a setting may be wrong: link types that are not read, and
 * conversations that look split in two flows. Counters are looked at between batches; each thing is said once, or once an hour while it
 * goes on.
 */
import type { Counters } from '../dataplane/counters.ts';
import { splitFlowsHint } from '../output/summary/split-flows-hint.ts';
import type { Log } from '../output/log/log.ts';

const EVERY_MS = 3_600_000;

export class RunHints {
  private readonly counters: Counters;
  private readonly log: Log;
  /** Link types that are not read, and split flows, when they were last said. */
  private saidLinkTypes = 0;
  private saidSplitFlows = 0;
  private linkTypesMs = -Infinity;
  private splitFlowsMs = -Infinity;

  constructor(counters: Counters, log: Log) {
    this.counters = counters;
    this.log = log;
  }

  /** Says what is new; `nowMs` is any clock that only goes forward. */
  look(nowMs: number): void {
    const { counters, log } = this;
    const { unreadLinks, splitFlows } = counters;
    if (unreadLinks.count > this.saidLinkTypes && nowMs - this.linkTypesMs >= EVERY_MS) {
      this.saidLinkTypes = unreadLinks.count;
      this.linkTypesMs = nowMs;
      log.warn({ packets: unreadLinks.total }, `packets of link types that are not read: ${unreadLinks.text(true)}`);
    }
    if (splitFlows > this.saidSplitFlows && nowMs - this.splitFlowsMs >= EVERY_MS) {
      this.saidSplitFlows = splitFlows;
      this.splitFlowsMs = nowMs;
      log.warn({ splitFlows }, splitFlowsHint(splitFlows));
    }
  }
}
