/**
 * A batch's packets moved to places of their own, with poison on both sides of each: a read outside a packet meets another value
 * in each arena.
 */
import { PacketBatch } from './sluice.mjs';

/** Bytes of poison on each side; more than any header has. */
const MARGIN = 320;

/** Pairs of values: all zeros and ones, what begins IPv4 and IPv6, what ends an MPLS stack, nothing in particular. */
export const POISON_PAIRS = [
  [0x00, 0xff],
  [0x45, 0x60],
  [0x01, 0xa5],
  [0x38, 0x04],
];

export class PoisonedArena {
  batch = new PacketBatch();
  #poison;
  #octets = new Uint8Array(0);

  constructor(poison) {
    this.#poison = poison;
  }

  /** A batch of the same packets among poison; valid until the next call. */
  take(batch) {
    let length = MARGIN;
    for (let row = 0; row < batch.count; row++) length += batch.capturedLength[row] + MARGIN;
    if (this.#octets.length < length) this.#octets = new Uint8Array(length * 2);
    this.#octets.fill(this.#poison, 0, length);
    this.batch.reset(new DataView(this.#octets.buffer));
    let at = MARGIN;
    for (let row = 0; row < batch.count; row++) {
      const captured = batch.capturedLength[row];
      this.#octets.set(new Uint8Array(batch.data.buffer, batch.at[row], captured), at);
      this.batch.push(at, captured, batch.wireLength[row], batch.timeUs[row], batch.linkType[row]);
      at += captured + MARGIN;
    }
    return this.batch;
  }
}
