/**
 * Who goes when the table is full: the flow that has been idle longest. Flows are not kept in that order, which would cost
 * every packet two more cache misses. Instead one pass over the table picks the longest-idle share of it in order; they are
 * handed out one by one, passing over those that were touched since. A flow that was not picked was touched later than all
 * that were, so the order is exact; the pass costs each eviction a few rows.
 */
import { FlowWord, type FlowTable, ROW_WORDS } from './flow-table.ts';

/** One pass picks this share of the table. */
const PICKED_SHARE = 16;

export class Eviction {
  private readonly table: FlowTable;
  private slots = new Int32Array(0);
  private touched = new Float64Array(0);
  private firsts = new Float64Array(0);
  private at = 0;

  constructor(table: FlowTable) {
    this.table = table;
  }

  /** The active flow that was touched longest ago (of equals, the one that began first). The table must not be empty. */
  longestIdle(): number {
    for (;;) {
      while (this.at < this.slots.length) {
        const slot = this.slots[this.at]!;
        const touched = this.touched[this.at]!;
        const first = this.firsts[this.at]!;
        this.at++;
        if (this.table.isActive(slot) && this.touchedAt(slot) === touched && this.firstPacket(slot) === first)
          return slot;
      }
      this.pick();
    }
  }

  private pick(): void {
    const { table } = this;
    const times = new Float64Array(table.activeCount);
    let count = 0;
    for (let slot = 1; slot <= table.lastSlot; slot++) {
      if (table.isActive(slot)) times[count++] = this.touchedAt(slot);
    }
    times.sort();
    const latest = times[Math.ceil(count / PICKED_SHARE) - 1]!;
    const picked: number[] = [];
    for (let slot = 1; slot <= table.lastSlot; slot++) {
      if (table.isActive(slot) && this.touchedAt(slot) <= latest) picked.push(slot);
    }
    picked.sort((a, b) => this.touchedAt(a) - this.touchedAt(b) || this.firstPacket(a) - this.firstPacket(b));
    this.slots = Int32Array.from(picked);
    this.touched = Float64Array.from(picked, (slot) => this.touchedAt(slot));
    this.firsts = Float64Array.from(picked, (slot) => this.firstPacket(slot));
    this.at = 0;
  }

  private touchedAt(slot: number): number {
    return this.table.numbers[(slot * ROW_WORDS + FlowWord.TOUCHED) >> 1]!;
  }

  private firstPacket(slot: number): number {
    return this.table.firstPacket(slot);
  }
}
