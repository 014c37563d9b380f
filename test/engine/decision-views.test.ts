/** Decisions in words against their obvious twin, a map by a text of all numbers, on random ones. */
import { describe, expect, it } from 'vitest';
import type { DecisionView } from '../../src/decision/decision-sink.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { KEPT_DECISIONS, NO_ACTION, DecisionViews } from '../../src/decision/decision-views.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { NO_RULE, REASON_NAMES } from '../../src/policy/decide.ts';
import { MODE_NAMES } from '../../src/policy/mode.ts';
import { NO_REGISTRATION } from '../../src/registry/registration.ts';
import { SeededRandom } from '../kit/random.mjs';

const RULES = ['registered', 'late', 'slow'];

/** Rules whose registrations are named by their numbers. */
function rulesNamed(suffix: string): Rules {
  return {
    policy: { rules: RULES.map((name) => ({ name: name + suffix })) },
    registry: {
      registrationAt: (index: number) => ({
        prefix: `${index}`,
        holder: `holder ${index}${suffix}`,
        sector: 'it',
        reference: `r${index}`,
      }),
    },
  } as unknown as Rules;
}

type Numbers = Parameters<DecisionViews['of']>;

function wordsOf([action, previous, rule, reason, mode, source, destination]: Numbers, suffix = ''): object {
  const registration = (index: number): object | null =>
    index === NO_REGISTRATION
      ? null
      : { prefix: `${index}`, holder: `holder ${index}${suffix}`, sector: 'it', reference: `r${index}` };
  return {
    action: ACTION_NAMES[action],
    previous: previous === NO_ACTION ? null : ACTION_NAMES[previous],
    rule: rule === NO_RULE ? null : RULES[rule]! + suffix,
    reason: REASON_NAMES[reason],
    mode,
    source: registration(source),
    destination: registration(destination),
  };
}

function numbers(random: SeededRandom, registrations: number): Numbers {
  return [
    random.below(ACTION_NAMES.length),
    random.below(ACTION_NAMES.length + 1) + NO_ACTION,
    random.below(RULES.length + 1) + NO_RULE,
    random.below(REASON_NAMES.length),
    MODE_NAMES[random.below(MODE_NAMES.length)]!,
    random.below(registrations + 1) + NO_REGISTRATION,
    random.below(registrations + 1) + NO_REGISTRATION,
  ];
}

describe('decisions in words', () => {
  it('are what their numbers say, and equal ones are one object', () => {
    const random = new SeededRandom(7);
    const shown = new DecisionViews(rulesNamed(''));
    const twin = new Map<string, DecisionView>();
    for (let i = 0; i < 50_000; i++) {
      const numbersOfIt = numbers(random, 3);
      const name = numbersOfIt.join();
      const decision = shown.of(...numbersOfIt);
      if (!twin.has(name)) expect(decision).toEqual({ ...wordsOf(numbersOfIt), number: twin.size });
      else expect(decision).toBe(twin.get(name));
      twin.set(name, decision);
    }
  });

  it('are right, with numbers below the limit, where there are more than are kept', () => {
    const random = new SeededRandom(8);
    const shown = new DecisionViews(rulesNamed(''));
    for (let i = 0; i < 3 * KEPT_DECISIONS; i++) {
      const numbersOfIt = numbers(random, 2 ** 25);
      const { number, ...words } = shown.of(...numbersOfIt);
      expect(number).toBeLessThan(KEPT_DECISIONS);
      expect(words).toEqual(wordsOf(numbersOfIt));
    }
  });

  it('are those of the new rules after a swap', () => {
    const shown = new DecisionViews(rulesNamed(''));
    const decision: Numbers = [2, 0, 1, 4, 'enforce', 17, NO_REGISTRATION];
    expect(shown.of(...decision)).toMatchObject(wordsOf(decision));
    shown.useRules(rulesNamed(' of today'));
    expect(shown.of(...decision)).toMatchObject(wordsOf(decision, ' of today'));
  });
});
