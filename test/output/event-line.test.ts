import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { FlowEnd } from '../../src/dataplane/host/flow-end.ts';
import type { DecisionView } from '../../src/decision/decision-sink.ts';
import { FlowRecord } from '../../src/decision/flow-record.ts';
import { packFinding, Stage, Variant } from '../../src/dataplane/host/finding.ts';
import { type DecisionEvent, EventFields, type FlowEvent } from '../../src/output/event/event-fields.ts';
import { encapsulationNames } from '../../src/output/event/flow-names.ts';
import { EventLines } from '../../src/output/event/event-line.ts';
import type { AddressForm } from '../../src/output/event/address-forms.ts';
import { showAddresses } from '../../src/output/event/shown-address.ts';
import { Encapsulation, Transport } from '../../src/dataplane/host/packet-codes.ts';
import { addressWords } from '../kit/address-words.ts';
import { vlansOf } from './plain-event-fields.ts';

const CONTEXT = { policy: { name: 'p', sha256: 'aa' }, registry: { sha256: 'bb' } };
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

function lines(form: AddressForm = 'plain'): EventLines {
  return new EventLines(form === 'pseudonym' ? showAddresses(form, KEY) : showAddresses(form), CONTEXT);
}

function fields(form: AddressForm = 'plain'): EventFields {
  return new EventFields(form === 'pseudonym' ? showAddresses(form, KEY) : showAddresses(form), CONTEXT);
}

function flowOf(source: string, destination: string, transport: number, ports: readonly [number, number]): FlowRecord {
  const flow = new FlowRecord();
  flow.transport = transport;
  flow.source.set(addressWords(source));
  flow.destination.set(addressWords(destination));
  [flow.sourcePort, flow.destinationPort] = ports;
  flow.firstPacket = 3;
  flow.firstTimeUs = 1_731_261_600_000_000;
  flow.lastTimeUs = 1_731_261_600_999_999;
  flow.packetsToDestination = 4;
  flow.packetsToSource = 2;
  flow.bytesToDestination = 5_000_000_000;
  flow.bytesToSource = 300;
  flow.finding = packFinding(Protocol.WIREGUARD, Stage.CONFIRMED, Variant.WIREGUARD_STANDARD, 1);
  return flow;
}

const DECISION: DecisionView = {
  number: 0,
  action: 'allow',
  previous: null,
  rule: 'registered',
  reason: 'registered-destination',
  mode: 'observe',
  source: null,
  destination: { prefix: '198.51.100.7/32', holder: 'Example Bank', sector: 'bank', reference: 'OW-1' },
};

const UDP = flowOf('192.0.2.10', '198.51.100.7', Transport.UDP, [40000, 51820]);

function parsed(line: string): unknown {
  expect(line.endsWith('}\n')).toBe(true);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  return JSON.parse(line);
}

const asDecisionEvent = (line: string): DecisionEvent => parsed(line) as DecisionEvent;
const asFlowEvent = (line: string): FlowEvent => parsed(line) as FlowEvent;

describe('a decision line', () => {
  it('has its fields in a fixed order', () => {
    const line = lines().decision('a/b.pcap', UDP, DECISION, 1_731_261_600_123_456, 12);
    expect(line).toBe(
      '{"timestamp":"2024-11-10T18:00:00.123456Z","event_type":"decision","pcap_filename":"a/b.pcap","pcap_cnt":12,' +
        `"flow_id":"${fields().flowId(UDP)}","src_ip":"192.0.2.10","src_port":40000,"dest_ip":"198.51.100.7","dest_port":51820,` +
        '"proto":"UDP","community_id":"1:' +
        `${asDecisionEvent(line).community_id.slice(2)}","vpn":{"protocol":"wireguard","variant":"standard",` +
        '"stage":"confirmed","evidence":[]},"registration":{"source":null,"destination":{"prefix":"198.51.100.7/32",' +
        '"holder":"Example Bank","sector":"bank","reference":"OW-1"}},"decision":{"action":"allow","previous":null,' +
        '"rule":"registered","reason":"registered-destination","mode":"observe"},"policy":{"name":"p","sha256":"aa"},' +
        '"registry":{"sha256":"bb"}}\n',
    );
  });

  it.each([
    [0, '1970-01-01T00:00:00.000000Z'],
    [1, '1970-01-01T00:00:00.000001Z'],
    [4_294_967_295_999_999, '2106-02-07T06:28:15.999999Z'],
    [1_700_000_000_000_010, '2023-11-14T22:13:20.000010Z'],
  ])('shows %i µs to the microsecond', (timeUs, text) => {
    expect(asDecisionEvent(lines().decision('x', UDP, DECISION, timeUs, 1)).timestamp).toBe(text);
  });

  it('has vlan and encapsulation, if any, between flow_id and src_ip', () => {
    const flow = flowOf('192.0.2.10', '198.51.100.7', Transport.UDP, [1, 2]);
    flow.vlans = 101 | (4095 << 16);
    flow.encapsulation = Encapsulation.VLAN | (Encapsulation.VLAN << 4) | (Encapsulation.GRE << 8);
    const event = asDecisionEvent(lines().decision('x', flow, DECISION, 0, 1));
    expect(Object.keys(event).slice(4, 8)).toEqual(['flow_id', 'vlan', 'encapsulation', 'src_ip']);
    expect(event.vlan).toEqual([100, 4094]);
    expect(event.encapsulation).toEqual(['vlan', 'vlan', 'gre']);
  });

  it('shows all eight encapsulations and VLAN 0', () => {
    expect(encapsulationNames(0x11111111)).toHaveLength(8);
    expect(encapsulationNames(0xc1111111 | 0)).toHaveLength(8);
    expect(vlansOf(1)).toEqual([0]);
    expect(vlansOf(0)).toEqual([]);
  });

  it.each([
    [Transport.ESP, 'ESP'],
    [Transport.AH, 'AH'],
  ])('has no ports for transport %i', (transport, name) => {
    const flow = flowOf('2001:db8::1', '2001:db8::2', transport, [0, 0]);
    const event = asDecisionEvent(lines().decision('x', flow, DECISION, 0, 1));
    expect(event).not.toHaveProperty('src_port');
    expect(event).not.toHaveProperty('dest_port');
    expect(event.proto).toBe(name);
    expect(event.src_ip).toBe('2001:db8::1');
  });

  it('escapes names with quotes, line breaks and other scripts', () => {
    const line = lines().decision('a"\n\u2028б.pcap', UDP, DECISION, 0, 1);
    expect(asDecisionEvent(line).pcap_filename).toBe('a"\n\u2028б.pcap');
  });
});

