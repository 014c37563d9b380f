/** Answers the questions of the Rules page from the daemon's parts: a page of rules in words at a time. */
import { parseInstant } from '../../core/iso-time.ts';
import { coarseClients } from '../../core/small-group.ts';
import { formatMicros } from '../../core/units.ts';
import { rulesSha256 } from '../../decision/rules.ts';
import { HitKind } from '../../decision/registered-hits.ts';
import { limitText } from '../../policy/limits.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import { reviewState, parseReviewBy } from '../../policy/review-date.ts';
import type { ReachReason } from '../../policy/reach-words.ts';
import { type AlignedRule, alignRules } from '../../policy/rule-alignment.ts';
import { wordedRule } from '../../policy/worded-rule.ts';
import type { User } from '../../web/api/route.ts';
import type { RulesAnswers } from '../../web/api/rules-routes.ts';
import type { RuleRow, RulesDocument, RulesQuery, RuleView, ShadowView } from '../../web/api/rules-schema.ts';
import type { LiveParts } from './live-document.ts';
import type { RulesUse } from './rules-use.ts';
import { hidesRegistrations, shownFigures, type ShownRegistrations, shownVerdict } from './shown-change.ts';

const DEFAULT_LIMIT = 100;
const MICROS_PER_MILLISECOND = 1000;
const MICROS_PER_SECOND = 1e6;

export class ConsoleRules implements RulesAnswers {
  private readonly parts: LiveParts & ShownRegistrations;
  private readonly use: Pick<RulesUse, 'rulesMs'>;
  /** The alignment of the last two policies; the draft is null without a shadow. */
  private alignedPolicies: readonly [active: Policy | null, draft: Policy | null] = [null, null];
  private alignedRules: readonly AlignedRule[] = [];

  constructor(parts: LiveParts & ShownRegistrations, use: Pick<RulesUse, 'rulesMs'>) {
    this.parts = parts;
    this.use = use;
  }

  day(): Promise<string> {
    const { history, engine } = this.parts;
    return history.client.ask({ what: 'rule-day', query: { to: Math.floor(engine.timeUs / MICROS_PER_SECOND) } });
  }

  rules(query: RulesQuery, user: User | null): RulesDocument {
    const { limit = DEFAULT_LIMIT, show = 'all', name = '', at } = query;
    const { engine, startedMs } = this.parts;
    const { rules, decisions, admission } = engine;
    const { policy, versions } = rules;
    const draft = engine.shadow?.rules.policy ?? null;
    const aligned = this.aligned(policy, draft).filter(
      (one) => (show === 'all' || one.status !== 'same') && one.name.includes(name),
    );
    const place =
      at === undefined
        ? 0
        : Math.max(
            0,
            aligned.findIndex((one) => one.name === at),
          );
    const skip = query.skip ?? place - (place % limit);
    const hidden = hidesRegistrations(this.parts, user);
    return {
      policy: policy.name,
      sha256: rulesSha256(rules),
      policy_sha256: policy.sha256,
      registry_sha256: rules.registry.sha256,
      versions: { policy: versions?.policy ?? null, registry: versions?.registry ?? null },
      mode: decisions.mode,
      rules_mode: rules.mode,
      since_ms: this.use.rulesMs,
      counted_from_ms: startedMs,
      limits: admission.breaker.limitCounts().map(({ limit: one, affected, seen, allowed }) => ({
        limit: limitText(one),
        then: one.then,
        affected: coarseClients(affected),
        seen: coarseClients(seen),
        allowed,
      })),
      registered_allowed: policy.safety.registered,
      registered_hits: decisions.counts.hits.total(HitKind.IN_FORCE),
      guard: policy.guard,
      trips: admission.breaker.trips.map(({ timeUs }) => timeUs / MICROS_PER_MILLISECOND),
      waiting: this.waiting(user),
      shadow: this.shadow(user),
      unmatched: decisions.counts.tally.countOf(null).decisions,
      total: aligned.length,
      skip,
      rows: aligned.slice(skip, skip + limit).map((one) => this.row(one, policy, draft, hidden)),
      hidden,
    };
  }

  private waiting(user: User | null): RulesDocument['waiting'] {
    const { changes } = this.parts;
    const { refused } = changes.guard;
    const { held } = changes.calendar;
    return {
      rules: refused === null ? null : shownVerdict(refused, this.parts, user),
      date: held === null ? null : { ...shownVerdict(held, this.parts, user), date: formatMicros(held.date.firstUs) },
    };
  }

