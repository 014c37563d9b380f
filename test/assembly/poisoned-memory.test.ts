/**
 * A replay reads the bytes of its packets alone, while they are valid, and writes within its own structures: what else is
 * in the blocks, and what a packet's bytes become after it was tracked, changes no decision; no guard is written to.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PacketBatch } from '../../src/capture/packet-batch.ts';
import type { Counters } from '../../src/dataplane/host/counters.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import type { TrackerListener } from '../../src/dataplane/host/tracker.ts';
import { replayFiles, type ReplayShape } from '../engine/replayed.ts';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { SeededRandom } from '../kit/random.mjs';

const captures = (await committedCaptures()).map((capture) => join(ROOT, capture));

/** Bytes to write in place of what must not be read. */
type Poison = (bytes: Uint8Array) => void;

class PoisonedTracker extends AssemblyTracker {
  poisonedBytes = 0;
  private readonly poison: Poison;

  constructor(flowCapacity: number, poison: Poison) {
    super(flowCapacity);
    this.poison = poison;
  }

  /** Before the first byte of a capture is read. */
  override begin(listener: TrackerListener, counters: Counters): void {
    for (const { bytes } of this.records.blocks) this.spoil(bytes);
    super.begin(listener, counters);
  }

  override track(batch: PacketBatch, packetsBefore: number): void {
    super.track(batch, packetsBefore);
    const { buffer } = this.records.data;
    for (let row = 0; row < batch.count; row++)
      this.spoil(new Uint8Array(buffer, batch.at[row], batch.capturedLength[row]));
  }

  get brokenGuard(): number {
    return this.records.dataplane.exports.brokenGuard();
  }

  private spoil(bytes: Uint8Array): void {
    this.poison(bytes);
    this.poisonedBytes += bytes.length;
  }
}

const random = new SeededRandom(16);
const POISONS: readonly (readonly [string, Poison])[] = [
  ['zeros', (bytes) => bytes.fill(0)],
  ['ones', (bytes) => bytes.fill(0xff)],
  [
    'the beginnings of messages',
    (bytes) => {
      bytes.set(messages.subarray(0, bytes.length));
    },
  ],
  [
    'random bytes',
    (bytes) => {
      bytes.set(random.bytes(Math.min(bytes.length, 4096)));
    },
  ],
];

/** WireGuard's initiation, again and again. */
const messages = new Uint8Array(2 << 20).map((_, at) => (at % 148 === 0 ? 1 : 0));

async function replay(poison: Poison | null, shape: ReplayShape): Promise<unknown> {
  const trackers: PoisonedTracker[] = [];
  const makeTracker = (flowCapacity: number): PoisonedTracker => {
    trackers.push(new PoisonedTracker(flowCapacity, poison!));
    return trackers.at(-1)!;
  };
  const { lines, flows, counters, incomplete } = await replayFiles(
    captures,
    poison === null ? shape : { ...shape, makeTracker },
  );
  for (const tracker of trackers) {
    expect(tracker.brokenGuard).toBe(-1);
    expect(tracker.poisonedBytes).toBeGreaterThan(1_000_000);
  }
  expect(lines.length).toBeGreaterThan(500);
  return { lines, flows, counters, incomplete };
}

describe.each([
  ['each capture by itself', { each: true }],
  ['all captures as one, with few flows at a time', { mode: 'enforce', flowCapacity: 40 }],
] as const)('a replay of %s', (_, shape) => {
  it.each(POISONS)('does not depend on %s beside and after its packets', async (_name, poison) => {
    expect(await replay(poison, shape)).toEqual(await replay(null, shape));
  });
});
