/**
 * Slots with the numbers of their flows' first packets, and their order by these: flows that end together are told of in it, the
 * same on every run. Mostly what is added is in order already, or in few runs that are. What is not is sorted by bytes of the
 * numbers, the lowest first, in as many passes as the numbers differ in: without a comparison, and without the heap.
 */
const DIGITS = 256;

export class SlotList {
  slots = new Int32Array(0);
  firstPackets = new Float64Array(0);
  count = 0;
  private spareSlots = new Int32Array(0);
  private spareFirsts = new Float64Array(0);
  private readonly ends = new Int32Array(DIGITS);

  /** Makes the list empty, with room for so many slots. */
  begin(capacity: number): void {
    this.count = 0;
    if (capacity <= this.slots.length) return;
    const length = Math.max(capacity, this.slots.length * 2);
    this.slots = new Int32Array(length);
    this.firstPackets = new Float64Array(length);
  }

  /** Adds a slot, for which there is room. */
  add(slot: number, firstPacket: number): void {
    this.slots[this.count] = slot;
    this.firstPackets[this.count++] = firstPacket;
  }

  /** Puts the slots in the order of first packets; equal ones stay as they are. */
  sort(): void {
    const { firstPackets, count } = this;
    let isSorted = true;
    let earliest = Infinity;
    let latest = 0;
    for (let i = 0; i < count; i++) {
      const first = firstPackets[i]!;
      // The latest of those before it, while they are in order.
      isSorted &&= first >= latest;
      if (first > latest) latest = first;
      if (first < earliest) earliest = first;
    }
    if (isSorted) return;
    if (this.spareSlots.length < this.slots.length) {
      this.spareSlots = new Int32Array(this.slots.length);
      this.spareFirsts = new Float64Array(this.slots.length);
    }
    for (let unit = 1; unit <= latest - earliest; unit *= DIGITS) this.sortByDigit(earliest, unit);
  }

  /** One pass: by one byte of the distance from the earliest. */
  private sortByDigit(earliest: number, unit: number): void {
    const { slots, firstPackets, spareSlots, spareFirsts, count, ends } = this;
    const share = 1 / unit;
    ends.fill(0);
    for (let i = 0; i < count; i++) ends[((firstPackets[i]! - earliest) * share) & (DIGITS - 1)]!++;
    let from = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const next = from + ends[digit]!;
      ends[digit] = from;
      from = next;
    }
    for (let i = 0; i < count; i++) {
      const first = firstPackets[i]!;
      const at = ends[((first - earliest) * share) & (DIGITS - 1)]!++;
      spareSlots[at] = slots[i]!;
      spareFirsts[at] = first;
    }
    this.slots = spareSlots;
    this.firstPackets = spareFirsts;
    this.spareSlots = slots;
    this.spareFirsts = firstPackets;
  }
}
