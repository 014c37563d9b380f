/** All packets of a source, as objects that tests can compare. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { ByteInput } from '../../src/capture/input/byte-input.ts';
import { NO_FAULT } from '../../src/capture/capture-end.ts';
import { captureOf } from '../../src/capture/format/open-capture.ts';
import type { CaptureOptions } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import type { CaptureEnd, PacketSource } from '../../src/capture/packet-source.ts';
import type { BuiltPacket } from './pcap.mjs';

export interface SeenPacket {
  readonly timeUs: number;
  readonly capturedLength: number;
  readonly wireLength: number;
  readonly linkType: number;
  /** Hexadecimal of a few bytes, a digest of many. */
  readonly content: string;
}

export interface SeenCapture {
  readonly packets: SeenPacket[];
  readonly end: CaptureEnd;
}

export function contentOf(bytes: Uint8Array): string {
  return bytes.length <= 16 ? Buffer.from(bytes).toString('hex') : createHash('md5').update(bytes).digest('hex');
}

/** Reads to the end, checks the batch's invariants, and closes. */
export async function readAll(source: PacketSource, capacity = 64): Promise<SeenCapture> {
  const batch = new PacketBatch(capacity);
  const packets: SeenPacket[] = [];
  while (await source.read(batch)) {
    if (batch.count === 0) throw new Error('a batch without rows that is not the end');
    for (let i = 0; i < batch.count; i++) packets.push(seenPacket(batch, i));
  }
  if (batch.count !== 0 || (await source.read(batch))) throw new Error('rows after the end');
  await source.close();
  await source.close();
  return { packets, end: source.end };
}

function seenPacket(batch: PacketBatch, row: number): SeenPacket {
  const at = batch.at[row]!;
  const capturedLength = batch.capturedLength[row]!;
  const wireLength = batch.wireLength[row]!;
  const timeUs = batch.timeUs[row]!;
  if (at + capturedLength > batch.data.byteLength) throw new Error('a row outside the block');
  if (capturedLength > wireLength) throw new Error('more captured than there was');
  if (!Number.isFinite(timeUs) || timeUs < 0) throw new Error(`time ${timeUs}`);
  const bytes = new Uint8Array(batch.data.buffer, batch.data.byteOffset + at, capturedLength);
  return { timeUs, capturedLength, wireLength, linkType: batch.linkType[row]!, content: contentOf(bytes) };
}

/** Bytes in memory, returned in chunks of the given lengths, repeatedly. */
export class MemoryInput implements ByteInput {
  end: CaptureEnd = NO_FAULT;
  readonly bytes: Uint8Array;
  private readonly chunkLengths: readonly number[];
  private at = 0;
  private turn = 0;

  constructor(bytes: Uint8Array, chunkLengths: readonly number[] = [Infinity]) {
    this.bytes = bytes;
    this.chunkLengths = chunkLengths;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    await Promise.resolve();
    return this.take(target, at, length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  protected take(target: Uint8Array, at: number, length: number): number {
    const chunk = this.chunkLengths[this.turn++ % this.chunkLengths.length]!;
    const count = Math.min(length, chunk, this.bytes.length - this.at);
    target.set(this.bytes.subarray(this.at, this.at + count), at);
    this.at += count;
    return count;
  }
}

/** The same, synchronously, like a file. */
export class MemoryFile extends MemoryInput {
  readonly readNow = (target: Uint8Array, at: number, length: number): number => this.take(target, at, length);
}

/** The result is the same for synchronous and asynchronous reads. */
export async function readBytes(
  bytes: Uint8Array,
  options: CaptureOptions = {},
  chunkLengths?: number[],
): Promise<SeenCapture> {
  const seen = await readAll(captureOf('memory', new MemoryInput(bytes, chunkLengths), options));
  expect(await readAll(captureOf('memory', new MemoryFile(bytes, chunkLengths), options))).toEqual(seen);
  return seen;
}

/** The expected packets of a capture built from these. */
export function expectedPackets(packets: readonly BuiltPacket[], linkType = 1): SeenPacket[] {
  return packets.map(({ timeUs, bytes, wireLength }) => ({
    timeUs,
    capturedLength: bytes.length,
    wireLength: wireLength ?? bytes.length,
    linkType,
    content: contentOf(bytes),
  }));
}
