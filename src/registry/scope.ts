/**
 * Scopes of registrations: at which end of a flow a registration counts. Most count at either end. A company may
 * register its own addresses as sources only, or with the far ends that it uses, as pairs.
 */

/** Codes of the column `scope`. */
export const Scope = {
  /** Counts at either end: the column is empty or absent. */
  EITHER: 0,
  /** Counts where the address is the source: the initiator of the flow. */
  SOURCE: 1,
  /** Counts where the address is the destination: the responder. */
  DESTINATION: 2,
  /** Counts where the other end is covered by a row of scope `pair` with the same reference too (pair-coverage.ts). */
  PAIR: 3,
} as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

export const SCOPE_NAMES = ['', 'source', 'destination', 'pair'] as const;
export type ScopeName = (typeof SCOPE_NAMES)[number];

/** The end of a flow that an address is, for a lookup; ANY takes rows of every scope. */
export const End = { ANY: 0, SOURCE: Scope.SOURCE, DESTINATION: Scope.DESTINATION } as const;
export type End = (typeof End)[keyof typeof End];

/** A scope in a sentence about a registration: `as source only`. */
export const SCOPE_TEXTS = ['', 'as source only', 'as destination only', 'for its pairs only'] as const;
