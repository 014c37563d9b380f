/** Tests run many times in mutation testing, in code that counts what it runs: long ones are shortened or left out. */
export const IS_MUTATED = process.env.MUTATE_TESTS !== undefined;

/** A number of rounds, smaller in mutation testing. */
export function rounds(count: number): number {
  return IS_MUTATED ? Math.ceil(count / 10) : count;
}
