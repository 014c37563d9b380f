/**
 * Finds the rows that have exactly a text, by a hash table over a column: made in steps, and then without visiting
 * rows. Each slot has the first row of a text, and each row the next one with the same text; empty texts are left out.
 */
import { hashBytes, type TextColumn } from './text-column.ts';

/** Texts that one step adds at most: about half a millisecond. */
const ADDED_AT_ONCE = 2000;
const SMALLEST = 16;
const SLOTS_PER_TEXT = 2;
const NONE = 0;

export interface ExactRows {
  readonly total: number;
  /** The first ones, ascending. */
  readonly rows: readonly number[];
}

export class TextIndex {
  private readonly source: TextColumn;
  /** First rows of texts, plus one. The length is a power of two. */
  private readonly slots: Uint32Array;
  /** By row: the next one with its text, plus one; and how many there are from this one on. */
  private readonly next: Uint32Array;
  private readonly counts: Uint32Array;
  /** Rows are added from the last to the first, so that each text's are in order. */
  private left: number;

  constructor(source: TextColumn) {
    this.source = source;
    this.left = source.count;
    let slots = SMALLEST;
    while (slots < source.count * SLOTS_PER_TEXT) slots *= 2;
    this.slots = new Uint32Array(slots);
    this.next = new Uint32Array(source.count);
    this.counts = new Uint32Array(source.count);
  }

  get byteLength(): number {
    return this.slots.byteLength + this.next.byteLength + this.counts.byteLength;
  }

  /** Adds some more rows. True when all are there. */
  prepare(): boolean {
    const until = Math.max(0, this.left - ADDED_AT_ONCE);
    while (this.left > until) this.add(--this.left);
    return this.left === 0;
  }

  /** Once all rows are there: those with this text, at most so many. An empty text is that of none. */
  find(text: string, most: number): ExactRows {
    const wanted = Buffer.from(text);
    const rows: number[] = [];
    if (wanted.length === 0) return { total: 0, rows };
    const { source, slots } = this;
    let slot = hashBytes(wanted, 0, wanted.length) & (slots.length - 1);
    while (slots[slot] !== NONE && !source.hasBytes(slots[slot]! - 1, wanted)) slot = (slot + 1) & (slots.length - 1);
    const first = slots[slot]!;
    for (let row = first; row !== NONE && rows.length < most; row = this.next[row - 1]!) rows.push(row - 1);
    return { total: first === NONE ? 0 : this.counts[first - 1]!, rows };
  }

  private add(row: number): void {
    const { source, slots, next, counts } = this;
    if (source.isEmpty(row)) return;
    let slot = source.hashOf(row) & (slots.length - 1);
    while (slots[slot] !== NONE && !source.isSame(slots[slot]! - 1, row)) slot = (slot + 1) & (slots.length - 1);
    const after = slots[slot]!;
    next[row] = after;
    counts[row] = (after === NONE ? 0 : counts[after - 1]!) + 1;
    slots[slot] = row + 1;
  }
}
