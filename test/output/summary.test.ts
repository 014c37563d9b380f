/** The summary of a replay: each number is in its place, and sums equal those of their parts. */
import { describe, expect, it } from 'vitest';
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { OUTCOME_NAMES } from '../../src/dataplane/host/outcome.ts';
import { Counters } from '../../src/dataplane/host/counters.ts';
import { FLOW_END_NAMES } from '../../src/dataplane/host/flow-end.ts';
import { FlowCounts } from '../../src/decision/decision-counts.ts';
import { HitKind, HitOutcome, RegisteredHits } from '../../src/decision/registered-hits.ts';
import { STAGE_NAMES } from '../../src/dataplane/host/finding.ts';
import { type ReplayTotals, summaryJson, summaryText } from '../../src/output/summary/summary.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { DECODE_STATUS_NAMES } from '../../src/dataplane/host/decode-status.ts';
import { sampleProvenance } from '../kit/sample-provenance.ts';

const WIREGUARD = PROTOCOL_NAMES.indexOf('wireguard');
const OPENVPN = PROTOCOL_NAMES.indexOf('openvpn');
const SUSPECTED = STAGE_NAMES.indexOf('suspected');
const CONFIRMED = STAGE_NAMES.indexOf('confirmed');
const ARP = DECODE_STATUS_NAMES.indexOf('arp');

/** The numbers all differ, so that none can be mistaken for another. */
function totals(more: Partial<ReplayTotals> = {}): ReplayTotals {
  const counters = new Counters();
  counters.packets = 12_345;
  counters.bytes = 9_876_543;
  counters.flowPackets = 12_300;
  counters.notDecoded[ARP] = 45;
  counters.flowsStarted = 1234;
  counters.firstTimeUs = 1_731_261_600_000_000;
  FLOW_END_NAMES.forEach((_, end) => (counters.flowsEnded[end] = 10 + end));
  OUTCOME_NAMES.forEach((_, outcome) => {
    counters.outcomePackets[outcome] = 4000 + outcome;
    counters.outcomeBytes[outcome] = 500_000 + outcome;
  });
  const flows = new FlowCounts();
  const found = [
    [WIREGUARD, CONFIRMED, 0, 3],
    [WIREGUARD, CONFIRMED, 2, 4],
    [WIREGUARD, SUSPECTED, 1, 1],
    [OPENVPN, SUSPECTED, 2, 5],
  ] as const;
  for (const [protocol, stage, action, count] of found)
    for (let i = 0; i < count; i++) flows.bump(protocol, stage, action);
  return {
    captureCount: 3,
    skippedCount: 2,
    incomplete: [],
    interruption: null,
    filesBack: { count: 0, first: null, largest: null },
    counters,
    flows,
    decisions: Float64Array.from(ACTION_NAMES, (_, action) => 20 + action),
    hits: new RegisteredHits(),
    trips: [],
    throttles: null,
    mode: 'observe',
    policy: { name: 'national', sha256: 'a', rules: 1 },
    registry: { sha256: 'b', entries: 2 },
    provenance: sampleProvenance(),
    ...more,
  };
}

describe('the JSON summary', () => {
  it('has each number under its name, and sums over actions', () => {
    const summary = JSON.parse(summaryJson(totals())) as Record<string, unknown>;
    expect(summary).toMatchObject({
      captures: 3,
      skipped_files: 2,
      provenance: { command: ['replay', 'trace.pcap', '--json'], complete: true },
      interrupted: null,
      packets: {
        read: 12_345,
        bytes: 9_876_543,
        in_flows: 12_300,
        not_decoded: { arp: 45 },
        first: '2024-11-10T18:00:00.000000Z',
        last: null,
      },
      flows: {
        total: 1234,
        split: 0,
        ended: { timeout: 10, closed: 11, evicted: 12, shutdown: 13 },
        found: [
          { protocol: 'wireguard', stage: 'confirmed', flows: 7, actions: { allow: 3, throttle: 0, block: 4 } },
          { protocol: 'wireguard', stage: 'suspected', flows: 1, actions: { allow: 0, throttle: 1, block: 0 } },
          { protocol: 'openvpn', stage: 'suspected', flows: 5, actions: { allow: 0, throttle: 0, block: 5 } },
        ],
      },
      decisions: { allow: 20, throttle: 21, block: 22 },
      breaker: null,
      hints: [],
      mode: 'observe',
      policy: { name: 'national', rules: 1 },
      registry: { entries: 2 },
    });
    const { outcome } = summary as { outcome: Record<string, Record<string, number>> };
    expect(Object.keys(outcome.packets!)).toEqual([...OUTCOME_NAMES]);
    expect(Object.values(outcome.packets!)).toEqual(OUTCOME_NAMES.map((_, at) => 4000 + at));
    expect(Object.values(outcome.bytes!)).toEqual(OUTCOME_NAMES.map((_, at) => 500_000 + at));
  });

  it('reports trips in mode enforce only, and has a hint about split flows', () => {
    const { counters, ...rest } = totals({ mode: 'enforce' });
    counters.splitFlows = 4;
    const summary = JSON.parse(summaryJson({ counters, ...rest })) as { breaker: unknown; hints: string[] };
    expect(summary.breaker).toEqual({ would_trip: [] });
    expect(summary.hints).toHaveLength(1);
  });
});

