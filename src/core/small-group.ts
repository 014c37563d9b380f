/** Groups of fewer than five clients are not distinguished on pages and in reports: one of them could be recognised. */

export const SMALLEST_GROUP = 5;
/** Stands for any number of clients from 1 to 4 in answers to pages. */
export const LARGEST_SMALL_GROUP = SMALLEST_GROUP - 1;

/** A number of clients as pages may have it: 1 to 4 are all the same. */
export function coarseClients(clients: number): number {
  return clients > 0 && clients < SMALLEST_GROUP ? LARGEST_SMALL_GROUP : clients;
}

/** In a sentence: `fewer than 5`, `12`. */
export function clientsInWords(clients: number): string {
  return clients > 0 && clients < SMALLEST_GROUP ? `fewer than ${SMALLEST_GROUP}` : String(clients);
}

/**
 * The parts of a number of clients that is shown beside them. Where a small part could be computed from the others and
 * the whole, the smallest larger parts are null too, or else all parts: null stands for a number that is not shown.
 */
export function coarseParts(parts: Readonly<Record<string, number>>): Record<string, number | null> {
  const values = Object.values(parts);
  const small = values.filter((part) => part > 0 && part < SMALLEST_GROUP);
  const whole = sumOf(values);
  const left = new Set<string>();
  // The whole gives the sum of what is not shown: each small part must then have at least two possible values. A small
  // whole is not shown either.
  let sum = sumOf(small);
  const isComputable = (): boolean =>
    whole >= SMALLEST_GROUP &&
    small.length > 0 &&
    (left.size === 0 || sum - small.length < left.size * SMALLEST_GROUP + 1);
  const larger = Object.entries(parts).filter(([, part]) => part >= SMALLEST_GROUP);
  for (const [name, part] of larger.sort(([, a], [, b]) => a - b)) {
    if (!isComputable()) break;
    left.add(name);
    sum += part;
  }
  const isHidden = isComputable();
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, isHidden || left.has(name) ? null : coarseClients(part)]),
  );
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
