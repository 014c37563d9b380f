/**
 * Which flows go where there are too many: those that have been idle longest. Flows are not kept in that order, which
 * would cost every packet two more cache misses. Instead one pass over the table picks the longest-idle share of it in
 * order, and that lasts for a while: those that were touched since are passed over. A flow that was not picked was
 * touched later than all that were, so the order is exact; the pass costs each eviction a few rows.
 */
import { takeRegion } from '../memory';
import { FlowTable } from './flow-table';
import { SlotList } from './slot-list';

/** One pass picks this share of the table, at least. */
const PICKED_SHARE: i32 = 8;
const DIGITS: i32 = 256;

@final
export class Eviction {
  /** How many flows `find` has found. */
  count: i32 = 0;
  private readonly table: FlowTable;
  /** Their slots, those first that have been idle longest (of equals those that began first). */
  private readonly slotsAt: usize;
  /** The flows of the last pass, by when they were touched last then, and their first packets. */
  private readonly picked: SlotList;
  private readonly firstsAt: usize;
  /** Those before this place of the picked ones are gone, or were touched. */
  private at: i32 = 0;
  /** Memory for one pass: when each flow was touched. */
  private readonly touchedAt: usize;
  private readonly digitCounts: StaticArray<i32> = new StaticArray<i32>(DIGITS);

  /** For up to `limit` flows at a time. */
  constructor(table: FlowTable, limit: i32) {
    this.table = table;
    this.slotsAt = takeRegion((<usize>limit) << 2);
    this.picked = new SlotList(table.largestSlot);
    this.firstsAt = takeRegion((<usize>table.largestSlot) << 3);
    this.touchedAt = takeRegion((<usize>table.largestSlot) << 3);
  }

  /** Slot of the i-th flow that `find` has found. */
  slot(i: i32): i32 {
    return load<i32>(this.slotsAt + ((<usize>i) << 2));
  }

  /** Finds the active flows that were touched longest ago: so many, or all where there are fewer. */
  find(wanted: i32): void {
    const count = min(wanted, this.table.activeCount);
    if (!this.take(count)) {
      this.pick(count);
      this.take(count);
    }
  }

  /** Forgets the last pass: its flows are of a capture that is over. */
  clear(): void {
    this.picked.clear();
    this.at = 0;
    this.count = 0;
  }

  /** Takes so many of the picked ones that are as they were; false where there are too few. */
  private take(count: i32): bool {
    const picked = this.picked;
    const rows = this.table.rows;
    this.count = 0;
    for (let at = this.at; this.count < count; at++) {
      if (at >= picked.count) return false;
      const slot = picked.slot(at);
      const isSame =
        rows.isActive(slot) &&
        rows.row(slot).touched == picked.number(at) &&
        rows.firstPacket(slot) == load<f64>(this.firstsAt + ((<usize>at) << 3));
      if (isSame) {
        store<i32>(this.slotsAt + ((<usize>this.count) << 2), slot);
        this.count++;
      } else if (this.count == 0) {
        this.at = at + 1;
      }
    }
    return true;
  }

  private pick(least: i32): void {
    const rows = this.table.rows;
    const picked = this.picked;
    let count = 0;
    for (let slot = 1; slot <= rows.lastSlot; slot++) {
      if (!rows.isActive(slot)) continue;
      store<f64>(this.touchedAt + ((<usize>count) << 3), rows.row(slot).touched);
      count++;
    }
    const latest = this.smallest(count, max((count + PICKED_SHARE - 1) / PICKED_SHARE, least));
    picked.clear();
    for (let slot = 1; slot <= rows.lastSlot; slot++) {
      if (rows.isActive(slot) && rows.row(slot).touched <= latest) picked.add(slot, rows.firstPacket(slot));
    }
    // By first packets, and then by touches, which keeps the former order of equals.
    picked.sort();
    for (let i = 0; i < picked.count; i++) picked.setNumber(i, rows.row(picked.slot(i)).touched);
    picked.sort();
    for (let i = 0; i < picked.count; i++)
      store<f64>(this.firstsAt + ((<usize>i) << 3), rows.firstPacket(picked.slot(i)));
    this.at = 0;
  }

  /**
   * The `rank`-th smallest, from 1, of the first `count` numbers at `touchedAt`, whose order is changed: byte by byte
   * from the highest, each time keeping those with the byte that the answer has. At most eight passes, whatever the
   * numbers are, so a sender cannot choose times that make it slow.
   */
  private smallest(count: i32, rank: i32): f64 {
    const digitCounts = this.digitCounts;
    let left = rank;
    let kept = count;
    for (let shift: i64 = 56; shift >= 0 && kept > 1; shift -= 8) {
      for (let digit = 0; digit < DIGITS; digit++) digitCounts[digit] = 0;
      for (let i = 0; i < kept; i++) {
        const digit = this.digitOf(i, shift);
        digitCounts[digit] = digitCounts[digit] + 1;
      }
      let wanted = 0;
      while (digitCounts[wanted] < left) left -= digitCounts[wanted++];
      if (digitCounts[wanted] == kept) continue;
      let to = 0;
      for (let i = 0; i < kept; i++) {
        if (this.digitOf(i, shift) != wanted) continue;
        store<u64>(this.touchedAt + ((<usize>to) << 3), load<u64>(this.touchedAt + ((<usize>i) << 3)));
        to++;
      }
      kept = to;
    }
    return load<f64>(this.touchedAt);
  }

  private digitOf(i: i32, shift: i64): i32 {
    return <i32>((load<u64>(this.touchedAt + ((<usize>i) << 3)) >> shift) & 255);
  }
}
