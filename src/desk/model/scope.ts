/** The end of a flow that a registration is for. */

/** `source`: the end that began the flow has the prefix; `destination`: the other one; empty: either. */
export const SCOPE_NAMES = ['source', 'destination', 'pair'] as const;
export type Scope = (typeof SCOPE_NAMES)[number];
