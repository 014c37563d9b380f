/**
 * Slots, each with a number that is not negative, and their order by it: flows that end together are reported in the
 * order of their first packets, the same on every run. Mostly what is added is in order already, or in few runs that
 * are. What is not is sorted by bytes of the numbers, the lowest first, in as many passes as there are bytes in which
 * the numbers differ: without a comparison. As bits, numbers that are not negative have the order of their values.
 */
import { takeRegion } from '../memory';

const DIGITS: i32 = 256;

@final
export class SlotList {
  count: i32 = 0;
  /** Addresses of the slots, 4 bytes each, and of their numbers, 8 bytes each; then of as much memory to sort into. */
  private slotsAt: usize;
  private numbersAt: usize;
  private spareSlotsAt: usize;
  private spareNumbersAt: usize;
  private readonly ends: StaticArray<i32> = new StaticArray<i32>(DIGITS);

  /** For up to `limit` slots. */
  constructor(limit: i32) {
    this.slotsAt = takeRegion((<usize>limit) << 2);
    this.numbersAt = takeRegion((<usize>limit) << 3);
    this.spareSlotsAt = takeRegion((<usize>limit) << 2);
    this.spareNumbersAt = takeRegion((<usize>limit) << 3);
  }

  slot(i: i32): i32 {
    return load<i32>(this.slotsAt + ((<usize>i) << 2));
  }

  number(i: i32): f64 {
    return load<f64>(this.numbersAt + ((<usize>i) << 3));
  }

  setNumber(i: i32, number: f64): void {
    store<f64>(this.numbersAt + ((<usize>i) << 3), number);
  }

  clear(): void {
    this.count = 0;
  }

  /** Adds a slot, for which there is room. */
  add(slot: i32, number: f64): void {
    store<i32>(this.slotsAt + ((<usize>this.count) << 2), slot);
    store<f64>(this.numbersAt + ((<usize>this.count) << 3), number);
    this.count++;
  }

  /** Puts the slots in the order of their numbers; equal ones keep theirs. */
  sort(): void {
    const count = this.count;
    if (count < 2) return;
    const first = this.bits(0);
    let differing: u64 = 0;
    let isSorted = true;
    let before = first;
    for (let i = 1; i < count; i++) {
      const bits = this.bits(i);
      differing |= bits ^ first;
      if (bits < before) isSorted = false;
      before = bits;
    }
    if (isSorted) return;
    for (let shift: u64 = 0; shift < 64; shift += 8) {
      if (((differing >> shift) & 255) != 0) this.sortByDigit(shift);
    }
  }

  private bits(i: i32): u64 {
    return load<u64>(this.numbersAt + ((<usize>i) << 3));
  }

  /** One pass: by the byte of the numbers that is `shift` bits from the lowest. */
  private sortByDigit(shift: u64): void {
    const ends = this.ends;
    const count = this.count;
    for (let digit = 0; digit < DIGITS; digit++) ends[digit] = 0;
    for (let i = 0; i < count; i++) {
      const digit = <i32>((this.bits(i) >> shift) & 255);
      ends[digit] = ends[digit] + 1;
    }
    let from = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const next = from + ends[digit];
      ends[digit] = from;
      from = next;
    }
    for (let i = 0; i < count; i++) {
      const bits = this.bits(i);
      const digit = <i32>((bits >> shift) & 255);
      const to = <usize>ends[digit];
      ends[digit] = ends[digit] + 1;
      store<i32>(this.spareSlotsAt + (to << 2), this.slot(i));
      store<u64>(this.spareNumbersAt + (to << 3), bits);
    }
    const slotsAt = this.slotsAt;
    const numbersAt = this.numbersAt;
    this.slotsAt = this.spareSlotsAt;
    this.numbersAt = this.spareNumbersAt;
    this.spareSlotsAt = slotsAt;
    this.spareNumbersAt = numbersAt;
  }
}
