/** What the controller wants to know of flows, and when its decisions need no packet. */
import { describe, expect, it } from 'vitest';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import { DecisionController } from '../../src/decision/decision-controller.ts';
import { VPN_FLOW_WORDS, VpnFlowWord } from '../../src/decision/decision-table.ts';
import { TrialAdmission } from '../../src/decision/trial-admission.ts';
import { REGISTRY_HEADER, rulesOf } from '../kit/rehearsed-day.ts';

const UNTIL = '{ name: grace, action: allow, when: { until: 2024-12-01T00:00:00Z } }';
const rules = (rule = '{ name: cut, action: block }', mode = 'observe') =>
  rulesOf(`name: x\nmode: ${mode}\nrules: [${rule}]\n`, REGISTRY_HEADER);

function controller(): DecisionController {
  const tracker = new AssemblyTracker(10);
  return new DecisionController(tracker.table, tracker.evidence);
}

describe('the ends of flows', () => {
  it('are wanted of decided flows, and of all where the sink takes ends', () => {
    const own = controller();
    expect(() => own.wantsFlowEnd(1)).toThrow('no capture has begun');
    own.begin(rules(), {});
    expect([own.isDecided(1), own.wantsFlowEnd(1)]).toEqual([false, false]);
    own.decisionTable.flowWords[VPN_FLOW_WORDS + VpnFlowWord.DECISION] = own.decisionTable.begin();
    expect([own.isDecided(1), own.wantsFlowEnd(1)]).toEqual([true, true]);
    expect(own.wantsFlowEnd(2)).toBe(false);
    own.begin(rules(), { ended: () => undefined });
    expect(own.wantsFlowEnd(2)).toBe(true);
  });
});

describe('no packet changes anything', () => {
  const NOON = Date.parse('2024-11-30T12:00:00Z') * 1000;
  it.each([
    ['for ever, by rules without dates', rules(), false, Infinity],
    ['until the date of a rule is over', rules(UNTIL), false, Date.parse('2024-12-01T00:00:00Z') * 1000 + 1],
    ['but any may, with a minimum', rules('{ name: a, action: allow, when: { min_packets: 3 } }'), false, NOON],
    ['but any may, where packets are affected', rules(undefined, 'enforce'), false, NOON],
    ['but any may, where clients are shown to a breaker', rules(), true, NOON],
  ])('%s', (_, some, withAdmission, until) => {
    const own = controller();
    own.begin(some, {}, withAdmission ? new TrialAdmission(some.policy.safety) : null);
    expect(own.noChangeUntil(NOON)).toBe(until);
  });
});