describe('a flow line', () => {
  it('has packets and bytes per direction, times, reason, finding and decision', () => {
    const event = asFlowEvent(lines().flow('x', UDP, DECISION, FlowEnd.TIMEOUT));
    expect(Object.keys(event).slice(-4)).toEqual(['community_id', 'flow', 'vpn', 'decision']);
    expect(event).toMatchObject({ timestamp: '2024-11-10T18:00:00.999999Z', event_type: 'flow', pcap_cnt: 3 });
    expect(event.flow).toEqual({
      pkts_toserver: 4,
      pkts_toclient: 2,
      bytes_toserver: 5_000_000_000,
      bytes_toclient: 300,
      start: '2024-11-10T18:00:00.000000Z',
      end: '2024-11-10T18:00:00.999999Z',
      duration: 0.999999,
      reason: 'timeout',
    });
  });

  it.each([
    [0, 0],
    [1, 0.000001],
    [1_500_000, 1.5],
    [86_400_000_010, 86_400.00001],
    [-1, 0],
  ])('of a flow whose last packet is %i µs after its first has a duration of %d s', (micros, seconds) => {
    const flow = flowOf('192.0.2.10', '198.51.100.7', Transport.TCP, [1, 2]);
    flow.lastTimeUs = flow.firstTimeUs + micros;
    const line = lines().flow('x', flow, null, FlowEnd.CLOSED);
    expect(asFlowEvent(line).flow.duration).toBe(seconds);
    expect(line).toContain(`Z","duration":${seconds},"reason":"closed"}`);
  });

  it('has no finding and no decision if there was none', () => {
    const flow = flowOf('192.0.2.10', '198.51.100.7', Transport.TCP, [1, 2]);
    flow.finding = 0;
    const event = asFlowEvent(lines().flow('x', flow, null, FlowEnd.CLOSED));
    expect(Object.keys(event).at(-1)).toBe('flow');
    expect(event.flow.reason).toBe('closed');
  });
});

describe('the id of a flow', () => {
  const reversed = flowOf('198.51.100.7', '192.0.2.10', Transport.UDP, [51820, 40000]);

  it('stays the same when the roles are swapped', () => {
    expect(fields().flowId(reversed)).toBe(fields().flowId(UDP));
    expect(fields().flowId(UDP)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('differs by encapsulation, first packet, transport and port', () => {
    const variants = [UDP];
    for (const change of [{ domain: 1 }, { firstPacket: 4 }, { transport: Transport.TCP }, { sourcePort: 40001 }]) {
      variants.push(Object.assign(flowOf('192.0.2.10', '198.51.100.7', Transport.UDP, [40000, 51820]), change));
    }
    expect(new Set(variants.map((flow) => fields().flowId(flow))).size).toBe(variants.length);
  });
});

describe('registrations in a line', () => {
  const source = { prefix: '192.0.2.10/32', holder: 'h', sector: 'it', reference: 'r-1' };
  const destination = { prefix: '2001:db8::/32', holder: 'i', sector: 'bank', reference: '' };

  function shown(form: AddressForm, change: Partial<DecisionView> = {}): unknown[] {
    const decision: DecisionView = { ...DECISION, source, destination, ...change };
    const { registration } = asDecisionEvent(lines(form).decision('x', UDP, decision, 0, 1));
    return [registration.source, registration.destination];
  }

  it('are shown unchanged with plain addresses', () => {
    expect(shown('plain')).toEqual([source, destination]);
  });

  it('have a number in place of the reference with truncated addresses', () => {
    expect(shown('truncated')).toEqual([
      { sector: 'it', reference: 'registration-1' },
      { sector: 'bank', reference: 'registration-2' },
    ]);
  });

  it('have one pseudonym for each reference, and for each prefix without one', () => {
    const [one, other] = shown('pseudonym') as { reference: string }[];
    expect(one).toEqual({ sector: 'it', reference: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    expect(one!.reference).not.toBe(other!.reference);
    const wider = { ...source, prefix: '192.0.2.0/24' };
    expect(shown('pseudonym', { source: wider, destination: source })).toEqual([one, one]);
    const another = { ...destination, prefix: '2001:db8::/33' };
    const [third] = shown('pseudonym', { source: another, destination: null }) as { reference: string }[];
    expect(third!.reference).not.toBe(other!.reference);
  });
});
