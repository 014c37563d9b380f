/** Alignment of a draft with the active rules: by cases, and against a twin that tries every set of unmoved rules. */
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import type { Rule } from '../../src/policy/policy.ts';
import { alignRules } from '../../src/policy/rule-alignment.ts';
import { SeededRandom } from '../kit/random.mjs';

/** Rules by short texts: `a` allows, `a!` blocks. */
function rulesOf(...texts: string[]): readonly Rule[] {
  const rules = texts.map((text) => ({ name: text.replace('!', ''), action: text.endsWith('!') ? 'block' : 'allow' }));
  return parsePolicy(new TextEncoder().encode(stringify({ name: 'x', rules })), 'p').policy!.rules;
}

const aligned = (active: string[], draft: string[]): string[] =>
  alignRules(rulesOf(...active), rulesOf(...draft)).map(({ name, status }) => `${name} ${status}`);

describe('rules of a draft beside the active ones', () => {
  it.each<[string, string[], string[], string[]]>([
    ['equal ones', ['a', 'b'], ['a', 'b'], ['a same', 'b same']],
    ['a changed one', ['a', 'b'], ['a!', 'b'], ['a changed', 'b same']],
    ['a new one between two', ['a', 'b'], ['a', 'x', 'b'], ['a same', 'x new', 'b same']],
    ['new ones before the first', ['a'], ['x', 'y', 'a'], ['x new', 'y new', 'a same']],
    ['one that is gone', ['a', 'b', 'c'], ['a', 'c'], ['a same', 'b gone', 'c same']],
    ['a moved one', ['a', 'b', 'c'], ['b', 'c', 'a'], ['a moved', 'b same', 'c same']],
    ['a changed one that moved too', ['a', 'b', 'c'], ['b', 'c', 'a!'], ['a changed', 'b same', 'c same']],
    ['nothing left', ['a'], [], ['a gone']],
    ['nothing before', [], ['a'], ['a new']],
  ])('are right for %s', (_title, active, draft, expected) => {
    expect(aligned(active, draft)).toEqual(expected);
  });

  it('have every rule of both once, and as few moved ones as possible', () => {
    const random = new SeededRandom(7);
    for (let round = 0; round < 300; round++) {
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
      const some = (): string[] =>
        names
          .filter(() => random.chance(0.7))
          .map((name) => ({ name, key: random.share() }))
          .sort((one, other) => one.key - other.key)
          .map(({ name }) => name);
      const [active, draft] = [some(), some()];
      const rows = alignRules(rulesOf(...active), rulesOf(...draft));
      expect(rows.filter((row) => row.active !== null).map((row) => row.active)).toEqual(active.map((_, at) => at));
      expect(rows.flatMap(({ draft: at }) => at ?? []).sort()).toEqual(draft.map((_, at) => at));
      for (const { name, active: at, draft: place, status } of rows) {
        if (at !== null) expect(active[at]).toBe(name);
        if (place !== null) expect(draft[place]).toBe(name);
        expect(status === 'new').toBe(at === null);
        expect(status === 'gone').toBe(place === null);
      }
      const moved = rows.filter(({ status }) => status === 'moved').length;
      expect(moved).toBe(fewestMoved(active, draft));
    }
  });

  it('are aligned in linear time where there are 10,000', () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `rule-${at}`);
    const rules = rulesOf(...names.slice(0, 1));
    const many = names.map((name) => ({ ...rules[0]!, name, shape: { ...rules[0]!.shape, name } }));
    const rows = alignRules(many.slice(0, 5000), [...many].reverse());
    expect(rows).toHaveLength(10_000);
    expect(rows.filter(({ status }) => status === 'moved')).toHaveLength(4999);
  });
});

/** Tries every subset of the common rules as those that keep their order. */
function fewestMoved(active: readonly string[], draft: readonly string[]): number {
  const common = active.filter((name) => draft.includes(name));
  let most = 0;
  for (let set = 0; set < 1 << common.length; set++) {
    const places = common.filter((_, at) => ((set >> at) & 1) !== 0).map((name) => draft.indexOf(name));
    if (places.every((place, at) => at === 0 || places[at - 1]! < place)) most = Math.max(most, places.length);
  }
  return common.length - most;
}
