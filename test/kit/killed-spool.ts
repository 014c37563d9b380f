/**
 * A spool whose daemon is killed again and again: traffic whose flows span files of several formats, with tunnels,
 * throttles and a breaker that trips, and what the daemon has written of it, in an order that does not depend on when
 * it was killed.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Conversation } from './many-clients.ts';
import { buildPcapng } from './pcapng.mjs';
import { FILE_HEADER_LENGTH, RECORD_HEADER_LENGTH } from './pcap.mjs';
import type { SeededRandom } from './random.mjs';

const START_US = 1_731_261_600_000_000;
/** Conversations with tunnels of several flows, roaming peers, throttled suspects and connections over TCP. */
const CONVERSATIONS = [
  'wireguard/handshake.pcap',
  'wireguard/roaming-port.pcap',
  'wireguard/unanswered.pcap',
  'ipsec/ikev2-nat.pcap',
  'ipsec/ikev2-psk.pcap',
  'openvpn/udp-plain.pcap',
  'openvpn/tcp-plain.pcap',
  'openvpn/tcp-joined-plain.pcap',
];

export const KILLED_POLICY = `name: killed
mode: enforce
rules:
  - { name: registered, when: { registered: either }, action: allow }
  - { name: slow, when: { stage: suspected }, action: throttle, rate: 8kbit/s, burst: 2kB, per: client }
  - { name: few, when: { protocol: openvpn, min_packets: 12 }, action: throttle, rate: 16kbit/s, per: flow }
  - { name: cut, when: { protocol: ipsec }, action: block }
safety: { limits: [{ window: 60s, stage: suspected, clients: 60, then: ignore-suspected }, { window: 1h, clients: 300 }] }
`;

/** Writes the spool's files; returns how many packets they have. */
export function putSpool(folder: string, random: SeededRandom, clients: number, files: number): number {
  mkdirSync(folder, { recursive: true });
  const records = recordsOf(random, clients);
  const step = Math.ceil(records.length / files);
  for (let number = 0; number * step < records.length; number++) {
    const part = records.slice(number * step, (number + 1) * step);
    const name = join(folder, `${String(number).padStart(4, '0')}.pcap`);
    writeFileSync(number % 3 === 2 ? `${name}.gz` : name, fileOf(part, number));
  }
  return records.length;
}

/** Packets of all clients' conversations, each begun at a random time, in order of time. */
function recordsOf(random: SeededRandom, clients: number): Buffer[] {
  const known = CONVERSATIONS.map((name) => new Conversation(name));
  const timed: { timeUs: number; record: Buffer }[] = [];
  for (let client = 0; client < clients; client++) {
    const conversation = random.pick(known).records(client + 1, START_US + random.below(600_000_000));
    for (let at = 0; at < conversation.length;) {
      const length = RECORD_HEADER_LENGTH + conversation.readUInt32LE(at + 8);
      const record = conversation.subarray(at, at + length);
      timed.push({ timeUs: timeOf(record), record });
      at += length;
    }
  }
  return timed.sort((a, b) => a.timeUs - b.timeUs).map(({ record }) => record);
}

function fileOf(records: readonly Buffer[], number: number): Uint8Array {
  if (number % 3 === 1)
    return buildPcapng(
      records.map((record) => ({ timeUs: timeOf(record), bytes: record.subarray(RECORD_HEADER_LENGTH) })),
    );
  const { header } = new Conversation(CONVERSATIONS[0]!, 1);
  const bytes = Buffer.concat([header.subarray(0, FILE_HEADER_LENGTH), ...records]);
  return number % 3 === 2 ? gzipSync(bytes) : bytes;
}

function timeOf(record: Buffer): number {
  return record.readUInt32LE(0) * 1e6 + record.readUInt32LE(4);
}

export interface Written {
  /** Decisions and ends of flows, each without its number, the spool's folder and the hash of the registry. */
  readonly lines: readonly string[];
  /** Lines that are not JSON. */
  readonly torn: number;
  /** Numbers that are not those of the line before plus one. */
  readonly gaps: number;
}

/** Everything that is in an event log and in the files rotated from it. */
export function writtenIn(folder: string, name: string): Written {
  const paths = readdirSync(folder)
    .filter((file) => file === name || file.startsWith(`${name}.`))
    .map((file) => join(folder, file))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs || b.length - a.length || (a < b ? -1 : 1));
  const lines: string[] = [];
  let [torn, gaps, last] = [0, 0, 0];
  for (const line of paths.flatMap((path) => readFileSync(path, 'utf8').split('\n'))) {
    if (line === '') continue;
    let event: { event_type: string; seq: number };
    try {
      event = JSON.parse(line) as typeof event;
    } catch {
      torn++;
      continue;
    }
    if (event.seq !== last + 1) gaps++;
    last = event.seq;
    if (event.event_type !== 'decision' && event.event_type !== 'flow') continue;
    lines.push(
      line
        .replace(/,"seq":\d+\}$/, '')
        .replace(/"registry":\{"sha256":[^}]*\}/, '"registry"')
        .replace(/("pcap_filename":")[^"]*\//, '$1'),
    );
  }
  return { lines, torn, gaps };
}

/** Lines of one list that the other lacks, counted as often as they are there. */
export function missingIn(lines: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = counts.get(line) ?? 0;
    counts.set(line, count - 1);
    return count <= 0;
  });
}
