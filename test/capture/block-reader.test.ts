import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlockLender, BlockReader, Fill, LARGEST_RECORD_LENGTH } from '../../src/capture/input/block-reader.ts';
import { plainBlock, plainBlocks } from '../kit/plain-blocks.ts';
import { MemoryFile, MemoryInput } from '../kit/read-all.ts';

const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) & 255);
const INPUTS = [
  ['waited for', MemoryInput],
  ['read at once', MemoryFile],
] as const;

/** Waits until `need` bytes are available; returns false if the input ends before. */
async function fill(reader: BlockReader, need: number): Promise<boolean> {
  let found = reader.fillNow(need);
  for (; found === Fill.NOT_YET; found = reader.fillNow(need)) await reader.wait();
  return found === Fill.THERE;
}

describe.each(INPUTS)('BlockReader of an input that is %s', (_, Input) => {
  it('shows the input in order, whatever the blocks, chunks and needs', async () => {
    const run = fc.asyncProperty(
      fc.integer({ min: 1, max: 700 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(900), { minLength: 1, maxLength: 40 }),
      async (payloadLength, chunkLengths, steps) => {
        const reader = new BlockReader(new Input(bytes, chunkLengths), plainBlocks(payloadLength));
        let at = 0;
        for (const count of steps) {
          expect(reader.offset).toBe(at);
          const there = Math.min(count, bytes.length - at);
          expect(await fill(reader, count)).toBe(there === count);
          expect(reader.available).toBeGreaterThanOrEqual(there);
          const seen = Buffer.from(reader.data.buffer, reader.at, there);
          expect(seen.equals(bytes.subarray(at, at + there))).toBe(true);
          reader.at += there;
          at += there;
        }
        await reader.close();
      },
    );
    await fc.assert(run, { seed: 3, numRuns: 200 });
  });

  it('makes the longest record whole, carried over many blocks', async () => {
    const long = new Uint8Array(LARGEST_RECORD_LENGTH + 10).map((_, i) => i % 251);
    const reader = new BlockReader(new Input(long, [100_000]), plainBlocks(300_000));
    await fill(reader, 10);
    reader.at += 10;
    expect(await fill(reader, LARGEST_RECORD_LENGTH)).toBe(true);
    expect(reader.data.getUint8(reader.at)).toBe(10);
    expect(reader.data.getUint8(reader.at + LARGEST_RECORD_LENGTH - 1)).toBe((LARGEST_RECORD_LENGTH + 9) % 251);
    expect(await fill(reader, LARGEST_RECORD_LENGTH + 1)).toBe(false);
    await reader.close();
  });

  it('leaves the bytes of the last batch alone until it is asked for more', async () => {
    const reader = new BlockReader(new Input(bytes), plainBlocks(1000));
    await fill(reader, 1);
    const { data, at } = reader;
    // The next block may be read meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (let i = 0; i < 1000; i++) expect(data.getUint8(at + i)).toBe(bytes[i]);
    await reader.close();
  });

  it('copies a long record that comes byte by byte only once', async () => {
    const slow = new BlockReader(new Input(new Uint8Array(300_000), [1]), plainBlocks());
    const began = performance.now();
    expect(await fill(slow, 250_000)).toBe(true);
    expect(performance.now() - began).toBeLessThan(5000);
    await slow.close();
  });

  it('writes to a block that was lent only after waiting with it', async () => {
    const payloadLength = 600;
    const blocks = Array.from({ length: 3 }, () => plainBlock(payloadLength));
    /** The bytes that another reader still uses in each block: their offsets and values. */
    const looks = blocks.map((): [number, number][] => []);
    const stillThere = (): boolean =>
      looks.every((kept, i) => kept.every(([at, byte]) => blocks[i]!.bytes[at] === byte));
    const lender: BlockLender = {
      lend: () => blocks,
      waitFor(block) {
        expect(stillThere()).toBe(true);
        looks[blocks.indexOf(block)] = [];
      },
    };
    const reader = new BlockReader(new Input(bytes, [500, 70]), lender);
    for (let at = 0; await fill(reader, 130); at += 130) {
      const here = blocks.findIndex((block) => block.data === reader.data);
      for (let i = 0; i < 130; i++) looks[here]!.push([reader.at + i, bytes[at + i]!]);
      expect(stillThere()).toBe(true);
      reader.at += 130;
    }
    expect(reader.available).toBe(bytes.length % 130);
    await reader.close();
  });
});

describe('An input read at once', () => {
  it('is read into one block, and waited with now and then for the event loop', async () => {
    const long = new Uint8Array(20_000_000);
    const reader = new BlockReader(new MemoryFile(long), plainBlocks());
    const { data } = reader;
    let turns = 0;
    let waits = 0;
    let passed = 0;
    for (let found = reader.fillNow(1); found !== Fill.ENDED; found = reader.fillNow(1)) {
      if (found === Fill.NOT_YET) {
        setImmediate(() => turns++);
        await reader.wait();
        expect(turns).toBe(++waits);
      }
      expect(reader.data).toBe(data);
      passed += reader.available;
      reader.at = reader.limit;
    }
    expect(passed).toBe(long.length);
    expect(waits).toBe(4);
    await reader.close();
  });
});
