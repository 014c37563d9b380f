/** The secret of a hash table, so that a sender cannot aim at one place of it. */
import { randomInt } from 'node:crypto';

export function newSeed(): number {
  return randomInt(0x7fffffff);
}
