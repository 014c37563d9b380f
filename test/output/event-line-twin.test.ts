/** Compares lines written as bytes with their obvious twin, `JSON.stringify` of the event's fields, on random flows. */
import { describe, expect, it } from 'vitest';
import { FlowEnd } from '../../src/dataplane/host/flow-end.ts';
import type { DecisionView, ShownRegistration } from '../../src/decision/decision-sink.ts';
import { FlowIdentity, FlowRecord } from '../../src/decision/flow-record.ts';
import { type Check, CHECKS } from '../../src/dataplane/host/checks.ts';
import { EVIDENCE_LIMIT, TunnelEvidence } from '../../src/decision/tunnel-evidence.ts';
import { packFinding, VARIANT_NAMES } from '../../src/dataplane/host/finding.ts';
import { EventFields } from '../../src/output/event/event-fields.ts';
import { EventLines } from '../../src/output/event/event-line.ts';
import { ByteWriter } from '../../src/output/event/byte-writer.ts';
import { showAddresses } from '../../src/output/event/shown-address.ts';
import { Transport } from '../../src/dataplane/host/packet-codes.ts';
import { SeededRandom } from '../kit/random.mjs';
import { PlainEventFields } from './plain-event-fields.ts';

const EVENTS = 5000;
const TEXTS = ['Example Bank', 'a "quoted" \\ one', 'банк\u2028', '', 'tab\tand\nline'];
const NUMBERS = [0, 1, 9, 10, 99, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 1e8, 1e8 - 1, 1e10, 2 ** 53 - 1];
const TRANSPORTS = [Transport.UDP, Transport.TCP, Transport.ESP, Transport.AH];
const CHECK_CODES = Object.keys(CHECKS).map(Number) as Check[];
const VARIANTS = Object.keys(VARIANT_NAMES).map(Number);
const CONTEXT = { policy: { name: TEXTS[1]!, sha256: 'aa' }, registry: { sha256: 'bb' } };

const random = new SeededRandom(20_241_110);
const below = (limit: number): number => random.below(limit);
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
const word = (): number => pick([0, -1, 1, 0xffff, below(2 ** 31), -below(2 ** 31)]);
const count = (): number => pick([below(1000), below(2 ** 31), pick(NUMBERS)]);
const time = (): number => pick([0, 1, 1_733_011_200_000_000 + below(3_000_000), 4_294_967_295_999_999, -5]);

function address(target: Int32Array): void {
  target.set(below(2) === 0 ? [0, 0, 0xffff, word()] : [word(), word(), word(), word()]);
}

function name<T extends FlowIdentity>(flow: T): T {
  address(flow.source);
  address(flow.destination);
  flow.transport = pick(TRANSPORTS);
  const hasPorts = flow.transport === Transport.UDP || flow.transport === Transport.TCP;
  flow.sourcePort = hasPorts ? below(65_536) : 0;
  flow.destinationPort = hasPorts ? below(65_536) : 0;
  flow.domain = word();
  flow.firstPacket = count();
  flow.firstTimeUs = time();
  return flow;
}

/** The tunnel of a flow: another flow, or the flow itself, in either direction. */
function tunnelOf(flow: FlowIdentity): FlowIdentity | null {
  const kind = below(4);
  if (kind === 0) return null;
  if (kind === 1) return name(new FlowIdentity());
  const tunnel = Object.assign(new FlowIdentity(), flow, {
    source: flow.source.slice(),
    destination: flow.destination.slice(),
  });
  if (kind === 2) return tunnel;
  const { sourcePort, destinationPort } = flow;
  const ends = { source: flow.destination.slice(), destination: flow.source.slice() };
  return Object.assign(tunnel, ends, { sourcePort: destinationPort, destinationPort: sourcePort });
}

const ownLog = new TunnelEvidence();
const tunnelLog = new TunnelEvidence();

function evidence(log: TunnelEvidence): number {
  log.select(0);
  for (let rows = below(EVIDENCE_LIMIT + 1); rows > 0; rows--)
    log.noteWide(1 + Math.min(count(), 2 ** 45 - 2), pick(CHECK_CODES), below(1500), word(), word(), word(), word());
  return log.head;
}

function flow(): FlowRecord {
  const record = name(new FlowRecord());
  record.vlans = pick([0, 101, 101 | (4095 << 16)]);
  record.encapsulation = pick([0, 1, 0x21]);
  record.lastTimeUs = time();
  record.packetsToDestination = count();
  record.packetsToSource = count();
  record.bytesToDestination = count();
  record.bytesToSource = count();
  record.finding = packFinding(pick([1, 2, 3]), pick([1, 2]), pick(VARIANTS), below(3));
  record.tunnel = tunnelOf(record);
  record.ownRows = ownLog;
  record.tunnelRows = tunnelLog;
  record.ownEvidence = evidence(ownLog);
  record.tunnelEvidence = evidence(tunnelLog);
  return record;
}

