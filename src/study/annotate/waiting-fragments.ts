/**
 * Copies of IP fragments that came before the first fragment of their datagram, which alone says which flow they belong
 * to. Bounded: the oldest copies are dropped, and counted.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import type { PacketView } from '../../dataplane/wire/packet-view.ts';

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
  /** By the identity of the datagram, those that came first before the others. */
  private readonly waiting = new Map<string, PacketCopy[]>();
  private readonly bytesLimit: number;
  private length = 0;

  constructor(bytesLimit = BYTES_LIMIT) {
    this.bytesLimit = bytesLimit;
  }

  add(batch: PacketBatch, row: number, packet: number, view: PacketView): void {
    const start = batch.data.byteOffset + batch.at[row]!;
    const copy = {
      packet,
      timeUs: batch.timeUs[row]!,
      linkType: batch.linkType[row]!,
      wireLength: batch.wireLength[row]!,
      bytes: new Uint8Array(batch.data.buffer, start, batch.capturedLength[row]).slice(),
    };
    const key = datagramOf(view);
    const copies = this.waiting.get(key);
    if (copies === undefined) this.waiting.set(key, [copy]);
    else copies.push(copy);
    this.length += copy.bytes.length + COPY_LENGTH;
    while (this.length > this.bytesLimit) this.dropOldest();
  }

  /** The copies that waited for the first fragment in the view: `count`, the last ones. */
  take(view: PacketView, count: number): readonly PacketCopy[] {
    const key = datagramOf(view);
    const copies = this.waiting.get(key) ?? [];
    this.remove(key, copies);
    return copies.slice(-count);
  }

  private dropOldest(): void {
    for (const [key, copies] of this.waiting) {
      this.droppedCount += copies.length;
      this.remove(key, copies);
      return;
    }
  }

  private remove(key: string, copies: readonly PacketCopy[]): void {
    for (const { bytes } of copies) this.length -= bytes.length + COPY_LENGTH;
    this.waiting.delete(key);
  }
}

/** The fields that the fragments of one datagram share. */
function datagramOf(view: PacketView): string {
  return [
    view.fragmentId,
    view.fragmentProtocol,
    view.fragmentDomain,
    view.fragmentSource0,
    view.fragmentSource1,
    view.fragmentSource2,
    view.fragmentSource3,
    view.fragmentDestination0,
    view.fragmentDestination1,
    view.fragmentDestination2,
    view.fragmentDestination3,
  ].join();
}
