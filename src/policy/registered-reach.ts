/**
 * Whether a rule can hit a registered user, from the rules alone. A flow's registered ends are one of four states: none, the source, the destination,
 * both. A rule can hit a registered user if its conditions allow a state other than none, and no rule before it allows every flow of that state that it
 * would match.
 *
 * The answer errs towards yes: conditions of two rules are compared key by key, so a rule that is covered only by several others together, or by a
 * variant that belongs to one protocol, counts as one that can hit.
 */
import { parseInstant } from '../core/iso-time.ts';
import { PrefixParser, wordMask } from '../registry/prefix.ts';
import { parseShare } from './action.ts';
import { parsePorts, type RuleShape } from './policy-schema.ts';

/** What is known of a rule that throttles or blocks. */
export interface RegisteredReach {
  readonly name: string;
  readonly action: string;
  readonly hits: boolean;
  /** Why, as a clause. */
  readonly reason: string;
}

type When = NonNullable<RuleShape['when']>;
type Key = keyof When;

/** States of a flow's ends, as bits. */
const SOURCE = 1;
const DESTINATION = 2;
const BOTH = 4;
const ANY_REGISTERED = SOURCE | DESTINATION | BOTH;
const STATES: Readonly<Record<string, number>> = {
  none: 0,
  source: SOURCE | BOTH,
  destination: DESTINATION | BOTH,
  either: ANY_REGISTERED,
  both: BOTH,
};

/** The reach of each rule that does not allow, in their order. */
export function registeredReaches(rules: readonly RuleShape[]): RegisteredReach[] {
  const reaches: RegisteredReach[] = [];
  for (const [index, rule] of rules.entries()) {
    if (rule.action !== 'allow') reaches.push(reachOf(rule, rules.slice(0, index)));
  }
  return reaches;
}

/** Registered states that a rule's own conditions let through. */
function statesOf({ when }: RuleShape): number {
  return when?.registered === undefined ? ANY_REGISTERED : STATES[when.registered]!;
}

function reachOf(rule: RuleShape, before: readonly RuleShape[]): RegisteredReach {
  const answer = (hits: boolean, reason: string): RegisteredReach => ({
    name: rule.name,
    action: rule.action,
    hits,
    reason,
  });
  const first = before.find((other) => isForAll(other) && Object.keys(other.when ?? {}).length === 0);
  if (first !== undefined)
    return answer(false, `it is never reached, since ${first.name} before it matches everything`);
  let open = statesOf(rule);
  if (open === 0) return answer(false, 'it asks for registered: none');
  const allowing: string[] = [];
  const partly: string[] = [];
  for (const other of before) {
    if (other.action !== 'allow' || (statesOf(other) & open) === 0) continue;
    const narrower = narrowerKeys(rule, other);
    if (narrower.length > 0) {
      partly.push(`${other.name} before it allows them by ${narrower.join(', ')} only`);
      continue;
    }
    allowing.push(other.name);
    open &= ~statesOf(other);
    if (open === 0)
      return answer(false, `${allowing.join(' and ')} before it ${allowing.length > 1 ? 'allow' : 'allows'} them`);
  }
  const meant = rule.hits_registered === true ? ['hits_registered: true says that this is meant'] : [];
  return answer(true, [asked(rule), ...partly, ...meant].join('; '));
}

function asked({ when }: RuleShape): string {
  if (when?.registered !== undefined) return `it asks for registered: ${when.registered}`;
  if (when?.sector !== undefined) return `it asks for the sector of a registered end`;
  return 'it does not ask who is registered, and no rule before it allows all of them';
}

function isForAll({ rollout }: RuleShape): boolean {
  return rollout === undefined || parseShare(rollout) === 1;
}

/** Conditions of `other` that do not hold for every flow that `rule` matches, other than that on registered ends. */
function narrowerKeys(rule: RuleShape, other: RuleShape): string[] {
  const asks = other.when ?? {};
  const keys = (Object.keys(asks) as Key[]).filter((key) => key !== 'registered' && asks[key] !== undefined);
  const narrower: string[] = keys.filter((key) => !implies(key, rule.when?.[key], asks[key]));
  if (!isForAll(other)) narrower.push('rollout');
  return narrower;
}

/** True when every flow for which `has` holds is one for which `wanted` holds. */
function implies(key: Key, has: unknown, wanted: unknown): boolean {
  if (has === undefined) return false;
  switch (key) {
    case 'from':
      return parseInstant(has as string) >= parseInstant(wanted as string);
    case 'until':
      return parseInstant(has as string) <= parseInstant(wanted as string);
    case 'min_packets':
    case 'min_bytes':
      return (has as number) >= (wanted as number);
    case 'schedule':
      return JSON.stringify(has) === JSON.stringify(wanted);
    case 'source':
    case 'destination':
      return eachWithin(has as string[], wanted as string[], isPrefixWithin);
    case 'source_port':
    case 'destination_port':
      return eachWithin(has as (string | number)[], wanted as (string | number)[], arePortsWithin);
    default:
      return eachWithin(has as string[], wanted as string[], (a, b) => a === b);
  }
}

function eachWithin<T>(has: readonly T[], wanted: readonly T[], isWithin: (inner: T, outer: T) => boolean): boolean {
  return has.every((inner) => wanted.some((outer) => isWithin(inner, outer)));
}

function arePortsWithin(inner: string | number, outer: string | number): boolean {
  const [a, b] = [parsePorts(inner)!, parsePorts(outer)!];
  return a.first >= b.first && a.last <= b.last;
}

function isPrefixWithin(inner: string, outer: string): boolean {
  const [a, b] = [inner, outer].map((text) => {
    const parser = new PrefixParser();
    parser.parse(text);
    return parser;
  }) as [PrefixParser, PrefixParser];
  const words = [a.word0 ^ b.word0, a.word1 ^ b.word1, a.word2 ^ b.word2, a.word3 ^ b.word3];
  return (
    a.isIpv4 === b.isIpv4 && a.length >= b.length && words.every((word, at) => (word & wordMask(b.length, at)) === 0)
  );
}
