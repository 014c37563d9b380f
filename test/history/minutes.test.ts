/** The minutes of a history against the engine's own totals, and against a slow twin that counts events. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { problemLine } from '../../src/rules/rules-problem.ts';
import { readRules } from '../../src/daemon/daemon-rules.ts';
import { findingProtocol, findingStage, STAGE_NAMES } from '../../src/dataplane/host/finding.ts';
import { Outcome } from '../../src/dataplane/host/outcome.ts';
import { FlowRecord } from '../../src/decision/flow-record.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { SERIES_COUNTS } from '../../src/history/roll-up.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { NO_NEEDS } from '../../src/rules/manifest-check.ts';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { Recorded } from './recorded.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'sluice-minutes-'));
afterAll(() => {
  rmSync(FOLDER, { recursive: true });
});

const POLICY = join(FOLDER, 'policy.yaml');
writeFileSync(
  POLICY,
  `name: hard
mode: enforce
rules:
  - { name: slow, when: { protocol: wireguard }, action: throttle, rate: 64kbit/s, burst: 4kB, per: flow }
  - { name: cut, when: { protocol: openvpn, stage: confirmed }, action: block }
safety: { limits: [{ window: 60s, clients: 100000 }] }
`,
);

async function rulesOf(policy: string): Promise<Rules> {
  const registry = join(ROOT, 'rules/registry.csv');
  const reading = await readRules({ policy, registry, mode: undefined, addresses: 'plain', needs: NO_NEEDS });
  if (reading.rules === null) throw new Error(reading.problems.map(problemLine).join('\n'));
  return reading.rules;
}

/** Ten minutes of mixed traffic: flows begin before a minute's end and go on after it. */
const MIXED = join(FOLDER, 'mixed.pcap');
execFileSync(process.execPath, [
  join(ROOT, 'bench/generate/main.mjs'),
  ...['--packets', '8000', '--rate', '4', '--vpn-share', '0.5', '--concurrent', '100', MIXED],
]);

const [FLOWS, DECISIONS, PACKETS, BYTES, DELAYED, DELAYED_BYTES, DROPPED, DROPPED_BYTES] = SERIES_COUNTS.map(
  (_, at) => at,
) as [number, number, number, number, number, number, number, number];

describe.each([
  ['the example policy', join(ROOT, 'rules/policy.yaml')],
  ['a policy that enforces', POLICY],
])('the minutes of all committed captures and a generated one, by %s', (_, policy) => {
  it('add up to what the engine counts', async () => {
    const decided = { packets: 0, bytes: 0 };
    const recorded = new Recorded(await rulesOf(policy), {
      ended: (flow, decision) => {
        if (decision === null) return;
        decided.packets += flow.packetsToDestination + flow.packetsToSource;
        decided.bytes += flow.bytesToDestination + flow.bytesToSource;
      },
    });
    for (const path of [...(await committedCaptures()).map((name) => join(ROOT, name)), MIXED])
      await recorded.run(path);
    const { decisions, counters } = recorded.engine;

    const flows = recorded.sums(FLOWS, ({ protocol, stage, action }) => `${protocol} ${stage} ${action}`);
    const expected: Record<string, number> = {};
    for (const [protocol, protocolName] of PROTOCOL_NAMES.entries())
      for (const [stage, stageName] of STAGE_NAMES.entries())
        for (const [action, actionName] of ACTION_NAMES.entries()) {
          const count = decisions.counts.flows.get(protocol, stage, action);
          if (count > 0) expected[`${protocolName} ${stageName} ${actionName}`] = count;
        }
    expect(flows).toEqual(expected);
    expect(Object.keys(flows).length).toBeGreaterThan(4);

    const byAction = recorded.sums(DECISIONS, ({ action }) => action);
    for (const [action, name] of ACTION_NAMES.entries())
      expect(byAction[name] ?? 0).toBe(decisions.counts.made[action]);

    const total = (count: number): number => recorded.sums(count, () => 'all').all ?? 0;
    expect(total(PACKETS)).toBe(decided.packets);
    expect(total(BYTES)).toBe(decided.bytes);
    expect(total(DELAYED)).toBe(counters.outcomePackets[Outcome.DELAYED]);
    expect(total(DELAYED_BYTES)).toBe(counters.outcomeBytes[Outcome.DELAYED]);
    expect(total(DROPPED)).toBe(counters.outcomePackets[Outcome.DROPPED]);
    expect(total(DROPPED_BYTES)).toBe(counters.outcomeBytes[Outcome.DROPPED]);

    const covered = (name: 'packets' | 'bytes' | 'undecoded_packets'): number =>
      recorded.minutes.reduce((sum, { coverage }) => sum + coverage[name], 0);
    expect(covered('packets')).toBe(counters.packets);
    expect(covered('bytes')).toBe(counters.bytes);
    expect(covered('undecoded_packets')).toBe(counters.notDecodedPackets);
    const harm: Record<string, number> = {};
    for (const { kind, outcome, count } of recorded.minutes.flatMap((minute) => minute.harm))
      harm[`${kind} ${outcome}`] = (harm[`${kind} ${outcome}`] ?? 0) + count;
    for (const [kind, outcomes] of Object.entries(decisions.counts.hits.toCounts()))
      for (const [outcome, count] of Object.entries(outcomes)) expect(harm[`${kind} ${outcome}`] ?? 0).toBe(count);
  }, 60_000);
});

