/**
 * Log messages about packets that suggest a wrong setting: unsupported link types, and conversations that seem to be
 * split into two flows. Counters are checked between batches; each message is logged once, or once an hour while its
 * count grows.
 */
import type { Counters } from '../dataplane/host/counters.ts';
import { splitFlowsHint } from '../output/summary/split-flows-hint.ts';
import type { Log } from '../output/log/log.ts';

const EVERY_MS = 3_600_000;

export class RunHints {
  private readonly counters: Counters;
  private readonly log: Log;
  /** Counts of unsupported link types and of split flows at their last messages. */
  private loggedLinkTypes = 0;
  private loggedSplitFlows = 0;
  private linkTypesMs = -Infinity;
  private splitFlowsMs = -Infinity;

  constructor(counters: Counters, log: Log) {
    this.counters = counters;
    this.log = log;
  }

  /** Logs what is new. `nowMs` is a monotonic time. */
  look(nowMs: number): void {
    const { counters, log } = this;
    const { unreadLinks, splitFlows } = counters;
    if (unreadLinks.count > this.loggedLinkTypes && nowMs - this.linkTypesMs >= EVERY_MS) {
      this.loggedLinkTypes = unreadLinks.count;
      this.linkTypesMs = nowMs;
      log.warn({ packets: unreadLinks.total }, `packets of unsupported link types: ${unreadLinks.text(true)}`);
    }
    if (splitFlows > this.loggedSplitFlows && nowMs - this.splitFlowsMs >= EVERY_MS) {
      this.loggedSplitFlows = splitFlows;
      this.splitFlowsMs = nowMs;
      log.warn({ splitFlows }, splitFlowsHint(splitFlows));
    }
  }
}
