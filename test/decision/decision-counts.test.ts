/** What is counted of decisions: flows at their end, events by rule, and registered hits. */
import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { FlowCounts } from '../../src/decision/decision-counts.ts';
import { DecisionTally } from '../../src/decision/decision-tally.ts';
import { HitKind, HitOutcome, type HitSubject, RegisteredHits } from '../../src/decision/registered-hits.ts';
import { Action } from '../../src/policy/action.ts';
import { NO_RULE } from '../../src/policy/decide.ts';
import { Sector } from '../../src/registry/sector.ts';

it('flows are added up by protocol, stage and action', () => {
  const [one, other] = [new FlowCounts(), new FlowCounts()];
  for (let protocol = 0; protocol < 4; protocol++)
    for (let stage = 0; stage < 3; stage++)
      for (let action = 0; action < 3; action++) {
        const count = 1 + protocol * 9 + stage * 3 + action;
        for (let i = 0; i < count; i++) one.bump(protocol, stage, action);
        other.bump(protocol, stage, action);
      }
  one.add(other);
  for (let protocol = 0; protocol < 4; protocol++)
    for (let stage = 0; stage < 3; stage++)
      for (let action = 0; action < 3; action++)
        expect(one.get(protocol, stage, action)).toBe(2 + protocol * 9 + stage * 3 + action);
  expect(other.get(3, 2, 2)).toBe(1);
});

describe('events by rule', () => {
  it('have rows for the actions that a rule has or had, and for every protocol and choice of registered ends', () => {
    const tally = new DecisionTally();
    tally.useRules([{ name: 'cut', action: Action.BLOCK }]);
    tally.bump(NO_RULE, Action.ALLOW, Protocol.IPSEC, 0);
    tally.bump(0, Action.BLOCK, Protocol.WIREGUARD, 2);
    tally.useRules([
      { name: 'slow', action: Action.THROTTLE },
      { name: 'cut', action: Action.THROTTLE },
    ]);
    tally.bump(1, Action.THROTTLE, Protocol.WIREGUARD, 2);
    const rows = tally.rows();
    // Three protocols, four choices of ends: of no rule allow, of cut block and throttle, of slow throttle.
    expect(rows).toHaveLength(4 * 12);
    expect(new Set(rows.map(({ rule, action }) => `${rule} ${action}`))).toEqual(
      new Set(['null allow', 'cut block', 'cut throttle', 'slow throttle']),
    );
    expect(rows.map(({ protocol }) => protocol)).not.toContain('none');
    expect(rows.filter(({ count }) => count > 0)).toEqual([
      { rule: null, action: 'allow', protocol: 'ipsec', registered: 'none', count: 1 },
      { rule: 'cut', action: 'throttle', protocol: 'wireguard', registered: 'destination', count: 1 },
      { rule: 'cut', action: 'block', protocol: 'wireguard', registered: 'destination', count: 1 },
    ]);
  });
});

const hitBy = (rule: string): HitSubject => ({ rule, protocol: Protocol.WIREGUARD, sector: Sector.BANK });

describe('registered hits', () => {
  const { IN_FORCE, ON_PURPOSE, OTHER_PROTOCOL } = HitKind;
  const { WOULD, PREVENTED, DONE } = HitOutcome;

  it('are counted by kind and outcome, and the latest harm is named', () => {
    const hits = new RegisteredHits();
    expect(hits.latest).toBeNull();
    hits.count(ON_PURPOSE, DONE, hitBy('meant'), 1);
    expect(hits.latest).toBeNull();
    hits.count(IN_FORCE, WOULD, hitBy('cut'), 2);
    hits.count(IN_FORCE, DONE, hitBy('slow'), 3);
    hits.count(IN_FORCE, DONE, hitBy('slow'), 4);
    hits.count(OTHER_PROTOCOL, PREVENTED, hitBy('cut'), 5);
    expect(hits.latest).toEqual({ rule: 'slow', timeUs: 4 });
    const all = [IN_FORCE, ON_PURPOSE, OTHER_PROTOCOL];
    expect(all.map((kind) => [WOULD, PREVENTED, DONE].map((outcome) => hits.of(kind, outcome)))).toEqual([
      [1, 0, 2],
      [0, 0, 1],
      [0, 1, 0],
    ]);
    expect(all.map((kind) => hits.total(kind))).toEqual([3, 1, 1]);
  });

  it('of two captures are added, and the later harm is kept', () => {
    const [one, other] = [new RegisteredHits(), new RegisteredHits()];
    one.count(IN_FORCE, DONE, hitBy('cut'), 2);
    one.add(other);
    expect(one.latest).toEqual({ rule: 'cut', timeUs: 2 });
    other.count(IN_FORCE, DONE, hitBy('slow'), 9);
    one.add(other);
    expect([one.total(IN_FORCE), one.latest]).toEqual([2, { rule: 'slow', timeUs: 9 }]);
  });

  it('name their rules, protocols and sectors once, those on purpose left out', () => {
    const hits = new RegisteredHits();
    expect(hits.takeScope()).toEqual({ rules: [], protocols: [], sectors: [] });
    hits.count(IN_FORCE, DONE, hitBy('cut'), 1);
    hits.count(IN_FORCE, WOULD, { rule: 'slow', protocol: Protocol.IPSEC, sector: Sector.IT }, 2);
    hits.count(IN_FORCE, WOULD, { rule: '', protocol: Protocol.IPSEC, sector: Sector.NONE }, 3);
    hits.count(ON_PURPOSE, DONE, { rule: 'meant', protocol: Protocol.OPENVPN, sector: Sector.OTHER }, 4);
    const scope = { rules: ['cut', 'slow'], protocols: ['wireguard', 'ipsec'], sectors: ['it', 'bank'] };
    expect(hits.takeScope()).toEqual(scope);
    expect(hits.takeScope()).toEqual({ rules: [], protocols: [], sectors: [] });
    for (let rule = 0; rule < 1000; rule++) hits.count(IN_FORCE, DONE, hitBy(`rule ${rule}`), 5);
    expect(hits.takeScope().rules).toHaveLength(32);
  });

  it('are refused as counts with a reason', () => {
    expect(() => {
      new RegisteredHits().addCounts({ in_force: { would: 1.5 } });
    }).toThrow('these are no registered hits');
  });
});
