/** Groups of fewer than five clients are not told apart on pages and in reports: one of them could be recognised. */

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
