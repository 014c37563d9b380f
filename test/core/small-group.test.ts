/** Numbers of clients as pages have them, against a reader who tries every number that fits what is shown. */
import { describe, expect, it } from 'vitest';
import {
  clientsInWords,
  coarseClients,
  coarseParts,
  LARGEST_SMALL_GROUP,
  SMALLEST_GROUP,
} from '../../src/core/small-group.ts';
import { SeededRandom } from '../kit/random.mjs';

const isSmall = (clients: number): boolean => clients > 0 && clients < SMALLEST_GROUP;

/** The values that a part may have by what is shown of all parts, and by their sum: all of them are tried. */
function possibleValues(shown: readonly (number | null)[], sum: number): Set<number>[] {
  const found = shown.map(() => new Set<number>());
  // Beside small groups that are shown as such, what is left out is larger.
  const least = shown.includes(LARGEST_SMALL_GROUP) ? SMALLEST_GROUP : 1;
  const walk = (at: number, left: number, chosen: number[]): void => {
    if (at === shown.length) {
      if (left === 0) chosen.forEach((value, index) => found[index]!.add(value));
      return;
    }
    const one = shown[at] ?? null;
    const values =
      one === null
        ? Array.from({ length: Math.max(0, left - least + 1) }, (_, index) => index + least)
        : one === LARGEST_SMALL_GROUP
          ? [1, 2, 3, 4]
          : [one];
    for (const value of values) if (value <= left) walk(at + 1, left - value, [...chosen, value]);
  };
  walk(0, sum, []);
  return found;
}

describe('a number of clients', () => {
  it('from 1 to 4 is always the same, in words too', () => {
    expect([0, 1, 2, 3, 4, 5, 12].map(coarseClients)).toEqual([0, 4, 4, 4, 4, 5, 12]);
    expect([0, 1, 4, 5].map(clientsInWords)).toEqual(['0', 'fewer than 5', 'fewer than 5', '5']);
  });
});

describe('the parts of a number of clients', () => {
  it('are all shown where none is small, and as small where the whole is', () => {
    expect(coarseParts({ a: 5, b: 12 })).toEqual({ a: 5, b: 12 });
    expect(coarseParts({ a: 3 })).toEqual({ a: 4 });
    expect(coarseParts({ a: 1, b: 5 })).toEqual({ a: null, b: null });
    expect(coarseParts({})).toEqual({});
  });

  it('leave out a larger one where it would give the small one away', () => {
    expect(coarseParts({ a: 10, b: 2, c: 40 })).toEqual({ a: null, b: 4, c: 40 });
  });

  it('give no small part away to a reader who tries every number', () => {
    const random = new SeededRandom(5);
    let smallParts = 0;
    for (let round = 0; round < 400; round++) {
      const values = Array.from(
        { length: 1 + random.below(4) },
        () => 1 + random.below(random.below(2) === 0 ? 6 : 14),
      );
      const sum = values.reduce((total, value) => total + value, 0);
      if (isSmall(sum) || values.length === 1) continue;
      const shown = Object.values(coarseParts(Object.fromEntries(values.map((value, at) => [`rule-${at}`, value]))));
      const possible = possibleValues(shown, sum);
      values.forEach((value, at) => {
        if (!isSmall(value)) return;
        smallParts++;
        expect(possible[at]!.size, `${values.join(', ')} as ${shown.join(', ')}`).toBeGreaterThan(1);
      });
    }
    expect(smallParts).toBeGreaterThan(100);
  });
});
