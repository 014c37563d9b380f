/** What the guard says of a change: the limits it exceeds, and its figures in events. */
import { describe, expect, it } from 'vitest';
import type { ChangeEvaluation } from '../../src/policy/change-evaluation.ts';
import { evaluationFigures, excessesOf, hitLimitsOf } from '../../src/policy/change-verdict.ts';
import { DEFAULT_SAFETY } from '../../src/policy/limits.ts';

const GUARD = { registrations: 0.1, deregistered: 10, registered: 0 };
const LIMIT = { windowUs: 90e6, stage: 2, clients: 20, share: null, floor: 0 };

function evaluation(fields: Partial<ChangeEvaluation> = {}): ChangeEvaluation {
  return {
    coverage: {
      inForceBefore: 57,
      inForceAfter: 40,
      lost: 5,
      lostBySector: { bank: 3, other: 2 },
      addressesBefore: { ipv4: 300, ipv6: 1n << 80n },
      addressesAfter: { ipv4: 200, ipv6: 2n },
      addressesLost: { ipv4: 100, ipv6: 1n },
    },
    flows: 12,
    flowsLeftOut: 3,
    clients: 9,
    flowsByAction: Float64Array.of(5, 0, 4, 0, 0, 0, 1, 0, 2),
    bytesByAction: new Float64Array(9),
    newlyHit: 4,
    noLongerHit: 1,
    registeredHit: 0,
    deregistered: 10,
    hitsByRule: new Map([['cut', 4]]),
    registeredUsers: [],
    limits: [{ limit: LIMIT, hit: 20, seen: 30, allowed: 20 }],
    isEnforced: true,
    ...fields,
  };
}

describe('the limits that a change exceeds', () => {
  it('are none while each is just used up', () => {
    expect(excessesOf(evaluation(), GUARD)).toEqual([]);
  });

  it.each([true, false])('are all listed with their numbers, enforced %s', (isEnforced) => {
    const coverage = { ...evaluation().coverage, lost: 6 };
    const limits = [
      { limit: LIMIT, hit: 21, seen: 30, allowed: 20 },
      { limit: { ...LIMIT, stage: null }, hit: 7, seen: 8, allowed: 6 },
    ];
    const one = evaluation({ coverage, registeredHit: 1, deregistered: 11, limits, isEnforced });
    expect(excessesOf(one, GUARD)).toEqual([
      {
        limit: 'registrations',
        of: 57,
        stage: null,
        window: null,
        seen: 6,
        allowed: 5,
        refuses: true,
        text: '6 of 57 registrations in force would be lost, 5 may be',
      },
      {
        limit: 'registered',
        of: null,
        stage: null,
        window: null,
        seen: 1,
        allowed: 0,
        refuses: isEnforced,
        text: 'fewer than 5 clients with a registration would be hit, 0 may be',
      },
      {
        limit: 'deregistered',
        of: null,
        stage: null,
        window: null,
        seen: 11,
        allowed: 10,
        refuses: isEnforced,
        text: '11 clients would lose their registration and be hit, 10 may be',
      },
      {
        limit: 'breaker',
        of: 30,
        stage: 'confirmed',
        window: 90,
        seen: 21,
        allowed: 20,
        refuses: isEnforced,
        text: '21 of 30 clients with confirmed flows in the last 90 s would newly be hit, 20 may be',
      },
      {
        limit: 'breaker',
        of: 8,
        stage: null,
        window: 90,
        seen: 7,
        allowed: 6,
        refuses: isEnforced,
        text: '7 of 8 clients with VPN flows in the last 90 s would newly be hit, 6 may be',
      },
    ]);
  });
});

it('the figures of a change leave out actions without flows, and give IPv6 addresses as text', () => {
  expect(evaluationFigures(evaluation())).toEqual({
    registrations: { before: 57, after: 40, lost: 5 },
    lost_by_sector: { bank: 3, other: 2 },
    addresses: {
      before: { ipv4: 300, ipv6: '1208925819614629174706176' },
      after: { ipv4: 200, ipv6: '2' },
      lost: { ipv4: 100, ipv6: '1' },
    },
    flows: 12,
    flows_left_out: 3,
    actions: { 'allow-allow': 5, 'allow-block': 4, 'block-allow': 1, 'block-block': 2 },
    clients: 9,
    newly_hit: 4,
    no_longer_hit: 1,
    registered_hit: 0,
    deregistered: 10,
    hits_by_rule: { cut: 4 },
    enforced: true,
  });
});

it('the limits of the breaker are those of the guard, for any stage where they count all', () => {
  const limits = hitLimitsOf(DEFAULT_SAFETY);
  expect(limits.map(({ stage }) => stage)).toEqual([2, 2, null, 1, 1]);
  expect(limits[0]).toEqual({ windowUs: 60e6, stage: 2, clients: 500, share: 0.05, floor: 10 });
});
