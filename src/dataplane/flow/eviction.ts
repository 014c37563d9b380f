/**
 * Who goes where there are too many flows: those that have been idle longest. Flows are not kept in that order, which would cost
 * every packet two more cache misses. Instead one pass over the table picks the longest-idle share of it in order, and that lasts for a
 * while: those that were touched since are passed over. A flow that was not picked was touched later than all that were, so the
 * order is exact; the pass costs each eviction a few rows.
 */
import { FlowWord, ROW_WORDS } from '../host/flow-row.ts';
import type { FlowTable } from './flow-table.ts';

/** One pass picks this share of the table, at least. */
const PICKED_SHARE = 8;

export class Eviction {
  /** The flows that `find` has found, those first that have been idle longest (of equals those that began first). */
  readonly slots: Int32Array;
  count = 0;

  private readonly table: FlowTable;
  private picked: Int32Array = new Int32Array(0);
  private touched: Float64Array = new Float64Array(0);
  private firsts: Float64Array = new Float64Array(0);
  /** Those before this place of the picked ones are gone, or were touched. */
  private at = 0;

  /** For up to `limit` flows at a time. */
  constructor(table: FlowTable, limit: number) {
    this.table = table;
    this.slots = new Int32Array(limit);
  }

  /** Finds the active flows that were touched longest ago: so many, or all where there are fewer. */
  find(wanted: number): void {
    const count = Math.min(wanted, this.table.activeCount);
    if (!this.take(count)) {
      this.pick(count);
      this.take(count);
    }
  }

  /** When a flow was touched last, as a clock reading. */
  touchedAt(slot: number): number {
    return this.table.numbers[(slot * ROW_WORDS + FlowWord.TOUCHED) >> 1]!;
  }

  /** Takes so many of the picked ones that still are what they were; false where there are too few. */
  private take(count: number): boolean {
    const { picked, table } = this;
    this.count = 0;
    for (let at = this.at; this.count < count; at++) {
      if (at === picked.length) return false;
      const slot = picked[at]!;
      const isSame =
        table.isActive(slot) &&
        this.touchedAt(slot) === this.touched[at] &&
        table.firstPacket(slot) === this.firsts[at];
      if (isSame) this.slots[this.count++] = slot;
      else if (this.count === 0) this.at = at + 1;
    }
    return true;
  }

  private pick(least: number): void {
    const { table } = this;
    const { activeCount } = table;
    const slots = new Int32Array(activeCount);
    const times = new Float64Array(activeCount);
    let count = 0;
    for (let slot = 1; slot <= table.lastSlot; slot++) {
      if (!table.isActive(slot)) continue;
      slots[count] = slot;
      times[count++] = this.touchedAt(slot);
    }
    const latest = smallest(times.slice(), Math.max(Math.ceil(count / PICKED_SHARE), least));
    let pickedCount = 0;
    for (let i = 0; i < count; i++) {
      if (times[i]! > latest) continue;
      slots[pickedCount] = slots[i]!;
      times[pickedCount++] = times[i]!;
    }
    const firsts = Float64Array.from(slots.subarray(0, pickedCount), (slot) => table.firstPacket(slot));
    const order = new Uint32Array(pickedCount);
    for (let i = 0; i < pickedCount; i++) order[i] = i;
    order.sort((a, b) => times[a]! - times[b]! || firsts[a]! - firsts[b]!);
    this.picked = Int32Array.from(order, (i) => slots[i]!);
    this.touched = Float64Array.from(order, (i) => times[i]!);
    this.firsts = Float64Array.from(order, (i) => firsts[i]!);
    this.at = 0;
  }
}

/** The `count`-th smallest of numbers, whose order is changed (Hoare's selection, 1961): sorting them all takes many times as long. */
function smallest(numbers: Float64Array, count: number): number {
  let from = 0;
  let to = numbers.length - 1;
  while (from < to) {
    // Drawn, so that nobody can choose times that make it slow. What is found does not depend on it.
    const pivot = numbers[from + Math.floor(Math.random() * (to - from + 1))]!;
    let low = from;
    let high = to;
    while (low <= high) {
      while (numbers[low]! < pivot) low++;
      while (numbers[high]! > pivot) high--;
      if (low > high) break;
      const number = numbers[low]!;
      numbers[low++] = numbers[high]!;
      numbers[high--] = number;
    }
    if (count - 1 <= high) to = high;
    else if (count - 1 >= low) from = low;
    else return pivot;
  }
  return numbers[from]!;
}