/** Changes one field of a flow's identity. */
function change(record: FlowRecord, other: FlowRecord): void {
  const part = pick([
    'source',
    'destination',
    'sourcePort',
    'destinationPort',
    'domain',
    'firstPacket',
    'firstTimeUs',
    'vlans',
    'encapsulation',
    'tunnel',
  ] as const);
  if (part === 'source' || part === 'destination') record[part][below(4)]! ^= below(2);
  else if (part === 'tunnel') record.tunnel = tunnelOf(pick([record, other]));
  else if (part === 'sourcePort' || part === 'destinationPort') record[part] ^= record[part] === 0 ? 0 : below(2);
  else record[part] = other[part];
}

function registration(): ShownRegistration | null {
  const prefix = pick(['198.51.100.7/32', '198.51.0.0/16', '0.0.0.0/0', '2001:db8::/32', '2001:db8::7/128', '::/0']);
  return below(2) === 0 ? null : { prefix, holder: pick(TEXTS), sector: 'bank', reference: pick(TEXTS) };
}

/** Some decisions share a number: it is only a cache index, no identity. */
const decision = (): DecisionView => ({
  number: below(60),
  action: 'allow',
  previous: pick([null, 'block']),
  rule: pick([null, ...TEXTS]),
  reason: 'rule-matched',
  mode: 'enforce',
  source: registration(),
  destination: registration(),
});
const DECISIONS = Array.from({ length: 100 }, decision);

describe.each([
  { form: 'plain', origin: {} },
  { form: 'truncated', origin: { link: 'north' } },
  { form: 'plain', origin: { link: 'north', isp: 'example', site: 'lahore-1' } },
] as const)('lines with addresses $form and origin $origin', ({ form, origin }) => {
  const lines = new EventLines(showAddresses(form), CONTEXT, origin);
  const fields = new PlainEventFields(showAddresses(form), CONTEXT, origin);

  it('of decisions equal the JSON of their fields', () => {
    for (let i = 0; i < EVENTS; i++) {
      const [file, record, shown, at, packet] = [pick(TEXTS), flow(), pick(DECISIONS), time(), count()];
      const expected = `${JSON.stringify(fields.decisionEvent(file, record, shown, at, packet))}\n`;
      expect(lines.decision(file, record, shown, at, packet)).toBe(expected);
      ownLog.release(record.ownEvidence);
      tunnelLog.release(record.tunnelEvidence);
    }
  });

  it('of decisions equal the JSON of their fields if flows have many decisions, and change', () => {
    const flows = Array.from({ length: 50 }, flow);
    for (let i = 0; i < EVENTS; i++) {
      const record = pick(flows);
      if (below(2) === 0) change(record, pick(flows));
      const expected = `${JSON.stringify(fields.decisionEvent('x', record, DECISIONS[0]!, i, i))}\n`;
      expect(lines.decision('x', record, DECISIONS[0]!, i, i)).toBe(expected);
    }
    for (const record of flows) {
      ownLog.release(record.ownEvidence);
      tunnelLog.release(record.tunnelEvidence);
    }
  });

  it('of flows equal the JSON of their fields', () => {
    for (let i = 0; i < EVENTS; i++) {
      const [file, record, reason] = [pick(TEXTS), flow(), pick(Object.values(FlowEnd))];
      const shown = pick([null, pick(DECISIONS)]);
      if (shown === null) record.finding = 0;
      const expected = `${JSON.stringify(fields.flowEvent(file, record, shown, reason))}\n`;
      expect(lines.flow(file, record, shown, reason)).toBe(expected);
      ownLog.release(record.ownEvidence);
      tunnelLog.release(record.tunnelEvidence);
    }
  });

  it('are parsed into the same objects', () => {
    // Registrations with hidden addresses are numbered by each of them in the order of appearance.
    const parsed = new EventFields(showAddresses(form), CONTEXT, origin);
    const plain = new PlainEventFields(showAddresses(form), CONTEXT, origin);
    for (let i = 0; i < EVENTS / 10; i++) {
      const [record, shown, reason] = [flow(), pick(DECISIONS), pick(Object.values(FlowEnd))];
      const [at, packet] = [time(), count()];
      expect(parsed.tuple(record)).toEqual(plain.tuple(record));
      const expected = plain.decisionEvent('x', record, shown, at, packet);
      expect(JSON.stringify(parsed.decisionEvent('x', record, shown, at, packet))).toBe(JSON.stringify(expected));
      const end = plain.flowEvent('x', record, shown, reason);
      expect(JSON.stringify(parsed.flowEvent('x', record, shown, reason))).toBe(JSON.stringify(end));
      ownLog.release(record.ownEvidence);
      tunnelLog.release(record.tunnelEvidence);
    }
  });

  it('can be appended to one text', () => {
    const text = new ByteWriter();
    let expected = '';
    for (let i = 0; i < 500; i++) {
      const record = flow();
      lines.putDecision(text, 'x', record, DECISIONS[0]!, i, i);
      expected += lines.decision('x', record, DECISIONS[0]!, i, i);
    }
    expect(text.takeString()).toBe(expected);
  });
});
