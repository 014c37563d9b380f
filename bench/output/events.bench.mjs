/**
 * What leaves the engine: the line of a decision with three rows of evidence and a registration, a flow's first and one of its
 * next, the line of a flow, and the ids alone. Workload: 2,000 flows of different addresses, IPv4 and IPv6 by turns.
 */
import { communityId } from '../../dist/output/event/community-id.js';
import { EventFields } from '../../dist/output/event/event-fields.js';
import { EventLines } from '../../dist/output/event/event-line.js';
import { ByteWriter } from '../../dist/output/event/byte-writer.js';
import { showAddresses } from '../../dist/output/event/shown-address.js';
import { FlowRecord } from '../../dist/decision/flow-record.js';
import { TunnelEvidence } from '../../dist/decision/tunnel-evidence.js';
import { Check } from '../../dist/dataplane/host/checks.js';
import { packFinding, Stage, Variant } from '../../dist/dataplane/host/finding.js';
import { hashOf } from '../generate/seeded.mjs';
import { measureParts } from '../part.mjs';

const FLOWS = 2000;
const START_US = 1_733_011_200_000_000;
const registration = { prefix: '198.18.0.0/15', holder: 'Example Holder 17', sector: 'it', reference: 'OW-2021-00017' };
const decision = {
  number: 0,
  action: 'allow',
  previous: null,
  rule: 'registered',
  reason: 'registered-destination',
  mode: 'observe',
  source: null,
  destination: registration,
};
const digest = '0'.repeat(64);
const context = { policy: { name: 'national-baseline', sha256: digest }, registry: { sha256: digest } };
const lines = new EventLines(showAddresses('plain'), context);
const fields = new EventFields(showAddresses('plain'), context);
const text = new ByteWriter();

const log = new TunnelEvidence();
log.select(0);
log.note(1, Check.WIREGUARD_INITIATION, 0, 0x01000000, 0x01000000);
log.note(1, Check.WIREGUARD_MAC2, 132, 0, 0);
log.note(2, Check.WIREGUARD_RESPONSE_ECHO, 8, 0x12345678, 0x12345678);
const flows = Array.from({ length: FLOWS }, (_, i) => {
  const flow = new FlowRecord();
  flow.ownRows = log;
  flow.tunnelRows = log;
  flow.ownEvidence = log.head;
  flow.transport = 17;
  flow.source.set(i % 2 === 0 ? [0, 0, 0xffff, hashOf(1, i, 1)] : [0x20010db8, 0x00010000, 0, i + 1]);
  flow.destination.set(i % 2 === 0 ? [0, 0, 0xffff, 0xc6120000 + i] : [0x20010db8, 0x00020000, 0, i + 1]);
  flow.sourcePort = 1025 + i;
  flow.destinationPort = 51_820;
  flow.firstPacket = i + 1;
  flow.firstTimeUs = START_US + i;
  flow.lastTimeUs = START_US + 1000 * i;
  flow.packetsToDestination = i;
  flow.bytesToDestination = 100 * i;
  flow.finding = packFinding(1, Stage.CONFIRMED, Variant.WIREGUARD_STANDARD, 1);
  return flow;
});

await measureParts('Events, per line', [
  ['first line of a flow: a decision', FLOWS, () => put(firstLine)],
  ['its next line', FLOWS, () => put(nextLine)],
  [
    'the same as an object, parsed from its line',
    FLOWS,
    () => lengthOf((flow, i) => fields.decisionEvent('capture.pcap', flow, decision, START_US + i, i).src_ip),
  ],
  ['its last line', FLOWS, () => put((flow) => lines.putFlow(text, 'capture.pcap', flow, decision, 0))],
  ['flow_id', FLOWS, () => lengthOf((flow) => fields.flowId(flow))],
  ['Community ID', FLOWS, () => lengthOf(communityIdOf)],
]);

function nextLine(flow, i) {
  lines.putDecision(text, 'capture.pcap', flow, decision, START_US + i, i);
}

/** The flow begins again, so that its text is in no cache. */
function firstLine(flow, i) {
  flow.firstPacket = (flow.firstPacket + FLOWS) % 10_000_000;
  nextLine(flow, i);
}

function communityIdOf(flow) {
  return communityId(17, flow.source, flow.destination, { source: flow.sourcePort, destination: flow.destinationPort });
}

function lengthOf(textOf) {
  let sum = 0;
  for (let i = 0; i < FLOWS; i++) sum += textOf(flows[i], i).length;
  return sum;
}

/** Lines one after the other; returns their bytes. */
function put(line) {
  text.length = 0;
  for (let i = 0; i < FLOWS; i++) line(flows[i], i);
  return text.length;
}
