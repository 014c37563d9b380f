import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseMicros } from '../../src/core/units.ts';
import { Outcome } from '../../src/dataplane/host/outcome.ts';
import type { BuiltPacket } from '../kit/pcap.mjs';
import { type Replayed, replayFiles, type ReplayShape } from './replayed.ts';
import { type Ends, HOUR, MINUTE, SECOND, session, WireguardSession, writeCapture } from './wireguard-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'decisions-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const START = parseMicros('2024-11-30T18:00:00Z');
const CLIENT: Ends = { client: [192, 0, 2, 10] };

let written = 0;
function replay(packets: readonly BuiltPacket[], shape: ReplayShape): Promise<Replayed> {
  return replayFiles([writeCapture(join(folder, `${written++}.pcap`), packets)], { registry: [], ...shape });
}

function policy(...rules: string[]): string {
  return `name: test\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
}

/** Packet number, rule, action and the action before, of each decision. */
async function decided(packets: readonly BuiltPacket[], shape: ReplayShape): Promise<string[]> {
  const { decisions } = await replay(packets, shape);
  return decisions.map(
    ({ pcap_cnt: packet, decision: { rule, action, previous } }) => `${packet} ${rule} ${action} ${previous}`,
  );
}

/** Every ten minutes for `count` times. */
const everyTenMinutes = (count: number): number[] => Array.from({ length: count }, (_, i) => (i + 1) * 10 * MINUTE);

describe('a decision is made', () => {
  it('for each stage, once, and not again while nothing changes', async () => {
    const rules = policy('{ name: sure, action: block, when: { stage: confirmed } }');
    const packets = session(
      CLIENT,
      START,
      [1, 2, 3, 4, 5].map((n) => n * SECOND),
    );
    expect(await decided(packets, { policy: rules })).toEqual(['1 null allow null', '2 sure block allow']);
  });

  it('again where `until` has passed, not at its own instant', async () => {
    const rules = policy(
      '{ name: grace, action: allow, when: { until: 2024-11-30T23:30:00+05:00 } }',
      '{ name: over, action: block }',
    );
    const times = [20 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1, 31 * MINUTE];
    expect(await decided(session(CLIENT, START, times), { policy: rules })).toEqual([
      '1 grace allow null',
      '2 grace allow allow',
      '5 over block allow',
    ]);
  });

  it('again at the instant of `from`', async () => {
    const rules = policy('{ name: begun, action: block, when: { from: 2024-11-30T18:30:00Z } }');
    const times = [30 * MINUTE - 1, 30 * MINUTE, 31 * MINUTE];
    expect(await decided(session(CLIENT, START, times), { policy: rules })).toEqual([
      '1 null allow null',
      '2 null allow allow',
      '4 begun block allow',
    ]);
  });

  it('again at the first packet after the instant, also where that is read later than any packet before', async () => {
    const rules = policy('{ name: begun, action: block, when: { from: 2024-11-30T18:30:00Z } }');
    const packets = session(CLIENT, START, [30 * MINUTE, 31 * MINUTE]);
    const files = [packets.slice(0, 2), packets.slice(2)].map((part) =>
      writeCapture(join(folder, `${written++}.pcap`), part),
    );
    const { decisions } = await replayFiles(files, { registry: [], policy: rules, mode: 'observe' });
    expect(decisions.map(({ decision: { rule } }) => rule)).toEqual([null, null, 'begun']);
  });

  it('again where a schedule opens and closes, night after night', async () => {
    const when = 'schedule: { from: "23:50", to: "00:15", zone: Asia/Karachi }';
    const rules = policy(`{ name: night, action: block, when: { ${when} } }`);
    // The handshake is at 23:00 in Karachi; packets come every ten minutes for two nights.
    const events = await decided(session(CLIENT, START, everyTenMinutes(160)), { policy: rules });
    expect(events).toEqual([
      '1 null allow null',
      '2 null allow allow',
      '7 night block allow',
      '10 null allow block',
      '151 night block allow',
      '154 null allow block',
    ]);
  });

  it('again where a registration begins and ends to be valid', async () => {
    const rules = policy(
      '{ name: known, action: allow, when: { registered: source } }',
      '{ name: cut, action: block }',
    );
    const rows = ['192.0.2.10/32,h,it,,2024-11-30T18:20:00Z,2024-11-30T18:40:00Z,r'];
    const { decisions } = await replay(session(CLIENT, START, everyTenMinutes(5)), { policy: rules, registry: rows });
    expect(
      decisions.map(({ pcap_cnt, decision, registration }) => [pcap_cnt, decision.rule, registration.source]),
    ).toEqual([
      [1, 'cut', null],
      [2, 'cut', null],
      [4, 'known', { prefix: '192.0.2.10/32', holder: 'h', sector: 'it', reference: 'r' }],
      [6, 'cut', null],
    ]);
    expect(decisions.map(({ decision }) => decision.previous)).toEqual([null, 'block', 'block', 'allow']);
    expect(decisions.map(({ decision }) => decision.reason)).toEqual([
      'rule-matched',
      'rule-matched',
      'registered-source',
      'rule-matched',
    ]);
  });

  it('again where the registration that counts is another, though the action stays', async () => {
    const rules = policy('{ name: known, action: allow, when: { registered: source } }');
    const rows = ['192.0.2.0/24,wide,it,,,,w', '192.0.2.10/32,narrow,it,,2024-11-30T18:25:00Z,,n'];
    const { decisions } = await replay(session(CLIENT, START, everyTenMinutes(4)), { policy: rules, registry: rows });
    expect(decisions.map(({ pcap_cnt, registration }) => [pcap_cnt, registration.source?.holder])).toEqual([
      [1, 'wide'],
      [2, 'wide'],
      [5, 'narrow'],
    ]);
  });

  it('again where a minimum of packets or bytes is reached', async () => {
    const rules = policy(
      '{ name: large, action: block, when: { min_bytes: 1000 } }',
      '{ name: busy, action: throttle, rate: 1kB/s, when: { min_packets: 4 } }',
    );
    const one = new WireguardSession(CLIENT);
    // 190 and 134 bytes of handshake, then 138 each.
    const packets = [one.initiation(START), one.response(START + 1)];
    for (let i = 2; i < 10; i++) packets.push(one.data(START + i));
    expect(await decided(packets, { policy: rules })).toEqual([
      '1 null allow null',
      '2 null allow allow',
      '4 busy throttle allow',
      '7 large block throttle',
    ]);
  });

  it('with an event for another rule of the same action', async () => {
    const rules = policy(
      '{ name: first, action: block, when: { until: 2024-11-30T18:05:00Z } }',
      '{ name: second, action: block }',
    );
    expect(await decided(session(CLIENT, START, [4 * MINUTE, 6 * MINUTE]), { policy: rules })).toEqual([
      '1 first block null',
      '2 first block block',
      '4 second block block',
    ]);
  });

  it('with each event naming the action of the one before it', async () => {
    const rules = policy(
      '{ name: even, action: block, when: { schedule: { from: "00:00", to: "12:00", zone: UTC } } }',
      '{ name: late, action: throttle, rate: 1kB/s, when: { min_packets: 20 } }',
      '{ name: known, action: allow, when: { registered: either } }',
      '{ name: rest, action: block, rollout: 50% }',
    );
    const registry = ['192.0.2.16/28,h,it,,,2024-12-01T09:00:00Z,r'];
    const packets = Array.from({ length: 40 }, (_, i) =>
      session({ client: [192, 0, 2, i] }, START, everyTenMinutes(120)),
    );
    const { decisions } = await replay(packets.flat(), { policy: rules, registry });
    const last = new Map<string, (typeof decisions)[number]>();
    for (const event of decisions) {
      const before = last.get(event.flow_id);
      expect(event.decision.previous).toBe(before?.decision.action ?? null);
      if (before !== undefined) {
        const what = ({ decision, vpn, registration }: typeof event): unknown => [
          decision.rule,
          decision.action,
          vpn.stage,
          registration,
        ];
        expect(what(event)).not.toEqual(what(before));
      }
      last.set(event.flow_id, event);
    }
    expect(last.size).toBe(40);
    expect(decisions.length).toBeGreaterThan(150);
  });
});

/** The slow twin of a throttle: bytes and microseconds, one bucket a key. */
function throttled(packets: readonly { key: string; timeUs: number; octets: number }[]): Outcome[] {
  const buckets = new Map<string, { tokens: number; timeUs: number }>();
  return packets.map(({ key, timeUs, octets }) => {
    const bucket = buckets.get(key) ?? { tokens: BURST, timeUs };
    buckets.set(key, bucket);
    bucket.tokens = Math.min(BURST, bucket.tokens + ((timeUs - bucket.timeUs) * RATE) / 8e6);
    bucket.timeUs = timeUs;
    if (bucket.tokens - octets < -BURST) return Outcome.DROPPED;
    bucket.tokens -= octets;
    return bucket.tokens < 0 ? Outcome.DELAYED : Outcome.FORWARDED;
  });
}

const RATE = 16_000;
const BURST = 2000;

describe('enforcement', () => {
  const flows: Ends[] = [
    { client: [192, 0, 2, 10] },
    { client: [192, 0, 2, 10], clientPort: 40_001 },
    { client: [192, 0, 2, 11] },
    { client: [198, 51, 100, 5] },
  ];
  const rows = ['192.0.2.0/24,one,it,,,,1', '198.51.100.0/24,two,it,,,,2'];
  const packets = flows
    .flatMap((ends, at) => {
      const times = Array.from({ length: 150 }, (_, i) => 100_000 + i * (20_000 + at * 7001));
      return session(ends, START + at * 101, times).map((packet) => ({ ...packet, ends }));
    })
    .sort((a, b) => a.timeUs - b.timeUs);
  const keys: Record<string, (ends: Ends) => string> = {
    flow: ({ client, clientPort }) => `${client.join()} ${clientPort ?? 0}`,
    client: ({ client }) => client.join(),
    registration: ({ client }) => String(client[0]),
    rule: () => 'all',
  };

  it.each(Object.keys(keys))('of a throttle per %s is what the slow twin says, packet by packet', async (per) => {
    const rule = `{ name: slow, action: throttle, rate: ${RATE}bit/s, burst: ${BURST}B, per: ${per} }`;
    const { outcomes, counters } = await replay(packets, { policy: policy(rule), registry: rows, mode: 'enforce' });
    const expected = throttled(
      packets.map(({ ends, timeUs, bytes }) => ({ key: keys[per]!(ends), timeUs, octets: bytes.length })),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(expected);
    for (const outcome of Object.values(Outcome)) {
      expect(counters.outcomePackets[outcome]).toBe(expected.filter((one) => one === outcome).length);
      expect(counters.outcomePackets[outcome]).toBeGreaterThan(0);
    }
    for (const { outcome, delayUs } of outcomes) {
      expect(delayUs > 0).toBe(outcome === Outcome.DELAYED);
      expect(delayUs).toBeLessThanOrEqual((BURST * 8e6) / RATE);
    }
  });

  it('shares a bucket among registered flows only, where registrations share', async () => {
    const rule = `{ name: slow, action: throttle, rate: ${RATE}bit/s, burst: ${BURST}B, per: registration }`;
    const { outcomes } = await replay(packets, { policy: policy(rule), registry: [], mode: 'enforce' });
    const expected = throttled(
      packets.map(({ ends, timeUs, bytes }) => ({ key: keys.flow!(ends), timeUs, octets: bytes.length })),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(expected);
  });

  it('of a block drops the packet that led to it and all after it', async () => {
    const rules = policy('{ name: cut, action: block, when: { stage: confirmed } }');
    const shape = { policy: rules, mode: 'enforce' } as const;
    const { outcomes } = await replay(
      session(
        CLIENT,
        START,
        [1, 2].map((n) => n * SECOND),
      ),
      shape,
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([0, 2, 2, 2]);
  });

  it('affects nothing in mode observe', async () => {
    const rules = policy('{ name: cut, action: block }');
    const { outcomes, decisions } = await replay(packets, { policy: rules, mode: 'observe' });
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set([Outcome.FORWARDED]));
    expect(new Set(decisions.map(({ decision }) => `${decision.action} ${decision.mode}`))).toEqual(
      new Set(['block observe']),
    );
  });

  it('ends with the rule: a throttle whose time is over delays no packet', async () => {
    const slow = `action: throttle, rate: 8bit/s, burst: 1600B, when: { until: 2024-11-30T18:10:00Z }`;
    const times = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => n * MINUTE - SECOND);
    const { outcomes } = await replay(session(CLIENT, START, [...times, HOUR]), {
      policy: policy(`{ name: slow, ${slow} }`),
      mode: 'enforce',
    });
    expect(outcomes.slice(-3).map(({ outcome }) => outcome)).toEqual([0, 0, 0]);
  });
});
