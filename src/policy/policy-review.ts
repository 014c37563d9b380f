/**
 * Checks that compare the rules of a policy with each other and with its limits, which the schema cannot do. The most
 * important one warns of a rule that can throttle or block a registered user.
 */
import { parseInstant } from '../core/iso-time.ts';
import type { IssueList } from '../core/issue.ts';
import type { Micros } from '../core/units.ts';
import { parseBytes, parsePercent } from './action.ts';
import { ClientGroup, GROUP_NAMES } from './client-groups.ts';
import { compileSafety } from './compile-safety.ts';
import { DEFAULT_SAFETY, windowText } from './limits.ts';
import { matchesEverything } from './catch-all.ts';
import type { PolicyShape, RuleShape } from './policy-schema.ts';
import type { RegisteredReach } from './registered-reach.ts';
import { parseReviewBy, reviewState } from './review-date.ts';
import type { YamlDocument } from './yaml-document.ts';

/** The size of a full Ethernet frame: a throttle with a smaller burst delays or drops every such packet. */
const FULL_FRAME_BYTES = 1514;

/**
 * Reports names that two rules share. It reads unchecked values, so duplicates are reported along with other mistakes.
 */
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
    const { line, column } = document.positionOf(['rules', index, 'name']);
    issues.error(line, column, `name: ${JSON.stringify(name)} is already the name of rule ${first + 1}`);
  }
}

/**
 * Reports rules that can never match (errors) and rules that look like mistakes (warnings). `reaches` are those of the
 * shape's rules.
 */
export function checkRules(
  shape: PolicyShape,
  reaches: readonly RegisteredReach[],
  document: YamlDocument,
  issues: IssueList,
): void {
  if (shape.rules.length === 0) {
    const { line, column } = document.positionOf(['rules']);
    issues.warning(line, column, 'rules: the list is empty, so everything is allowed');
  }
  const hitting = new Set(reaches.filter(({ hits }) => hits).map(({ name }) => name));
  let catchAll: string | null = null;
  for (const [index, rule] of shape.rules.entries()) {
    const path = ['rules', index];
    if (catchAll !== null) {
      const { line, column } = document.positionOf([...path, 'name']);
      issues.warning(line, column, `rule ${rule.name} is never reached: ${catchAll} before it matches everything`);
    } else if (rule.hits_registered !== true && hitting.has(rule.name)) {
      const { line, column } = document.positionOf([...path, 'action']);
      issues.warning(
        line,
        column,
        `rule ${rule.name} can ${rule.action} registered users: let a rule before it allow them ` +
          '(when: { registered: either }), add the condition registered: none, ' +
          'or set hits_registered: true if this is intended',
      );
    }
    checkTimes(rule, path, document, issues);
    checkBurst(rule, path, document, issues);
    checkRollout(rule, shape.safety, path, document, issues);
    if (matchesEverything(rule)) catchAll ??= rule.name;
  }
}

/** Warns of rules whose date of review has passed, or is near. */
export function checkReviews(shape: PolicyShape, nowUs: Micros, document: YamlDocument, issues: IssueList): void {
  for (const [index, { name, review_by: reviewBy }] of shape.rules.entries()) {
    if (reviewBy === undefined) continue;
    const state = reviewState(parseReviewBy(reviewBy), nowUs);
    if (state === 'later') continue;
    const { line, column } = document.positionOf(['rules', index, 'review_by']);
    const problem = state === 'passed' ? 'has passed' : 'is near';
    issues.warning(line, column, `review_by: ${reviewBy} ${problem}: review rule ${name}, and set a later date`);
  }
}

function checkTimes(rule: RuleShape, path: PropertyKey[], document: YamlDocument, issues: IssueList): void {
  const { from, until } = rule.when ?? {};
  if (from === undefined || until === undefined || parseInstant(from) <= parseInstant(until)) return;
  const { line, column } = document.positionOf([...path, 'when', 'until']);
  issues.error(line, column, 'until: is before from, so the rule never matches');
}

function checkBurst(rule: RuleShape, path: PropertyKey[], document: YamlDocument, issues: IssueList): void {
  if (rule.burst === undefined || parseBytes(rule.burst) >= FULL_FRAME_BYTES) return;
  const { line, column } = document.positionOf([...path, 'burst']);
  issues.warning(line, column, `burst: ${rule.burst} is less than one full packet of ${FULL_FRAME_BYTES} bytes`);
}

/** Warns of a rollout to a larger fraction of clients than a limit of the policy allows: it would trip the breaker. */
function checkRollout(
  rule: RuleShape,
  safety: PolicyShape['safety'],
  path: PropertyKey[],
  document: YamlDocument,
  issues: IssueList,
): void {
  if (rule.rollout === undefined || rule.action === 'allow' || parsePercent(rule.rollout) === 1) return;
  const { limits } = safety === undefined ? DEFAULT_SAFETY : compileSafety(safety);
  const stages = rule.when?.stage;
  for (const limit of limits) {
    const isLimited =
      limit.group === ClientGroup.ANY || stages === undefined || stages.includes(GROUP_NAMES[limit.group]);
    if (!isLimited || limit.share === null || parsePercent(rule.rollout) <= limit.share) continue;
    const { line, column } = document.positionOf([...path, 'rollout']);
    const share = `${Number((limit.share * 100).toFixed(6))} %`;
    issues.warning(
      line,
      column,
      `rollout: ${rule.rollout} of the clients at once is more than the ${share} that safety allows within ` +
        `${windowText(limit.windowUs)}: raise it in smaller steps, or the breaker trips`,
    );
    return;
  }
}