describe('the text summary', () => {
  const text = async (more: Partial<ReplayTotals> = {}): Promise<string[]> =>
    (await summaryText(totals(more))).split('\n');

  it('begins with packets, flows and VPNs, and ends with registered hits', async () => {
    const lines = await text();
    expect(lines[0]).toBe('3 captures, 12,345 packets, 1,234 flows, 13 of them VPN.');
    expect(lines[1]).toBe('Policy national (mode observe, 1 rule); registry of 2 registrations.');
    expect(lines).toContain('In flows: 12,300 packets. Not in a flow: 45 (arp 45).');
    expect(lines.at(-2)).toBe('Registered hits: none.');
    const row = lines.find((line) => line.includes('wireguard') && line.includes('confirmed'))!;
    expect(row.match(/\d+/g)).toEqual(['7', '3', '0', '4']);
  });

  it('reports registered hits by mode, and separately those on purpose and for another protocol', async () => {
    const hits = new RegisteredHits();
    const subject = { rule: 'rule', protocol: 1, sector: 2 };
    hits.count(HitKind.ON_PURPOSE, HitOutcome.WOULD, subject, 1);
    expect((await text({ hits })).at(-2)).toBe('Registered hits: none; apart from these, 1 on purpose.');
    for (let i = 0; i < 1200; i++) hits.count(HitKind.IN_FORCE, HitOutcome.WOULD, subject, 1);
    hits.count(HitKind.OTHER_PROTOCOL, HitOutcome.DONE, subject, 1);
    const apart = 'apart from these, 1 on purpose, 1 registered for another protocol.';
    expect((await text({ hits })).at(-2)).toBe(`Registered hits: 1,200, had these decisions been enforced; ${apart}`);
    const enforced = await text({ hits, mode: 'enforce' });
    expect(enforced).toContain(`Registered hits: 1,200; ${apart}`);
    expect(enforced.some((line) => line.startsWith('Simulated outcome of packets: 4,000 '))).toBe(true);
  });

  it('reports that all packets are in flows, and that there was none', async () => {
    const whole = totals();
    whole.counters.notDecoded.fill(0);
    expect(await summaryText(whole)).toContain('Every packet belongs to a flow.');
    const empty = { ...totals(), counters: new Counters(), flows: new FlowCounts() };
    const lines = (await summaryText(empty)).split('\n');
    expect(lines[0]).toBe('3 captures, 0 packets, 0 flows, 0 of them VPN.');
    expect(lines).toContain('No packet was read.');
    expect(lines.some((line) => line.startsWith('Registered hits'))).toBe(false);
  });

  it('reports no result if nothing could be read', async () => {
    const { counters } = totals();
    const nothing = { counters: new Counters(), flows: new FlowCounts() };
    const incomplete = [{ file: 'a', fault: 'format', message: 'no capture' }];
    expect((await text({ ...nothing, incomplete, captureCount: 1 }))[0]).toBe(
      '1 capture, 0 packets: nothing could be read, so nothing is known of VPNs.',
    );
    expect((await text({ counters, incomplete }))[0]).toContain('of them VPN');
  });

  it('reports how far an interrupted run came', async () => {
    const at = {
      signal: 'SIGINT',
      fileNumber: 2,
      fileCount: 3,
      file: 'b.pcap',
      packet: 7,
      timeUs: 1_731_261_600_000_000,
    };
    const interruption = { ...at, bytes: 1, bytesTotal: 2 };
    expect((await text({ interruption })).slice(0, 2)).toEqual([
      expect.stringMatching(/^Interrupted by SIGINT after packet 7 .* So far:$/),
      expect.stringMatching(/^2 of 3 captures, /),
    ]);
    expect((await text({ interruption: { ...interruption, packet: 0 } }))[1]).toMatch(/^1 of 3 captures, /);
    expect((await text({ interruption, captureCount: 1 }))[1]).toMatch(/^1 capture, /);
  });
});
