/**
 * What the schema cannot see: rules beside each other. Above all, whether a rule could hit a registered user: nobody who is in the registry
 * should depend on a rule's author having thought of it.
 */
import { parseInstant } from '../core/iso-time.ts';
import type { IssueList } from '../core/issue.ts';
import { parseOctets, parseShare } from './action.ts';
import { ClientGroup, GROUP_NAMES } from './client-groups.ts';
import { compileSafety } from './compile-safety.ts';
import { DEFAULT_SAFETY, windowText } from './limits.ts';
import type { PolicyShape, RuleShape } from './policy-schema.ts';
import { registeredReaches } from './registered-reach.ts';
import type { YamlDocument } from './yaml-document.ts';

/** A full Ethernet frame: a smaller burst delays or drops every such packet. */
const FULL_FRAME_OCTETS = 1514;

/** Reports names that two rules share. Takes the file's plain values, so that it also finds them beside other mistakes. */
export function checkNames(value: unknown, document: YamlDocument, issues: IssueList): void {
  const rules = (value as { rules?: unknown }).rules;
  if (!Array.isArray(rules)) return;
  const seen = new Map<unknown, number>();
  for (const [index, rule] of (rules as unknown[]).entries()) {
    const name = (rule as { name?: unknown } | null)?.name;
    if (typeof name !== 'string') continue;
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, index);
      continue;
    }
    const { line, column } = document.placeOf(['rules', index, 'name']);
    issues.error(line, column, `name: ${JSON.stringify(name)} is the name of rule ${first + 1} already`);
  }
}

/** Reports what can't be meant (errors), and what may not be (warnings). */
export function checkRules(shape: PolicyShape, document: YamlDocument, issues: IssueList): void {
  if (shape.rules.length === 0) {
    const { line, column } = document.placeOf(['rules']);
    issues.warning(line, column, 'rules: there are none, so everything is allowed');
  }
  const reaches = new Map(registeredReaches(shape.rules).map((reach) => [reach.name, reach]));
  let catchAll: string | null = null;
  for (const [index, rule] of shape.rules.entries()) {
    const path = ['rules', index];
    if (catchAll !== null) {
      const { line, column } = document.placeOf([...path, 'name']);
      issues.warning(line, column, `rule ${rule.name} is never reached: ${catchAll} before it matches everything`);
    } else if (rule.hits_registered !== true && reaches.get(rule.name)?.hits === true) {
      const { line, column } = document.placeOf([...path, 'action']);
      issues.warning(
        line,
        column,
        `rule ${rule.name} can ${rule.action} registered users: let a rule before it allow them ` +
          '(when: { registered: either }), let it ask for registered: none, or say hits_registered: true where that is meant',
      );
    }
    checkTimes(rule, path, document, issues);
    checkBurst(rule, path, document, issues);
    checkRollout(rule, shape.safety, path, document, issues);
    if (holdsAlways(rule) && Object.keys(rule.when ?? {}).length === 0) catchAll ??= rule.name;
  }
}

function holdsAlways(rule: RuleShape): boolean {
  return rule.rollout === undefined || parseShare(rule.rollout) === 1;
}

function checkTimes(rule: RuleShape, path: PropertyKey[], document: YamlDocument, issues: IssueList): void {
  const { from, until } = rule.when ?? {};
  if (from === undefined || until === undefined || parseInstant(from) <= parseInstant(until)) return;
  const { line, column } = document.placeOf([...path, 'when', 'until']);
  issues.error(line, column, 'until: lies before from, so the rule never matches');
}

function checkBurst(rule: RuleShape, path: PropertyKey[], document: YamlDocument, issues: IssueList): void {
  if (rule.burst === undefined || parseOctets(rule.burst) >= FULL_FRAME_OCTETS) return;
  const { line, column } = document.placeOf([...path, 'burst']);
  issues.warning(line, column, `burst: ${rule.burst} is less than one full packet of ${FULL_FRAME_OCTETS} octets`);
}

/** A roll-out to more clients at once than the policy's own limits allow would trip the breaker: that much shows without traffic. */
function checkRollout(
  rule: RuleShape,
  safety: PolicyShape['safety'],
  path: PropertyKey[],
  document: YamlDocument,
  issues: IssueList,
): void {
  if (rule.rollout === undefined || rule.action === 'allow' || parseShare(rule.rollout) === 1) return;
  const { limits } = safety === undefined ? DEFAULT_SAFETY : compileSafety(safety);
  const stages = rule.when?.stage;
  for (const limit of limits) {
    const isLimited =
      limit.group === ClientGroup.ANY || stages === undefined || stages.includes(GROUP_NAMES[limit.group]);
    if (!isLimited || limit.share === null || parseShare(rule.rollout) <= limit.share) continue;
    const { line, column } = document.placeOf([...path, 'rollout']);
    const share = `${Number((limit.share * 100).toFixed(6))} %`;
    issues.warning(
      line,
      column,
      `rollout: ${rule.rollout} of the clients at once is more than the ${share} that safety allows within ` +
        `${windowText(limit.windowUs)}: go there in steps, or the breaker trips`,
    );
    return;
  }
}
