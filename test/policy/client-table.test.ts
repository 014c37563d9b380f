import { describe, expect, it } from 'vitest';
import { ClientTable } from '../../src/policy/client-table.ts';
import { rounds } from '../kit/mutated.ts';
import { type Address, SeededRandom } from '../kit/random.mjs';

describe('the table that numbers clients', () => {
  it('numbers them in the order of their first call, as its twin does, while it grows', () => {
    const random = new SeededRandom(3);
    const table = new ClientTable();
    const plain = new Map<string, number>();
    const differing: string[] = [];
    for (let i = 0; i < rounds(40_000) + 6000; i++) {
      const word = (): number => random.below(20) - 10;
      const address: Address = [word(), word(), word(), word()];
      const key = address.join();
      if (!plain.has(key)) plain.set(key, plain.size);
      if (table.rowOf(address) !== plain.get(key)) differing.push(key);
    }
    expect(differing).toEqual([]);
    expect(table.count).toBe(plain.size);
    expect(plain.size).toBeGreaterThan(4096);
    // All are found after the table has grown.
    const again = [...plain.keys()].map((key) => table.rowOf(key.split(',').map(Number)));
    expect(again).toEqual([...plain.values()]);
    expect(table.count).toBe(plain.size);
  });

  it('has a row of its own for addresses that differ in one word', () => {
    const table = new ClientTable();
    const rows = [0, 1, 2, 3].map((word) => table.rowOf([0, 1, 2, 3].map((value, at) => (at === word ? -1 : value))));
    expect(rows).toEqual([0, 1, 2, 3]);
    expect(table.rowOf([0, 1, 2, 3])).toBe(4);
  });

  it('says which clients it has, without adding one', () => {
    const table = new ClientTable();
    table.rowOf([0, 1, 2, 3]);
    expect([table.has([0, 1, 2, 3]), table.has([0, 1, 2, 4]), table.count]).toEqual([true, false, 1]);
  });
});