  private shadow(user: User | null): ShadowView | null {
    const { engine, shadow } = this.parts;
    const figures = shadow.status(false);
    const { lastHourEvaluated } = shadow;
    if (figures === null || engine.shadow === null || lastHourEvaluated === null) return null;
    const rules: Record<string, number> = { same: 0, changed: 0, moved: 0, new: 0, gone: 0 };
    for (const { status } of this.aligned(engine.rules.policy, engine.shadow.rules.policy)) rules[status]!++;
    return {
      policy: figures.policy,
      own_registry: figures.registry.own,
      since_ms: engine.shadow.sinceUs / MICROS_PER_MILLISECOND,
      since_began: shownCounts(figures.since_began),
      last_hour: shownFigures(lastHourEvaluated.evaluation, this.parts, user),
      last_hour_ms: lastHourEvaluated.timeUs / MICROS_PER_MILLISECOND,
      would_trip: figures.would_trip.map((trip) => ({
        ...trip,
        clients_affected: coarseClients(trip.clients_affected),
        clients_seen: coarseClients(trip.clients_seen),
      })),
      rules,
    };
  }

  /** Aligned once for a pair of policies. Without a draft each rule is aligned with itself. */
  private aligned(active: Policy, draft: Policy | null): readonly AlignedRule[] {
    if (this.alignedPolicies[0] !== active || this.alignedPolicies[1] !== draft) {
      this.alignedPolicies = [active, draft];
      this.alignedRules = alignRules(active.rules, (draft ?? active).rules);
    }
    return this.alignedRules;
  }

  private row(one: AlignedRule, active: Policy, draft: Policy | null, hidden: boolean): RuleRow {
    const { decisions, registered } = this.parts.engine.decisions.counts.tally.countOf(one.name);
    return {
      name: one.name,
      status: draft === null ? null : one.status,
      active: this.view(active, one.active, hidden),
      draft: draft === null ? null : this.view(draft, one.draft, hidden),
      decisions,
      registered,
    };
  }

  private view(policy: Policy, at: number | null, hidden: boolean): RuleView | null {
    if (at === null) return null;
    const rule = policy.rules[at]!;
    const { legal_basis: legalBasis, review_by: reviewBy, action } = rule.shape;
    return {
      place: at + 1,
      words: wordedRule(rule, hidden),
      action: action as RuleView['action'],
      rollout: rule.rollout,
      hits_registered: rule.hitsRegistered,
      legal_basis: legalBasis ?? null,
      review_by: reviewBy ?? null,
      review: reviewBy === undefined ? null : reviewState(parseReviewBy(reviewBy), Date.now() * MICROS_PER_MILLISECOND),
      outside: outsideOf(rule, this.parts.engine.timeUs),
      reach: reachOf(policy, rule),
    };
  }
}

/** Whether a rule's own times keep it from deciding at a packet time. */
function outsideOf({ shape: { when } }: Rule, timeUs: number): RuleView['outside'] {
  const [from, until] = [when?.from, when?.until].map((time) => (time === undefined ? NaN : parseInstant(time)));
  if (until! < timeUs) return { state: 'ended', at_ms: until! / MICROS_PER_MILLISECOND };
  if (from! > timeUs) return { state: 'ahead', at_ms: from! / MICROS_PER_MILLISECOND };
  return null;
}

function shownCounts(counts: ShadowView['since_began']): ShadowView['since_began'] {
  return {
    ...counts,
    registered_hit: coarseClients(counts.registered_hit),
    deregistered: coarseClients(counts.deregistered),
    newly_hit: coarseClients(counts.newly_hit),
    no_longer_hit: coarseClients(counts.no_longer_hit),
  };
}

/** The reaches of each policy by the names of its rules. */
const reaches = new WeakMap<Policy, Map<string, RuleView['reach']>>();

function reachOf(policy: Policy, { name }: Rule): RuleView['reach'] {
  let byName = reaches.get(policy);
  if (byName === undefined) {
    byName = new Map(
      policy.reaches.map(({ name: of, hits, reasons }) => [of, { hits, reasons: reasons.map(shownReason) }]),
    );
    reaches.set(policy, byName);
  }
  return byName.get(name) ?? null;
}

function shownReason({ why, rules, values }: ReachReason): NonNullable<RuleView['reach']>['reasons'][number] {
  return { why, rules: [...rules], values: [...values] };
}
