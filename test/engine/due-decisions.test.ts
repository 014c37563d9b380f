/** When decisions are due against the obvious twin: what was scheduled, kept in a map and looked at for every packet. */
import { describe, expect, it } from 'vitest';
import { DueDecisions } from '../../src/decision/due-decisions.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { DecisionTable, VPN_FLOW_WORDS, VpnFlowWord } from '../../src/decision/decision-table.ts';
import { FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import { DecisionInput } from '../../src/policy/decision-input.ts';
import { SeededRandom } from '../kit/random.mjs';

const FLOWS = 60;
const STEPS = 40_000;

interface Scheduled {
  readonly time: number;
  readonly packets: number;
  readonly octets: number;
}

function rulesWith(instants: number[], packets: number[], bytes: number[], registryTimes: number[]): Rules {
  const nextBoundary = (timeUs: number): number => firstAbove(registryTimes, timeUs);
  return {
    policy: { boundaries: { instants, schedules: [], packets, bytes } },
    registry: { nextBoundary },
  } as unknown as Rules;
}

function firstAbove(ascending: readonly number[], value: number): number {
  return ascending.find((number) => number > value) ?? Infinity;
}

const TIMES = [100, 5000, 5001, 20_000, 39_000];
const REGISTRY_TIMES = [7000, 30_000];

describe.each([
  ['times', [], []],
  ['minimums too', [3, 10], [500, 5000]],
])('decisions with boundaries of %s', (_, packetMinimums, octetMinimums) => {
  it('are due when what was scheduled says so, whatever begins and ends meanwhile', () => {
    const random = new SeededRandom(11);
    const { table } = new AssemblyTracker(256);
    const decisionTable = new DecisionTable(table.largestSlot);
    const rules = rulesWith(TIMES, packetMinimums, octetMinimums, REGISTRY_TIMES);
    const due = new DueDecisions(table, decisionTable, rules);
    const input = new DecisionInput();
    const twin = new Map<number, Scheduled>();
    let dueCount = 0;
    for (let step = 0; step < STEPS; step++) {
      const slot = 1 + random.below(FLOWS);
      const at = slot * ROW_WORDS;
      const numberAt = slot * VPN_FLOW_WORDS + VpnFlowWord.DECISION;
      // Packet times can step back.
      const time = step - (random.below(10) === 0 ? random.below(200) : 0);
      const scheduled = twin.get(slot);
      if (scheduled !== undefined && random.below(50) === 0) {
        decisionTable.end(decisionTable.flowWords[numberAt]!);
        twin.delete(slot);
        continue;
      }
      if (scheduled === undefined) {
        decisionTable.flowWords[numberAt] = decisionTable.begin();
        table.words[at + FlowWord.PACKETS] = 0;
        table.words[at + FlowWord.BYTES] = 0;
      }
      table.words[at + FlowWord.PACKETS]!++;
      table.words[at + FlowWord.BYTES]! += random.below(300);
      const packets = table.words[at + FlowWord.PACKETS]!;
      const octets = table.words[at + FlowWord.BYTES]!;
      if (scheduled !== undefined) {
        const expected = time >= scheduled.time || packets >= scheduled.packets || octets >= scheduled.octets;
        expect(due.isDue(slot, decisionTable.numberOf(slot), time)).toBe(expected);
        if (!expected) continue;
        dueCount++;
      }
      input.timeUs = time;
      input.packets = packets;
      input.bytes = octets;
      due.schedule(decisionTable.flowWords[numberAt]!, input);
      twin.set(slot, {
        time: Math.min(firstAbove(TIMES, time), firstAbove(REGISTRY_TIMES, time)),
        packets: firstAbove(packetMinimums, packets),
        octets: firstAbove(octetMinimums, octets),
      });
    }
    expect(dueCount).toBeGreaterThan(300);
  });
});
