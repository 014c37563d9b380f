/**
 * For `checkInvariants()` of data structures, which tests and the fuzzer call: what holds between any two operations.
 */

/** Throws Error if it does not hold. `rule` is one sentence. */
export function invariant(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Error(`broken invariant: ${rule}`);
}
