/**
 * References that rows of several holders have: one of the rows has the wrong reference, or one holder is written in two ways. Rows
 * are numbers in a hash table, so a million references cost eight bytes each and no strings.
 */
import type { RegistrationColumns } from './registration-columns.ts';

/** A row whose reference another holder has in an earlier row. */
export type SharedReference = (row: number, earlier: number) => void;

/** Calls `found` for each row, in order, that brings a further holder to a reference. Rows without a reference are passed over. */
export function findSharedReferences(
  { references, holders, count }: RegistrationColumns,
  found: SharedReference,
): void {
  const slots = 2 ** Math.ceil(Math.log2(count * 2 + 2));
  /** By slot, 1 + the first row of a reference, and 1 + the last row that had another holder than that. */
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
