/** Random sessions of a few WireGuard clients, some of which roam, and random rules for them. */
import { captureOf } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { parseMicros } from '../../src/core/units.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { SECOND, WireguardSession } from '../engine/wireguard-session.ts';
import { type BuiltPacket, buildPcapHeader, buildPcapRecord } from '../kit/pcap.mjs';
import type { SeededRandom } from '../kit/random.mjs';
import { REGISTRY_HEADER, rulesOf } from '../kit/rehearsed-day.ts';

export const START = parseMicros('2024-11-30T18:00:00Z');
export const LASTS_US = 600 * SECOND;
const at = (seconds: number): string => new Date((START + seconds * SECOND) / 1000).toISOString();

/** Rules of which a policy has some: with conditions of every kind that can change while a flow lasts. */
const RULES = [
  '{ name: known, action: allow, when: { registered: either } }',
  '{ name: banks, action: allow, when: { sector: bank, registered: source } }',
  '{ name: later, action: block, when: { from: "AT" } }',
  '{ name: later, action: block, when: { from: "AT", stage: suspected } }',
  '{ name: before, action: allow, when: { until: "AT" } }',
  '{ name: heavy, action: block, when: { min_packets: 4 } }',
  '{ name: heavy, action: allow, when: { min_packets: 6 } }',
  '{ name: large, action: block, when: { min_bytes: 900 } }',
  '{ name: sure, action: block, when: { stage: confirmed } }',
  '{ name: meant, action: block, hits_registered: true, when: { registered: either } }',
  '{ name: some, action: block, rollout: 40% }',
  '{ name: rest, action: block, when: { registered: none } }',
  '{ name: all, action: block }',
  '{ name: all, action: allow }',
  '{ name: rest, action: allow, when: { registered: none } }',
];

const ROWS = [
  '192.0.2.0/24,Wide,it,,,,a',
  '192.0.2.0/30,Bank,bank,wireguard,FROM,UNTIL,b',
  '192.0.2.2/32,One,bank,,FROM,,c',
  '192.0.2.3/32,Two,bank,ipsec,,,d',
  '192.0.2.4/30,Three,it,,,UNTIL,e',
  '203.0.113.200/32,Server,it,,FROM,UNTIL,f',
  '203.0.113.0/24,Servers,mission,openvpn,,,g',
  '198.51.100.0/25,Away,it,,,UNTIL,h',
];

export function randomRules(random: SeededRandom): Rules {
  const some = (all: readonly string[], most: number): string[] =>
    all.filter(() => random.below(all.length) < most).sort(() => random.below(3) - 1);
  const time = (): string => at(random.below(LASTS_US / SECOND));
  const rules = some(RULES, 4).map(
    (rule, i) =>
      `  - ${rule.replace('AT', time()).replace(/name: (\w+)/, (_, name) => `name: ${name}${i > 2 ? i : ''}`)}\n`,
  );
  const names = new Set<string>();
  const distinct = rules.filter((rule) => {
    const name = /name: (\w+)/.exec(rule)![1]!;
    return !names.has(name) && names.add(name);
  });
  const rows = some(ROWS, 4)
    .map((row) => `${row.replace('FROM', time()).replace('UNTIL', time())}\n`)
    .filter(isInOrder);
  const policy = `name: test\nmode: ${random.below(3) === 0 ? 'observe' : 'enforce'}\nrules:${distinct.length === 0 ? ' []' : ''}\n${distinct.join('')}`;
  return rulesOf(policy, REGISTRY_HEADER + rows.join(''));
}

/** A registration that ends before it begins is an error. */
function isInOrder(row: string): boolean {
  const [, , , , from, until] = row.split(',');
  return from === '' || until === '' || from! < until!;
}

/** Sessions of a few clients: some are only begun, some go on from another address, and some end and begin again. */
export function randomPackets(random: SeededRandom): BuiltPacket[] {
  const packets: BuiltPacket[] = [];
  for (let number = 0; number < 60; number++) {
    const ends = { client: [192, 0, 2, 1 + random.below(8)], clientPort: 40_000 + random.below(3) };
    const server = [203, 0, 113, random.below(2) === 0 ? 200 : 201];
    const session = new WireguardSession({ ...ends, server }, number);
    const startUs = START + random.below(LASTS_US / 2);
    packets.push(session.initiation(startUs));
    if (random.below(4) === 0) continue;
    packets.push(session.response(startUs + 20_000));
    const count = random.below(20);
    for (let i = 1; i <= count; i++) {
      const timeUs = startUs + Math.floor((i * LASTS_US) / 2 / count) + random.below(SECOND);
      const packet = session.data(timeUs, 16 + 16 * random.below(10));
      packets.push(i * 2 > count && number % 3 === 0 ? fromElsewhere(packet, number) : packet);
    }
  }
  return packets.sort((a, b) => a.timeUs - b.timeUs);
}

function fromElsewhere({ timeUs, bytes }: BuiltPacket, number: number): BuiltPacket {
  const moved = Uint8Array.from(bytes);
  moved.set([198, 51, 100, 100 + number], 26);
  return { timeUs, bytes: moved };
}

/** A capture that gives one packet at a time, so rules can be swapped between any two. */
export async function each(packets: readonly BuiltPacket[], take: (batch: PacketBatch) => void): Promise<void> {
  const pieces = [buildPcapHeader(), ...packets.map((packet) => buildPcapRecord(packet))];
  const capture = captureOf('twin', {
    end: { fault: 0, message: '' },
    read: (target, start) => {
      const piece = pieces.shift() ?? new Uint8Array();
      target.set(piece, start);
      return Promise.resolve(piece.length);
    },
    close: () => Promise.resolve(),
  });
  const batch = new PacketBatch();
  while (await capture.read(batch)) take(batch);
  await capture.close();
}
