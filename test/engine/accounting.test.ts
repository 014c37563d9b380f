/**
 * The accounting identity on every committed capture: packets = packets of flows + those that reached none, by reason, and every
 * other way in which the same packets are counted agrees.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Counters } from '../../src/dataplane/host/counters.ts';
import type { FlowEvent } from '../../src/output/event/event-fields.ts';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { type Replayed, replayFiles, type ReplayShape } from './replayed.ts';

/** Throttles what is confirmed and blocks what is suspected, so that all outcomes are there. */
const STRICT = `
name: strict
mode: enforce
rules:
  - { name: slow, when: { stage: confirmed }, action: throttle, rate: 8kbit/s, burst: 2kB, per: flow }
  - { name: cut, when: { stage: suspected }, action: block }
`;

const sum = (values: Iterable<number>): number => Array.from(values).reduce((total, value) => total + value, 0);
const packetsOf = ({ flow }: FlowEvent): number => flow.pkts_toserver + flow.pkts_toclient;

function expectAgreement({ counters, flows, outcomes, decisions }: Replayed): void {
  expect(counters.packets).toBe(counters.flowPackets + counters.notDecodedPackets);
  expect(counters.notDecodedPackets).toBe(sum(Object.values(counters.notDecodedByName())));
  expect(sum(counters.outcomePackets)).toBe(counters.packets);
  expect(sum(counters.outcomeBytes)).toBe(counters.bytes);
  expect(outcomes).toHaveLength(counters.packets);
  expect(sum(counters.flowsEnded)).toBe(counters.flowsStarted);
  expect(flows).toHaveLength(counters.flowsStarted);
  expect(sum(flows.map(packetsOf))).toBe(counters.flowPackets);
  expect(sum(flows.map(({ flow }) => flow.bytes_toserver + flow.bytes_toclient))).toBeLessThanOrEqual(counters.bytes);
  const decided = new Set(decisions.map(({ flow_id: id }) => id));
  const found = flows.filter(({ vpn }) => vpn !== undefined).map(({ flow_id: id }) => id);
  expect(new Set(found)).toEqual(decided);
}

const captures = await committedCaptures();

describe('every packet is counted once', () => {
  const shapes: [string, ReplayShape][] = [
    ['as committed', {}],
    ['enforced', { policy: STRICT, registry: [] }],
    ['with room for two flows', { flowCapacity: 2, policy: STRICT, registry: [] }],
  ];
  it.each(captures)('%s', async (capture) => {
    for (const [, shape] of shapes) expectAgreement(await replayFiles([join(ROOT, capture)], shape));
  });

  it('of all captures as one, and the sums of each by itself', async () => {
    const paths = captures.map((capture) => join(ROOT, capture));
    const joined = await replayFiles(paths, { policy: STRICT, registry: [] });
    const each = await replayFiles(paths, { policy: STRICT, registry: [], each: true });
    for (const run of [joined, each]) {
      expect(run.counters.packets).toBe(run.counters.flowPackets + run.counters.notDecodedPackets);
      expect(sum(run.counters.outcomePackets)).toBe(run.counters.packets);
      expect(run.incomplete).toEqual([]);
    }
    const total = (counters: Counters): number[] => [counters.packets, counters.bytes];
    expect(total(joined.counters)).toEqual(total(each.counters));
    expect(joined.counters.flowsStarted).toBeLessThan(each.counters.flowsStarted);
    for (const outcome of each.counters.outcomePackets) expect(outcome).toBeGreaterThan(0);
  });
});
