/** Public counts: nothing that is shown says which of 1, 2, 3 and 4 a small group has, by trying all tables. */
import { describe, expect, it } from 'vitest';
import { type Group, publicGroups } from '../../../src/study/report/public-groups.ts';
import { SeededRandom } from '../../kit/random.mjs';

const LARGEST = 34;
/** Tables with larger numbers may have some of their equals beyond LARGEST. */
const CHECKED = 20;

const groupsOf = (clients: readonly number[]): Group[] =>
  clients.map((count, at) => ({ label: `group ${at}`, clients: count, flows: count }));

describe('public groups', () => {
  it('show a small group alike for 1, 2, 3 and 4 clients, whatever the others are', () => {
    /** By what is shown: the numbers that each small group may have. */
    const possible = new Map<string, Set<number>[]>();
    const checked = new Set<string>();
    for (let a = 0; a <= LARGEST; a++)
      for (let b = 0; b <= LARGEST; b++)
        for (let c = 0; c <= LARGEST; c++) {
          const clients = [a, b, c];
          const shown = publicGroups(groupsOf(clients));
          if (shown === null) continue;
          const key = JSON.stringify(shown);
          const sets = possible.get(key) ?? shown.map(() => new Set<number>());
          possible.set(key, sets);
          for (const [at, group] of shown.entries()) if (group.shown === null) sets[at]!.add(clients[at]!);
          if (Math.max(a, b, c) <= CHECKED && shown.some((group) => group.shown === null)) checked.add(key);
        }
    expect(checked.size).toBeGreaterThan(20);
    for (const key of checked)
      for (const numbers of possible.get(key)!)
        if (numbers.size > 0) expect([...numbers].sort(), key).toEqual([1, 2, 3, 4]);
  });

  it('are multiples of 5, near what they stand for, and never a group below 5', () => {
    const random = new SeededRandom(8);
    for (let round = 0; round < 3000; round++) {
      const groups = Array.from({ length: 1 + random.below(6) }, (_, at) => {
        const clients = random.below(2) === 0 ? random.below(8) : random.below(500);
        return { label: String(at), clients, flows: clients === 0 ? 0 : clients + random.below(1000) };
      });
      const shown = publicGroups(groups);
      const small = groups.filter(({ clients }) => clients > 0 && clients < 5);
      if (shown === null) {
        expect(small.length).toBeGreaterThan(0);
        continue;
      }
      expect(shown.map(({ label }) => label)).toEqual(groups.map(({ label }) => label));
      for (const [at, { shown: numbers, includesSmall }] of shown.entries()) {
        const { clients, flows } = groups[at]!;
        expect(numbers === null).toBe(clients > 0 && clients < 5);
        if (numbers === null) continue;
        const added = includesSmall ? small : [];
        const sumOf = (of: (group: Group) => number): number => added.reduce((sum, group) => sum + of(group), 0);
        expect((numbers.clients % 5) + (numbers.flows % 5)).toBe(0);
        expect(Math.abs(numbers.clients - clients - sumOf((group) => group.clients))).toBeLessThan(3);
        expect(Math.abs(numbers.flows - flows - sumOf((group) => group.flows))).toBeLessThan(3);
      }
      expect(shown.filter(({ includesSmall }) => includesSmall)).toHaveLength(small.length > 0 ? 1 : 0);
    }
  });
});
