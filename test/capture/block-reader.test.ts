import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockReader, LARGEST_RECORD_LENGTH } from '../../src/capture/block-reader.ts';
import { MemoryInput } from './read-all.ts';

const octets = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) & 255);

describe('BlockReader', () => {
  it('shows the input in order, whatever the blocks, chunks and needs', async () => {
    const run = fc.asyncProperty(
      fc.integer({ min: 1, max: 700 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(900), fc.boolean()), { minLength: 1, maxLength: 40 }),
      async (payloadLength, chunkLengths, steps) => {
        const reader = new BlockReader(new MemoryInput(octets, chunkLengths), payloadLength);
        let at = 0;
        for (const [count, skipping] of steps) {
          expect(reader.offset).toBe(at);
          const there = Math.min(count, octets.length - at);
          if (skipping) {
            expect(await reader.skip(count)).toBe(there);
          } else {
            expect(await reader.fill(count)).toBe(there === count);
            expect(reader.available).toBeGreaterThanOrEqual(there);
            for (let i = 0; i < there; i++) expect(reader.data.getUint8(reader.at + i)).toBe(octets[at + i]);
            reader.at += there;
          }
          at += there;
        }
        await reader.close();
      },
    );
    await fc.assert(run, { seed: 3, numRuns: 200 });
  });

  it('makes the longest record whole, carried over many blocks', async () => {
    const long = new Uint8Array(LARGEST_RECORD_LENGTH + 10).map((_, i) => i % 251);
    const reader = new BlockReader(new MemoryInput(long, [100_000]), 300_000);
    await reader.fill(10);
    reader.at += 10;
    expect(await reader.fill(LARGEST_RECORD_LENGTH)).toBe(true);
    expect(reader.data.getUint8(reader.at)).toBe(10);
    expect(reader.data.getUint8(reader.at + LARGEST_RECORD_LENGTH - 1)).toBe((LARGEST_RECORD_LENGTH + 9) % 251);
    expect(await reader.fill(LARGEST_RECORD_LENGTH + 1)).toBe(false);
    await reader.close();
  });

  it('leaves the block of the last batch alone until it is asked for more', async () => {
    const reader = new BlockReader(new MemoryInput(octets), 1000);
    await reader.fill(1);
    const { data, at } = reader;
    // The next block is being read meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (let i = 0; i < 1000; i++) expect(data.getUint8(at + i)).toBe(octets[i]);
    await reader.close();
  });

  it('copies a long record that comes octet by octet only once', async () => {
    const slow = new BlockReader(new MemoryInput(new Uint8Array(300_000), [1]));
    const began = performance.now();
    expect(await slow.fill(250_000)).toBe(true);
    expect(performance.now() - began).toBeLessThan(5000);
    await slow.close();
  });
});
