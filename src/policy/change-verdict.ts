/**
 * Decides whether a change of rules may take effect without an operator: lists the limits of the guard and the breaker
 * that it exceeds, and gives its figures for events and logs.
 *
 * Lost registrations refuse a change in either mode. Clients that would be hit refuse it where the rules after the
 * change are enforced; in mode observe they are a warning.
 */
import { STAGE_NAMES } from '../dataplane/host/finding.ts';
import type { AddressCount } from '../registry/coverage-change.ts';
import { ACTION_NAMES } from './action.ts';
import { ClientGroup } from './client-groups.ts';
import type { ChangeEvaluation, FlowEvaluation, HitLimit, LimitUse } from './change-evaluation.ts';
import { type ExcessNumbers, excessWords } from './excess-words.ts';
import type { GuardLimits } from './guard-limits.ts';
import type { Safety } from './limits.ts';

/** A limit that the change exceeds. */
export interface Excess extends ExcessNumbers {
  /** A sentence with the numbers. */
  readonly text: string;
  /** The change must not take effect without an operator's confirmation. */
  readonly refuses: boolean;
}

const MICROS_PER_SECOND = 1e6;

/** The limits of a policy's breaker. */
export function hitLimitsOf({ limits }: Safety): HitLimit[] {
  return limits.map(({ windowUs, group, clients, share, floor }) => {
    return { windowUs, stage: group === ClientGroup.ANY ? null : group, clients, share, floor };
  });
}

export function excessesOf(evaluation: ChangeEvaluation, guard: GuardLimits): Excess[] {
  const { coverage, registeredHit, deregistered, isEnforced } = evaluation;
  const none = { of: null, stage: null, window: null };
  const most = Math.floor(guard.registrations * coverage.inForceBefore);
  const uses: ExcessNumbers[] = [
    { ...none, limit: 'registrations', seen: coverage.lost, allowed: most, of: coverage.inForceBefore },
    { ...none, limit: 'registered', seen: registeredHit, allowed: guard.registered },
    { ...none, limit: 'deregistered', seen: deregistered, allowed: guard.deregistered },
    ...evaluation.limits.map(breakerUse),
  ];
  return uses
    .filter(({ seen, allowed }) => seen > allowed)
    .map((use) => ({ ...use, text: excessWords(use), refuses: use.limit === 'registrations' || isEnforced }));
}

/** The limits that a change exceeds, for events: as sentences, and as their numbers. */
export function excessFields(excesses: readonly Excess[]): {
  readonly reasons: readonly string[];
  readonly exceeded: readonly ExcessNumbers[];
} {
  return {
    reasons: excesses.map(({ text }) => text),
    exceeded: excesses.map(({ limit, seen, allowed, of, stage, window }) => {
      return { limit, seen, allowed, of, stage, window };
    }),
  };
}

function breakerUse({ limit: { stage, windowUs }, hit, seen, allowed }: LimitUse): ExcessNumbers {
  const ofStage = stage === null ? null : STAGE_NAMES[stage]!;
  return { limit: 'breaker', seen: hit, allowed, of: seen, stage: ofStage, window: windowUs / MICROS_PER_SECOND };
}

/**
 * The figures as events and logs show them. Counts of IPv6 addresses are strings: JSON numbers are not exact beyond
 * 2^53.
 */
export function evaluationFigures(evaluation: ChangeEvaluation): Readonly<Record<string, unknown>> {
  const { coverage } = evaluation;
  const family = (count: AddressCount): object => ({ ipv4: count.ipv4, ipv6: String(count.ipv6) });
  return {
    registrations: { before: coverage.inForceBefore, after: coverage.inForceAfter, lost: coverage.lost },
    lost_by_sector: coverage.lostBySector,
    addresses: {
      before: family(coverage.addressesBefore),
      after: family(coverage.addressesAfter),
      lost: family(coverage.addressesLost),
    },
    ...flowFigures(evaluation),
    enforced: evaluation.isEnforced,
  };
}

/** The part of the figures that is about flows and clients. */
export function flowFigures(evaluation: FlowEvaluation): Readonly<Record<string, unknown>> {
  return {
    flows: evaluation.flows,
    flows_left_out: evaluation.flowsLeftOut,
    actions: actionFigures(evaluation.flowsByAction),
    clients: evaluation.clients,
    newly_hit: evaluation.newlyHit,
    no_longer_hit: evaluation.noLongerHit,
    registered_hit: evaluation.registeredHit,
    deregistered: evaluation.deregistered,
    hits_by_rule: Object.fromEntries(evaluation.hitsByRule),
  };
}

/** Flows by `before-after` actions, zeros left out. */
export function actionFigures(flowsByAction: Float64Array): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const [cell, count] of flowsByAction.entries()) {
    if (count === 0) continue;
    const [from, to] = [Math.floor(cell / ACTION_NAMES.length), cell % ACTION_NAMES.length];
    figures[`${ACTION_NAMES[from]!}-${ACTION_NAMES[to]!}`] = count;
  }
  return figures;
}
