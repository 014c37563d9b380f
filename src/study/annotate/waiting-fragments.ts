/**
 * Copies of IP fragments that came before the first fragment of their datagram, which alone says which flow they belong
 * to. Bounded: the oldest copies are dropped, and counted.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';

const BYTES_LIMIT = 32_000_000;
/** Approximate memory of a copy in addition to its bytes. */
const COPY_LENGTH = 256;

/** A packet out of its batch. */
export interface PacketCopy {
  readonly packet: number;
  readonly timeUs: number;
  readonly linkType: number;
  readonly wireLength: number;
  readonly bytes: Uint8Array;
}

export class WaitingFragments {
  /** Copies that were dropped before their first fragment came. */
  droppedCount = 0;
  /** By what the fragments of a datagram share, those that came first before the others. */
  private readonly waiting = new Map<string, PacketCopy[]>();
  private readonly bytesLimit: number;
  private length = 0;

  constructor(bytesLimit = BYTES_LIMIT) {
    this.bytesLimit = bytesLimit;
  }

  /** `datagram`: what its fragments share, as a text. */
  add(batch: PacketBatch, row: number, packet: number, datagram: string): void {
    const start = batch.data.byteOffset + batch.at[row]!;
    const copy = {
      packet,
      timeUs: batch.timeUs[row]!,
      linkType: batch.linkType[row]!,
      wireLength: batch.wireLength[row]!,
      bytes: new Uint8Array(batch.data.buffer, start, batch.capturedLength[row]).slice(),
    };
    const copies = this.waiting.get(datagram);
    if (copies === undefined) this.waiting.set(datagram, [copy]);
    else copies.push(copy);
    this.length += copy.bytes.length + COPY_LENGTH;
    while (this.length > this.bytesLimit) this.dropOldest();
  }

  /** The copies that waited for the first fragment of a datagram: `count`, the last ones. */
  take(datagram: string, count: number): readonly PacketCopy[] {
    const copies = this.waiting.get(datagram) ?? [];
    this.remove(datagram, copies);
    return copies.slice(-count);
  }

  private dropOldest(): void {
    for (const [datagram, copies] of this.waiting) {
      this.droppedCount += copies.length;
      this.remove(datagram, copies);
      return;
    }
  }

  private remove(datagram: string, copies: readonly PacketCopy[]): void {
    for (const { bytes } of copies) this.length -= bytes.length + COPY_LENGTH;
    this.waiting.delete(datagram);
  }
}
