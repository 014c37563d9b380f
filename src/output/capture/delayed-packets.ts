/**
 * Delayed packets, in the order in which they leave: a binary heap over columns, by time and, at equal times, by
 * arrival. Each row has a copy of its packet's bytes.
 *
 * Invariants: `heap` contains the number of every row exactly once. Its first `count` entries are the rows in use, in
 * heap order; the others are free.
 */
import type { PacketTarget } from './packet-target.ts';

const INITIAL_CAPACITY = 256;
const NO_BYTES = new Uint8Array(0);
/** Approximate memory of a packet in addition to its bytes. */
const ROW_LENGTH = 128;

export class DelayedPackets {
  count = 0;
  /** Memory of all packets, in bytes. */
  heldLength = 0;
  private heap = new Int32Array(INITIAL_CAPACITY);
  private timeUs = new Float64Array(INITIAL_CAPACITY);
  private arrival = new Float64Array(INITIAL_CAPACITY);
  private linkType = new Int32Array(INITIAL_CAPACITY);
  private wireLength = new Float64Array(INITIAL_CAPACITY);
  private readonly bytes: Uint8Array[] = [];
  private arrivals = 0;

  constructor() {
    for (let row = 0; row < INITIAL_CAPACITY; row++) this.heap[row] = row;
  }

  /** Time at which the next packet leaves; Infinity if there is none. */
  get nextTimeUs(): number {
    return this.count === 0 ? Infinity : this.timeUs[this.heap[0]!]!;
  }

  /** Adds a copy of a packet. */
  add(timeUs: number, linkType: number, wireLength: number, bytes: Uint8Array): void {
    if (this.count === this.heap.length) this.grow();
    const row = this.heap[this.count]!;
    this.timeUs[row] = timeUs;
    this.arrival[row] = this.arrivals++;
    this.linkType[row] = linkType;
    this.wireLength[row] = wireLength;
    this.bytes[row] = bytes.slice();
    this.heldLength += bytes.length + ROW_LENGTH;
    this.rise(this.count++);
  }

  /** Writes the packet that leaves next. There must be one. */
  leave(target: PacketTarget): void {
    const { heap } = this;
    const row = heap[0]!;
    const bytes = this.bytes[row]!;
    this.bytes[row] = NO_BYTES;
    this.heldLength -= bytes.length + ROW_LENGTH;
    this.count--;
    heap[0] = heap[this.count]!;
    heap[this.count] = row;
    this.sink(0);
    target.write(this.timeUs[row]!, this.linkType[row]!, this.wireLength[row]!, bytes);
  }

  private rise(from: number): void {
    const { heap } = this;
    for (let place = from; place > 0;) {
      const parent = (place - 1) >> 1;
      if (!this.isBefore(heap[place]!, heap[parent]!)) return;
      this.swap(place, parent);
      place = parent;
    }
  }

  private sink(from: number): void {
    const { heap, count } = this;
    for (let place = from; ;) {
      let child = 2 * place + 1;
      if (child >= count) return;
      if (child + 1 < count && this.isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!this.isBefore(heap[child]!, heap[place]!)) return;
      this.swap(place, child);
      place = child;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const timeA = this.timeUs[a]!;
    const timeB = this.timeUs[b]!;
    return timeA < timeB || (timeA === timeB && this.arrival[a]! < this.arrival[b]!);
  }

  private swap(a: number, b: number): void {
    const { heap } = this;
    const row = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = row;
  }

  private grow(): void {
    const before = this.heap.length;
    const capacity = before * 2;
    this.heap = copyInto(new Int32Array(capacity), this.heap);
    for (let row = before; row < capacity; row++) this.heap[row] = row;
    this.timeUs = copyInto(new Float64Array(capacity), this.timeUs);
    this.arrival = copyInto(new Float64Array(capacity), this.arrival);
    this.linkType = copyInto(new Int32Array(capacity), this.linkType);
    this.wireLength = copyInto(new Float64Array(capacity), this.wireLength);
  }
}

function copyInto<T extends { set(source: ArrayLike<number>): void }>(target: T, source: ArrayLike<number>): T {
  target.set(source);
  return target;
}
