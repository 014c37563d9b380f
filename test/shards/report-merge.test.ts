/** Reports of several shards, merged, against all of them sorted. */
import { expect, it } from 'vitest';
import { FlowEnd } from '../../src/dataplane/counters.ts';
import {
  BATCH_END_LENGTH,
  ENDED_LENGTH,
  EndedWord,
  PACKET_LENGTH,
  Report,
  ReportWord,
} from '../../src/pipeline/workers/report.ts';
import { ReportMerge } from '../../src/pipeline/workers/report-merge.ts';
import { EventQueue } from '../../src/pipeline/workers/event-queue.ts';
import { SeededRandom } from '../kit/random.mjs';

interface Said {
  readonly row: number;
  /** 0 for an end in time, 1 for one of too many flows, 2 for a packet. */
  readonly rank: number;
  readonly order: number;
  readonly firstPacket: number;
  readonly shard: number;
}

/** What shards say of a batch: ends in any order, one packet at a row. Orders and first packets are beyond 32 bits. */
function drawn(random: SeededRandom, shardCount: number): Said[] {
  const said: Said[] = [];
  let flows = 2 ** 33;
  for (let row = 0; row < 300; row++) {
    for (let count = random.chance(0.1) ? random.below(8) : 0; count > 0; count--) {
      const order = 2 ** 40 + random.below(3);
      said.push({ row, rank: random.below(2), order, firstPacket: flows++, shard: random.below(shardCount) });
    }
    if (random.chance(0.5)) said.push({ row, rank: 2, order: 0, firstPacket: 0, shard: random.below(shardCount) });
  }
  return said.sort((a, b) => a.row - b.row || a.rank - b.rank || a.order - b.order || a.firstPacket - b.firstPacket);
}

function write(ring: EventQueue, { row, rank, order, firstPacket }: Said, number: number): void {
  ring.makeRoom();
  ring.words[ring.at + ReportWord.ROW] = row;
  ring.words[ring.at + ReportWord.FLOW] = number;
  if (rank === 2) {
    ring.add(Report.PACKET, PACKET_LENGTH);
    return;
  }
  ring.words[ring.at + EndedWord.REASON] = rank === 1 ? FlowEnd.EVICTED : FlowEnd.TIMEOUT;
  ring.putNumber(ring.at + EndedWord.ORDER, order);
  ring.putNumber(ring.at + EndedWord.FIRST_PACKET, firstPacket);
  ring.add(Report.ENDED, ENDED_LENGTH);
}

it.each([
  [1, 1],
  [2, 2],
  [3, 3],
  [7, 4],
])('%i shards (seed %i): in the order of one thread', (shardCount, seed) => {
  const random = new SeededRandom(seed);
  const memories = Array.from({ length: shardCount }, () => new SharedArrayBuffer(EventQueue.byteLength));
  const writers = memories.map((memory) => new EventQueue(memory));
  const merge = new ReportMerge(memories.map((memory) => new EventQueue(memory)));
  for (let batch = 0; batch < 20; batch++) {
    const said = drawn(random, shardCount);
    said.forEach((one, number) => {
      write(writers[one.shard]!, one, number);
    });
    for (const writer of writers) {
      writer.makeRoom();
      writer.add(Report.BATCH_END, BATCH_END_LENGTH);
      writer.publish();
    }
    expect(merge.isThere).toBe(true);
    merge.begin();
    const order: number[] = [];
    for (let ring = merge.next(); ring !== null; ring = merge.next()) {
      order.push(ring.words[ring.at + ReportWord.FLOW]!);
      merge.pass(merge.shard);
    }
    expect(merge.areAllOver).toBe(true);
    expect(order).toEqual(said.map((_, number) => number));
  }
});

it('waits for the shard that has said nothing yet', () => {
  const memories = [0, 1].map(() => new SharedArrayBuffer(EventQueue.byteLength));
  const writers = memories.map((memory) => new EventQueue(memory));
  const merge = new ReportMerge(memories.map((memory) => new EventQueue(memory)));
  write(writers[0]!, { row: 5, rank: 2, order: 0, firstPacket: 0, shard: 0 }, 1);
  writers[0]!.publish();
  merge.begin();
  expect([merge.isThere, merge.next(), merge.areAllOver]).toEqual([false, null, false]);
  write(writers[1]!, { row: 4, rank: 2, order: 0, firstPacket: 0, shard: 1 }, 2);
  writers[1]!.publish();
  const ring = merge.next()!;
  expect([merge.shard, ring.words[ring.at + ReportWord.ROW]]).toEqual([1, 4]);
});
