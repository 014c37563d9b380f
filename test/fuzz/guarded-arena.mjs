/**
 * A batch's packets moved to places of their own, with poison on both sides of each: a read outside a packet meets another value
 * in each arena. The guarded view refuses such reads at all, and counts the others.
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

class GuardedView extends DataView {
  from = 0;
  to = 0;
  reads = 0;

  check(at, length) {
    this.reads++;
    if (at < this.from || at + length > this.to) {
      throw new RangeError(`read of ${length} at ${at - this.from} of a packet of ${this.to - this.from}`);
    }
  }

  getUint8(at) {
    this.check(at, 1);
    return super.getUint8(at);
  }

  getUint16(at, littleEndian) {
    this.check(at, 2);
    return super.getUint16(at, littleEndian);
  }

  getUint32(at, littleEndian) {
    this.check(at, 4);
    return super.getUint32(at, littleEndian);
  }

  getInt32(at, littleEndian) {
    this.check(at, 4);
    return super.getInt32(at, littleEndian);
  }
}

/** Reads that a packet may cost, by its captured bytes: several times what the fuzzer has met. */
const READS_LIMIT = 3000;
const READS_PER_OCTET = 40;

/** Runs a batch packet by packet through `process`; throws at a read outside, and at too many reads. */
export class Guard {
  /** The most reads of one packet so far. */
  mostReads = 0;
  #single = new PacketBatch(1);

  run(batch, process) {
    const view = new GuardedView(batch.data.buffer);
    for (let row = 0; row < batch.count; row++) {
      view.from = batch.at[row];
      view.to = view.from + batch.capturedLength[row];
      view.reads = 0;
      this.#single.reset(view);
      this.#single.push(
        view.from,
        batch.capturedLength[row],
        batch.wireLength[row],
        batch.timeUs[row],
        batch.linkType[row],
      );
      process(this.#single);
      if (view.reads > this.mostReads) this.mostReads = view.reads;
      if (view.reads > READS_LIMIT + READS_PER_OCTET * batch.capturedLength[row]) {
        throw new RangeError(`${view.reads} reads of a packet of ${batch.capturedLength[row]} bytes`);
      }
    }
  }
}
