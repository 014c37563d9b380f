/**
 * Finds references that several holders share: one of the rows has the wrong reference, or one holder is written in two
 * ways. The hash table holds row numbers instead of strings, so it takes 16 to 32 bytes for each row.
 */
import type { RegistrationColumns } from '../lookup/registration-columns.ts';
import { TextColumn } from '../lookup/text-column.ts';

/** Called with a row, and an earlier row that has the same reference and another holder. */
export type SharedReference = (row: number, earlier: number) => void;

/** The columns of a registry that are compared. */
export type ReferenceColumns = Pick<RegistrationColumns, 'references' | 'holders' | 'lines' | 'count'>;

/** A row that was refused because of another field. */
export interface RefusedRow {
  readonly line: number;
  readonly holder: string;
  readonly reference: string;
}

/** The rows of a registry and the refused rows, in the order of lines. */
export function withRefusedRows(columns: ReferenceColumns, refused: readonly RefusedRow[]): ReferenceColumns {
  if (refused.length === 0) return columns;
  const all = { references: new TextColumn(), holders: new TextColumn(), count: columns.count + refused.length };
  const lines = new Uint32Array(all.count);
  let row = 0;
  let next = 0;
  for (let i = 0; i < all.count; i++) {
    const isRefused = next < refused.length && (row === columns.count || refused[next]!.line < columns.lines[row]!);
    all.holders.push(isRefused ? refused[next]!.holder : columns.holders.get(row));
    all.references.push(isRefused ? refused[next]!.reference : columns.references.get(row));
    lines[i] = isRefused ? refused[next++]!.line : columns.lines[row++]!;
  }
  return { ...all, lines };
}

/**
 * Calls `found` for each row, in order, whose holder is not the first of its reference. Rows without a reference are
 * skipped.
 */
export function findSharedReferences({ references, holders, count }: ReferenceColumns, found: SharedReference): void {
  const slots = 2 ** Math.ceil(Math.log2(count * 2 + 2));
  /** By slot: 1 + the first row of a reference, and 1 + the last row with another holder. */
  const first = new Uint32Array(slots);
  const other = new Uint32Array(slots);
  for (let row = 0; row < count; row++) {
    if (references.isEmpty(row)) continue;
    let slot = references.hashOf(row) & (slots - 1);
    while (first[slot] !== 0 && !references.isSame(first[slot]! - 1, row)) slot = (slot + 1) & (slots - 1);
    if (first[slot] === 0) {
      first[slot] = row + 1;
      continue;
    }
    const earlier = first[slot]! - 1;
    const last = other[slot]! - 1;
    if (holders.isSame(earlier, row) || (last >= 0 && holders.isSame(last, row))) continue;
    other[slot] = row + 1;
    found(row, earlier);
  }
}
