/** The ring of reports against a queue, and one record at a time round its end. */
import { describe, expect, it } from 'vitest';
import { LONGEST_RECORD, EventQueue } from '../../src/pipeline/workers/event-queue.ts';
import { SeededRandom } from '../kit/random.mjs';

function pair(): { writer: EventQueue; reader: EventQueue } {
  const memory = new SharedArrayBuffer(EventQueue.byteLength);
  return { writer: new EventQueue(memory), reader: new EventQueue(memory) };
}

function write(ring: EventQueue, kind: number, words: readonly number[]): void {
  ring.makeRoom();
  words.forEach((word, i) => (ring.words[ring.at + 1 + i] = word));
  ring.add(kind, words.length + 1);
}

function read(ring: EventQueue, length: number): { kind: number; words: number[] } {
  const words = [...ring.words.subarray(ring.at + 1, ring.at + length)];
  const record = { kind: ring.kind, words };
  ring.pass();
  return record;
}

describe('a ring', () => {
  it('hands over what is published, and nothing before', () => {
    const { writer, reader } = pair();
    write(writer, 3, [1, 2, 3]);
    expect([reader.hasUnread, reader.hasRecord()]).toEqual([false, false]);
    writer.publish();
    expect([reader.hasUnread, reader.hasRecord()]).toEqual([true, true]);
    expect(read(reader, 4)).toEqual({ kind: 3, words: [1, 2, 3] });
    expect([reader.hasUnread, reader.hasRecord()]).toEqual([false, false]);
  });

  it.each([1, 2, 3])('gives back what a queue gives, many times round (seed %i)', (seed) => {
    const { writer, reader } = pair();
    const random = new SeededRandom(seed);
    const queue: { kind: number; words: number[] }[] = [];
    let queued = 0;
    let round = 0;
    for (let step = 0; step < 60_000; step++) {
      // Never so much that the writer would have to wait: nothing reads meanwhile.
      if (queued < 800_000 && random.chance(0.6)) {
        const length = random.chance(0.1) ? LONGEST_RECORD - 2 : random.below(200);
        const words = Array.from({ length }, () => random.below(0x7fffffff));
        const record = { kind: 1 + random.below(200), words };
        write(writer, record.kind, words);
        queue.push(record);
        queued += length + 1;
        round += length + 1;
        if (random.chance(0.3)) writer.publish();
      } else {
        writer.publish();
        for (let count = random.below(queue.length + 1); count > 0; count--) {
          const expected = queue.shift()!;
          if (!reader.hasRecord()) throw new Error(`step ${step}: no record`);
          const found = read(reader, expected.words.length + 1);
          if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`step ${step}: another record`);
          queued -= expected.words.length + 1;
        }
        reader.giveBack();
      }
    }
    expect(round).toBeGreaterThan(4_000_000);
  });

  it('keeps whole numbers up to 2^53 in two words', () => {
    const { writer } = pair();
    for (const value of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 32, 2 ** 51 + 12_345, 2 ** 53 - 1]) {
      writer.putNumber(4, value);
      expect(writer.numberAt(4)).toBe(value);
    }
  });
});
