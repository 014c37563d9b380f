/**
 * Merges the reports of all workers on one batch into the order of one thread: by rows, and flows that end at one row
 * by the time and order of their beginnings.
 */
import { FlowEnd } from '../../dataplane/counters.ts';
import { EndedWord, Report, ReportWord } from './report.ts';
import type { EventQueue } from './event-queue.ts';

export class ReportMerge {
  /** The worker whose record is next. */
  shard = 0;
  private readonly queues: readonly EventQueue[];
  /** By worker: its next record was read; its records of this batch are over. */
  private readonly isKnown: Uint8Array;
  private readonly isOver: Uint8Array;

  constructor(queues: readonly EventQueue[]) {
    this.queues = queues;
    this.isKnown = new Uint8Array(queues.length);
    this.isOver = new Uint8Array(queues.length);
  }

  /** Goes on to the next batch. */
  begin(): void {
    this.isOver.fill(0);
  }

  /** The queue whose record is next; null if a worker's next record is not there yet, or all are over. */
  next(): EventQueue | null {
    const { queues, isKnown, isOver } = this;
    let first: EventQueue | null = null;
    for (let shard = 0; shard < queues.length; shard++) {
      if (isOver[shard] === 1) continue;
      const queue = queues[shard]!;
      if (isKnown[shard] === 0) {
        if (!queue.hasRecord()) return null;
        isKnown[shard] = 1;
        if (queue.kind === Report.BATCH_END) {
          isOver[shard] = 1;
          this.pass(shard);
          queue.giveBack();
          continue;
        }
      }
      if (first === null || isBefore(queue, first)) {
        first = queue;
        this.shard = shard;
      }
    }
    return first;
  }

  /** True if every worker has reported something that is unread. */
  get isThere(): boolean {
    return this.queues.every((queue) => queue.hasUnread);
  }

  get areAllOver(): boolean {
    return this.isOver.every((over) => over === 1);
  }

  /** Goes on after a worker's record. */
  pass(shard: number): void {
    this.queues[shard]!.pass();
    this.isKnown[shard] = 0;
  }
}

/** True if a record comes before another worker's. At one row two workers report only flow ends and watermarks. */
function isBefore(queue: EventQueue, other: EventQueue): boolean {
  const row = queue.words[queue.at + ReportWord.ROW]!;
  const otherRow = other.words[other.at + ReportWord.ROW]!;
  if (row !== otherRow) return row < otherRow;
  const rank = rankOf(queue);
  const otherRank = rankOf(other);
  if (rank !== otherRank) return rank < otherRank;
  if (rank !== Rank.TIME && rank !== Rank.TOO_MANY) return false;
  const order = queue.numberAt(queue.at + EndedWord.ORDER);
  const otherOrder = other.numberAt(other.at + EndedWord.ORDER);
  if (order !== otherOrder) return order < otherOrder;
  return queue.numberAt(queue.at + EndedWord.FIRST_PACKET) < other.numberAt(other.at + EndedWord.FIRST_PACKET);
}

/** At one row idle flows end first, then workers wait for one another, then flows are evicted, then comes the packet. */
const Rank = { TIME: 0, WATERMARK: 1, TOO_MANY: 2, PACKET: 3 } as const;

function rankOf(queue: EventQueue): number {
  if (queue.kind === Report.WATERMARK) return Rank.WATERMARK;
  if (queue.kind !== Report.ENDED) return Rank.PACKET;
  return queue.words[queue.at + EndedWord.REASON] === FlowEnd.EVICTED ? Rank.TOO_MANY : Rank.TIME;
}
