/**
 * Aligns the rules of a draft with those of the active policy, by name. Since the first matching rule decides, a rule
 * that has another place among the others has moved: as few rules as possible count as moved.
 */
import type { Rule } from './policy.ts';

export type RuleStatus = 'same' | 'changed' | 'moved' | 'new' | 'gone';

export interface AlignedRule {
  readonly name: string;
  readonly status: RuleStatus;
  /** The numbers of the rule in both policies, from 0 on; null where it is not there. */
  readonly active: number | null;
  readonly draft: number | null;
}

/** In the order of the active rules; a new one follows the rule that it follows in the draft. */
export function alignRules(active: readonly Rule[], draft: readonly Rule[]): AlignedRule[] {
  const places = new Map(draft.map(({ name }, at) => [name, at]));
  const activeNames = new Set(active.map(({ name }) => name));
  const newAfter = newRules(draft, activeNames);
  const unmoved = longestAscending(active.flatMap(({ name }) => places.get(name) ?? []));
  const aligned: AlignedRule[] = [];
  const addNew = (after: string | null): void => {
    for (const at of newAfter.get(after) ?? [])
      aligned.push({ name: draft[at]!.name, status: 'new', active: null, draft: at });
  };
  addNew(null);
  for (const [at, rule] of active.entries()) {
    const place = places.get(rule.name) ?? null;
    const status = place === null ? 'gone' : statusOf(rule, draft[place]!, unmoved.has(place));
    aligned.push({ name: rule.name, status, active: at, draft: place });
    addNew(rule.name);
  }
  return aligned;
}

/** Shapes have their keys in the order of the schema, so equal rules have equal texts. */
function statusOf(active: Rule, draft: Rule, isUnmoved: boolean): RuleStatus {
  if (JSON.stringify(active.shape) !== JSON.stringify(draft.shape)) return 'changed';
  return isUnmoved ? 'same' : 'moved';
}

/** The new rules by the last rule before them that both policies have; null for those before the first. */
function newRules(draft: readonly Rule[], activeNames: ReadonlySet<string>): Map<string | null, number[]> {
  const found = new Map<string | null, number[]>();
  let last: string | null = null;
  for (const [at, { name }] of draft.entries()) {
    if (activeNames.has(name)) {
      last = name;
      continue;
    }
    const others = found.get(last);
    if (others === undefined) found.set(last, [at]);
    else others.push(at);
  }
  return found;
}

/** A longest ascending subsequence of distinct numbers, by patience sorting. */
function longestAscending(numbers: readonly number[]): Set<number> {
  /** The smallest last number of a subsequence of each length, and for each number the one before it. */
  const lasts: number[] = [];
  const before = new Map<number, number | undefined>();
  for (const number of numbers) {
    let low = 0;
    let high = lasts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lasts[middle]! < number) low = middle + 1;
      else high = middle;
    }
    before.set(number, lasts[low - 1]);
    lasts[low] = number;
  }
  const found = new Set<number>();
  for (let number = lasts.at(-1); number !== undefined; number = before.get(number)) found.add(number);
  return found;
}
