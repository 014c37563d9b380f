/** Compares an answer with the oracle's, millions of times: `expect` for each would take minutes. */
export function same(name: string, given: number, expected: number | boolean): void {
  if ((given | 0) !== (Number(expected) | 0)) throw new Error(`${name} is ${given | 0}, the oracle's is ${expected}`);
}
