/** Sums, shares and groups of figures. */

export function sumOf<Row>(rows: readonly Row[], valueOf: (row: Row) => number): number {
  let sum = 0;
  for (const row of rows) sum += valueOf(row);
  return sum;
}

/** A fraction; null of nothing. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** The rows of each key, in the order in which keys come first. */
export function groupsOf<Key, Row>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
