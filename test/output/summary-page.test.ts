/** The summary for people, whole, as it is shown. */
import { expect, it } from 'vitest';
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { Counters } from '../../src/dataplane/host/counters.ts';
import { STAGE_NAMES } from '../../src/dataplane/host/finding.ts';
import { DECODE_STATUS_NAMES } from '../../src/dataplane/host/decode-status.ts';
import { FlowCounts } from '../../src/decision/decision-counts.ts';
import { RegisteredHits } from '../../src/decision/registered-hits.ts';
import { type ReplayTotals, summaryJson, summaryText } from '../../src/output/summary/summary.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { sampleProvenance } from '../kit/sample-provenance.ts';

const WITHOUT_FLOW = { igmp: 33, arp: 45, icmp: 20, 'unsupported-nsh': 1200 };
const USB = 249;

function totals(counters = new Counters()): ReplayTotals {
  return {
    captureCount: 2,
    skippedCount: 0,
    incomplete: [],
    interruption: null,
    filesBack: { count: 0, first: null, largest: null },
    counters,
    flows: new FlowCounts(),
    decisions: new Float64Array(ACTION_NAMES.length),
    hits: new RegisteredHits(),
    trips: [],
    throttles: null,
    mode: 'enforce',
    policy: { name: 'national', sha256: 'a', rules: 3 },
    registry: { sha256: 'b', entries: 1 },
    provenance: sampleProvenance(),
  };
}

function mixedTotals(): ReplayTotals {
  const whole = totals();
  const { counters, flows } = whole;
  counters.packets = 10_000;
  counters.flowPackets = 8702;
  counters.flowsStarted = 400;
  counters.splitFlows = 6;
  for (const [name, count] of Object.entries(WITHOUT_FLOW))
    counters.notDecoded[DECODE_STATUS_NAMES.indexOf(name)] = count;
  for (let i = 0; i < 2; i++) counters.unreadLinks.note(USB);
  counters.outcomePackets.set([9000, 600, 400]);
  for (let i = 0; i < 1234; i++) flows.bump(PROTOCOL_NAMES.indexOf('ipsec'), STAGE_NAMES.indexOf('confirmed'), 0);
  for (let i = 0; i < 34; i++) flows.bump(PROTOCOL_NAMES.indexOf('ipsec'), STAGE_NAMES.indexOf('suspected'), 0);
  return whole;
}

it('has a table of what was found, then what was not read, hints, hits and outcomes', async () => {
  expect(await summaryText(mixedTotals())).toMatchInlineSnapshot(`
    "2 captures, 10,000 packets, 400 flows, 1,268 of them VPN.
    Policy national (mode enforce, 3 rules); registry of 1 registration.

    ┌──────────┬───────────┬───────┬───────┬──────────┬───────┐
    │ protocol │ stage     │ flows │ allow │ throttle │ block │
    ├──────────┼───────────┼───────┼───────┼──────────┼───────┤
    │ ipsec    │ confirmed │ 1,234 │ 1,234 │        0 │     0 │
    ├──────────┼───────────┼───────┼───────┼──────────┼───────┤
    │ ipsec    │ suspected │    34 │    34 │        0 │     0 │
    └──────────┴───────────┴───────┴───────┴──────────┴───────┘

    In flows: 8,702 packets. Not in a flow: 1,298 (unsupported-nsh 1,200, arp 45, igmp 33, icmp 20).
    Link types that are not read, with their packets: 249 (USBPCAP) 2.
    Not read, so no VPN is seen inside: network service headers (NSH), 12.0 % of the packets (unsupported-nsh 1,200).
    Hint: 6 flows look like one direction each of a conversation whose other direction has another VLAN, VNI or tunnel. If the mirror port tags each direction by itself, --link-identity none makes one flow of both.
    Registered hits: none.
    Simulated outcome of packets: 9,000 forwarded, 600 delayed, 400 dropped.
    The safety breaker would not have tripped: this traffic stays within the policy's limits.
    "
  `);
});

it('has no table where nothing was found, and no hint where there is none', async () => {
  expect(await summaryText(totals())).toMatchInlineSnapshot(`
    "2 captures, 0 packets, 0 flows, 0 of them VPN.
    Policy national (mode enforce, 3 rules); registry of 1 registration.

    No packet was read.
    Simulated outcome of packets: 0 forwarded, 0 delayed, 0 dropped.
    The safety breaker would not have tripped: this traffic stays within the policy's limits.
    "
  `);
});

it('says only that nothing could be read where no packet was', async () => {
  const incomplete = [{ file: 'a', fault: 'format', message: 'no capture' }];
  expect(await summaryText({ ...totals(), incomplete })).toMatchInlineSnapshot(`
    "2 captures, 0 packets: nothing could be read, so nothing is known of VPNs.
    Policy national (mode enforce, 3 rules); registry of 1 registration.
    Simulated outcome of packets: 0 forwarded, 0 delayed, 0 dropped.
    The safety breaker would not have tripped: this traffic stays within the policy's limits.
    "
  `);
});

it('says what was not read where packets were read and none was understood', async () => {
  const counters = new Counters();
  counters.packets = 3;
  counters.notDecoded[DECODE_STATUS_NAMES.indexOf('unsupported-nsh')] = 3;
  const incomplete = [{ file: 'a', fault: 'unread-layers', message: 'nothing read' }];
  expect(await summaryText({ ...totals(counters), incomplete })).toMatchInlineSnapshot(`
    "2 captures, 3 packets: nothing could be read, so nothing is known of VPNs.
    Policy national (mode enforce, 3 rules); registry of 1 registration.

    In flows: 0 packets. Not in a flow: 3 (unsupported-nsh 3).
    Not read, so no VPN is seen inside: network service headers (NSH), 100.0 % of the packets (unsupported-nsh 3).
    Simulated outcome of packets: 0 forwarded, 0 delayed, 0 dropped.
    The safety breaker would not have tripped: this traffic stays within the policy's limits.
    "
  `);
});

it('has link types that are not read, and an interruption, for programs too', () => {
  const interruption = {
    signal: 'SIGINT',
    fileNumber: 2,
    fileCount: 3,
    file: 'b.pcap',
    packet: 7,
    timeUs: 1_731_261_600_000_000,
    bytes: 1,
    bytesTotal: 2,
  };
  const summary = JSON.parse(summaryJson({ ...mixedTotals(), interruption })) as {
    packets: { unread_link_types: unknown };
    interrupted: unknown;
  };
  expect(summary.packets.unread_link_types).toEqual([{ link_type: 249, name: 'USBPCAP', packets: 2 }]);
  expect(summary.interrupted).toMatchObject({ signal: 'SIGINT', packet: 7 });
});
