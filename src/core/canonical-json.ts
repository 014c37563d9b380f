/** JSON with one form for one value: what signatures and hashes of JSON are made over. */

/** JSON with sorted keys and without spaces; undefined values are left out. */
export function canonicalJson(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
