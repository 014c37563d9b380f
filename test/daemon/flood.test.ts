/**
 * A flood of handshakes from addresses without clients: the breaker's memory stays bounded, its limits hold throughout,
 * and real clients are treated as without the flood.
 */
import { describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { type Day, live, REGISTRY_HEADER, rulesOf } from '../kit/rehearsed-day.ts';

const START_US = Date.parse('2024-11-10T13:00:00Z') * 1000;
const SECOND = 1e6;
const REAL = 1500;
const SPOOFED = 150_000;
const FLOOD_SECONDS = 55;
const RECORD_HEADER = 16;
const SOURCE = RECORD_HEADER + 14 + 12;
/** Clients that the breaker can distinguish here: three quarters of its capacity. */
const CAPACITY = 1 << 13;

const POLICY = `
name: enforcing
mode: enforce
rules:
  - { name: suspected, when: { stage: suspected }, action: block }
  - { name: unregistered, when: { stage: confirmed, registered: none }, action: block, rollout: 10% }
safety:
  limits:
    - { window: 60s, stage: confirmed, clients: 400, share: 20%, floor: 40 }
    - { window: 24h, stage: any, clients: 5000 }
    - { window: 60s, stage: suspected, clients: 200, then: ignore-suspected }
`;
const handshake = new Conversation('wireguard/handshake-only.pcap');

/** Real clients over a minute, and from the sixth second on unanswered initiations, each from a new client. */
function minute(spoofed: number): Buffer {
  const real = Array.from({ length: REAL }, (_, number) => {
    const timeUs = START_US + (number * 60 * SECOND) / REAL;
    return { timeUs, records: handshake.records(number, timeUs) };
  });
  const [initiation] = [handshake.records(0, START_US)];
  const one = initiation.subarray(0, RECORD_HEADER + initiation.readUInt32LE(8));
  const flood = Array.from({ length: spoofed }, (_, number) => {
    const timeUs = Math.round(START_US + 5 * SECOND + (number * FLOOD_SECONDS * SECOND) / spoofed);
    const record = Buffer.from(one);
    record.writeUInt32LE(Math.floor(timeUs / SECOND), 0);
    record.writeUInt32LE(timeUs % SECOND, 4);
    // 100.64.0.0 and following.
    record.writeUInt32BE(0x64400000 + number, SOURCE);
    return { timeUs, records: record };
  });
  const all = [...real, ...flood].sort((a, b) => a.timeUs - b.timeUs);
  return Buffer.concat([handshake.header, ...all.map(({ records }) => records)]);
}

const realHits = ({ hit }: Day): number[] => [...hit].filter((address) => address >>> 24 === 10).sort((a, b) => a - b);

describe('a spoofed flood', () => {
  it('stops what is done to suspected flows only, and changes nothing for clients that are there', async () => {
    const rules = rulesOf(POLICY, REGISTRY_HEADER);
    const capacities = { hit: CAPACITY, seen: CAPACITY };
    const flooded = await live(rules, minute(SPOOFED), { capacities });
    expect(flooded.trips.map(({ trip }) => [trip.then, trip.limit])).toEqual([['ignore-suspected', '60s suspected']]);
    const [confirmed, any, suspected] = flooded.admission!.breaker.limitCounts();
    expect(suspected!.seen).toBeGreaterThan(SPOOFED * 0.8);
    expect(any!.seen).toBeGreaterThan(SPOOFED * 0.8);
    // Confirmed findings are counted separately, so they stay exact.
    expect(confirmed!.seen).toBe(REAL);
    expect(confirmed!.affected).toBeGreaterThan(REAL * 0.05);
    // Nine bytes per client, as text, in three tables.
    expect(JSON.stringify(flooded.admission!.breaker.exportSeen()).length).toBeLessThan(3 * 14 * CAPACITY);

    // Without the flood suspected findings are enforced too; confirmed ones are treated the same.
    const quiet = await live(
      rulesOf(
        POLICY.replace('stage: suspected }, action: block', 'stage: suspected }, action: allow'),
        REGISTRY_HEADER,
      ),
      minute(0),
      { capacities },
    );
    expect(quiet.trips).toEqual([]);
    const before = new Set(realHits(quiet));
    const during = realHits(flooded).filter((address) => (address & 0xffffff) >= 400);
    expect(during).toEqual([...before].filter((address) => (address & 0xffffff) >= 400));
  }, 120_000);
});