/** Counts by minute and series as `minute|protocol|stage|action|rule|registered|sector: counts`. */
type Counted = Record<string, number[]>;

/**
 * The slow twin: decides one packet at a time and compares the counts of all flows before and after it.
 */
async function countSlowly(rules: Rules, path: string): Promise<{ counted: Counted; packets: Record<number, number> }> {
  const counted: Counted = {};
  const packets: Record<number, number> = {};
  const names = new Map<number, string>();
  const before = new Map<number, [packets: number, bytes: number]>();
  let minute = 0;
  let isEnding = false;
  const record = new FlowRecord();
  const add = (name: string, count: number, value: number): void => {
    const counts = (counted[`${minute}|${name}`] ??= SERIES_COUNTS.map(() => 0));
    counts[count]! += value;
  };
  const settle = (slot: number, flow: FlowRecord): void => {
    const [packetsBefore, bytesBefore] = before.get(slot) ?? [0, 0];
    const packetsNow = flow.packetsToDestination + flow.packetsToSource;
    const bytesNow = flow.bytesToDestination + flow.bytesToSource;
    if (packetsNow === packetsBefore) return;
    add(names.get(slot)!, PACKETS, packetsNow - packetsBefore);
    add(names.get(slot)!, BYTES, bytesNow - bytesBefore);
    before.set(slot, [packetsNow, bytesNow]);
  };
  const affected: [slot: number, outcome: Outcome, bytes: number][] = [];
  const recorded = new Recorded(rules, {
    decided: (flow, decision) => {
      const { source, destination } = decision;
      const registered = source && destination ? 'both' : source ? 'source' : destination ? 'destination' : 'none';
      const name = [
        PROTOCOL_NAMES[findingProtocol(flow.finding)],
        STAGE_NAMES[findingStage(flow.finding)],
        decision.action,
        decision.rule ?? '',
        registered,
        (source ?? destination)?.sector ?? '',
      ].join('|');
      // The packet that brings another decision still belongs to the one before.
      if (names.has(flow.slot)) settle(flow.slot, flow);
      names.set(flow.slot, name);
      add(name, DECISIONS, 1);
    },
    affected: (slot, outcome, bytes) => affected.push([slot, outcome, bytes]),
    ended: (flow, decision) => {
      if (decision === null) return;
      settle(flow.slot, flow);
      add(names.get(flow.slot)!, FLOWS, 1);
      names.delete(flow.slot);
      before.delete(flow.slot);
    },
    batchDone: ({ table, decisionTable }, batch) => {
      if (isEnding) return;
      for (const slot of names.keys()) {
        record.read(table, decisionTable, slot, null);
        settle(slot, record);
      }
      for (const [slot, outcome, bytes] of affected.splice(0)) {
        add(names.get(slot)!, outcome === Outcome.DELAYED ? DELAYED : DROPPED, 1);
        add(names.get(slot)!, outcome === Outcome.DELAYED ? DELAYED_BYTES : DROPPED_BYTES, bytes);
      }
      packets[minute] = (packets[minute] ?? 0) + batch.count;
    },
  });
  const capture = openCapture(path);
  const many = new PacketBatch();
  const one = new PacketBatch(1);
  while (await capture.read(many))
    for (let row = 0; row < many.count; row++) {
      const { at, capturedLength, wireLength, timeUs, linkType } = many;
      one.reset(many.data);
      one.push(at[row]!, capturedLength[row]!, wireLength[row]!, timeUs[row]!, linkType[row]!);
      minute = Math.max(minute, Math.floor(timeUs[row]! / 60e6) * 60);
      await recorded.take(one);
    }
  await capture.close();
  isEnding = true;
  await recorded.endCapture();
  return { counted, packets };
}

describe('each minute', () => {
  it.each([
    ['the example policy', join(ROOT, 'rules/policy.yaml')],
    ['a policy that enforces', POLICY],
  ])(
    'has the counts of its own packets, by %s',
    async (_, policy) => {
      const rules = await rulesOf(policy);
      const recorded = new Recorded(rules);
      await recorded.run(MIXED);
      const counted: Counted = {};
      for (const { minuteS, series } of recorded.minutes)
        for (const { key, counts } of series) {
          const { protocol, stage, action, rule, registered, sector } = key;
          counted[[minuteS, protocol, stage, action, rule, registered, sector].join('|')] = [...counts];
        }
      const slow = await countSlowly(rules, MIXED);
      expect(counted).toEqual(slow.counted);
      expect(recorded.minutes.length).toBeGreaterThan(5);
      for (const { minuteS, coverage } of recorded.minutes) expect(coverage.packets).toBe(slow.packets[minuteS]);
      expect(recorded.minutes.slice(1, -1).map(({ coverage }) => coverage.seconds)).toEqual(
        recorded.minutes.slice(1, -1).map(() => 60),
      );
    },
    60_000,
  );
});
