/** The flows on which changes of rules are tried: active ones as the engine decides them, ended ones for an hour, bounded. */
import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { FlowRing } from '../../src/decision/flow-ring.ts';
import { Stage } from '../../src/dataplane/host/finding.ts';
import { DecisionInput } from '../../src/policy/decision-input.ts';
import { RecordedFlow } from '../../src/policy/recorded-flow.ts';
import { ChangingRules, HEADER } from '../kit/changing-rules.ts';
import { Conversation } from '../kit/many-clients.ts';

const START_US = Date.parse('2024-11-10T13:00:00Z') * 1000;
const MINUTE_US = 60_000_000;
const POLICY = 'name: x\nrules:\n  - { name: rest, when: { registered: none }, action: block }\n';

interface Seen {
  readonly client: number;
  readonly protocol: number;
  readonly stage: number;
  readonly packets: number;
  readonly tunnel: number;
}

function seenBy(daemon: ChangingRules): { flows: Seen[]; leftOut: number } {
  const flows: Seen[] = [];
  const leftOut = daemon.engine.recent.visit(({ input, tunnel }) => {
    const { protocol, stage, packets } = input;
    flows.push({ client: input.source[3]! & 0xffff, protocol, stage, packets, tunnel });
  });
  return { flows, leftOut };
}

describe('recent flows', () => {
  it('are the active ones, then those that ended within an hour of packet time', async () => {
    const handshake = new Conversation('wireguard/handshake-only.pcap');
    const daemon = await ChangingRules.open(POLICY, HEADER, handshake);
    try {
      await daemon.feed(0, 3, START_US);
      const active = seenBy(daemon).flows;
      expect(active.map(({ client, protocol, stage }) => [client, protocol, stage])).toEqual(
        [0, 1, 2].map((client) => [client, Protocol.WIREGUARD, Stage.CONFIRMED]),
      );
      for (const { packets, tunnel } of active) {
        expect(packets).toBe(handshake.packets.length);
        expect(tunnel).toBeGreaterThan(0);
      }
      // A flow with a finding ends after an hour without a packet: it is no longer recent then.
      await daemon.feed(7, 8, START_US + 30 * MINUTE_US);
      expect(seenBy(daemon).flows).toHaveLength(4);
      await daemon.feed(8, 9, START_US + 61 * MINUTE_US);
      expect(daemon.engine.recent.endedCount).toBe(3);
      expect(
        seenBy(daemon)
          .flows.map(({ client }) => client)
          .sort(),
      ).toEqual([7, 8]);
      // At the end of the capture all end, and stay recent for an hour.
      await daemon.engine.finish();
      expect(daemon.engine.table.activeCount).toBe(0);
      const ended = seenBy(daemon);
      expect(ended.flows.map(({ client, tunnel }) => [client, tunnel]).sort()).toEqual([
        [7, 0],
        [8, 0],
      ]);
      expect(ended.leftOut).toBe(0);
    } finally {
      daemon.close();
    }
  });
});

function flowOf(number: number, lastTimeUs: number): RecordedFlow {
  const flow = new RecordedFlow();
  flow.input.protocol = 1 + (number % 3);
  flow.input.stage = 1 + (number % 2);
  flow.input.variant = number % 30;
  flow.input.transport = [6, 17, 50, 51][number % 4]!;
  flow.input.source.set([0, 0, 0xffff, number]);
  flow.input.destination.set([number, -number, 2, 3]);
  flow.input.sourcePort = (number * 7919) % 65_536;
  flow.input.destinationPort = 65_535 - flow.input.sourcePort;
  flow.input.packets = number * 2 ** 33;
  flow.input.bytes = number * 2 ** 40;
  flow.lastTimeUs = lastTimeUs;
  flow.hasKeptSource = number % 2 === 0;
  flow.hasKeptDestination = number % 3 === 0;
  flow.keptSource.set([1, 2, 3, number]);
  flow.keptDestination.set([4, 5, 6, number]);
  return flow;
}

/** What an input has from the rules and the time, and not from its flow. */
const NOT_OF_THE_FLOW = [
  'timeUs',
  'sourceRegistration',
  'destinationRegistration',
  'sourceSector',
  'destinationSector',
];

describe('a ring of flows', () => {
  it('is tested with every part of an input that is of the flow', () => {
    const { input } = flowOf(7, 7);
    const parts = Object.entries(new DecisionInput()).filter(([name]) => !NOT_OF_THE_FLOW.includes(name));
    expect(parts.length).toBeGreaterThan(9);
    for (const [name, unset] of parts) expect(input, name).not.toHaveProperty(name, unset);
  });

  it('gives back what it was given, also after it grew', () => {
    const ring = new FlowRing(1 << 12);
    for (let number = 0; number < 3000; number++) ring.push(flowOf(number, number), 0);
    expect(ring.count).toBe(3000);
    const flow = new RecordedFlow();
    for (const number of [0, 1, 255, 256, 2999]) {
      ring.read(number, flow);
      expect(flow).toEqual(flowOf(number, number));
    }
  });

  it('overwrites the oldest once it is full, and counts those that were not old', () => {
    const ring = new FlowRing(4);
    for (let number = 0; number < 10; number++) ring.push(flowOf(number, number * 10), 25);
    const flow = new RecordedFlow();
    const kept = [0, 1, 2, 3].map((place) => {
      ring.read(place, flow);
      return flow.input.source[3]!;
    });
    expect(kept.sort()).toEqual([6, 7, 8, 9]);
    expect(ring.count).toBe(4);
    // Flows 3, 4 and 5 were from 25 on.
    expect(ring.overwrittenCount).toBe(3);
  });
});
