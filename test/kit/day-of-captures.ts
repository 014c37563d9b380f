/**
 * A day of traffic in one capture, made of the project's small captures: each of their conversations comes again at times
 * of a day with a quiet night and a busy evening, from clients with other addresses.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { committedCaptures, ROOT } from './committed-captures.ts';
import { type BuiltPacket, buildPcapHeader, buildPcapRecord } from './pcap.mjs';
import { SeededRandom } from './random.mjs';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const PCAP_MAGIC = 0xa1b2c3d4;
const ETHERNET = 1;
const MICROS_PER_SECOND = 1e6;
const DAY_S = 86_400;
const IPV4 = 0x0800;
const IPV4_AT = 14;
const LONGEST_CONVERSATION_US = 120 * MICROS_PER_SECOND;

interface FramedPacket extends BuiltPacket {
  readonly bytes: Buffer;
  readonly wireLength: number;
}

/** Writes `count` conversations over the day that ends at `endS`, seconds since 1970. */
export async function writeDay(path: string, endS: number, count: number, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const conversations = (await committedCaptures())
    .filter((name) => /^captures\/(wireguard|openvpn|ipsec|negative)\/[^/]+\.pcap$/.test(name))
    .map((name) => packetsOf(join(ROOT, name)))
    .filter((packets) => packets.length > 0 && packets.at(-1)!.timeUs - packets[0]!.timeUs < LONGEST_CONVERSATION_US);
  const packets: BuiltPacket[] = [];
  for (let i = 0; i < count; i++) {
    const beginUs = Math.floor((endS - DAY_S + timeOfDay(random)) * MICROS_PER_SECOND);
    const conversation = random.pick(conversations);
    const client = random.chance(0.5) ? random.below(4000) : null;
    const firstUs = conversation[0]!.timeUs;
    for (const { timeUs, bytes, wireLength } of conversation)
      packets.push({
        timeUs: beginUs + timeUs - firstUs,
        bytes: client === null ? bytes : withClient(bytes, client),
        wireLength,
      });
  }
  packets.sort((a, b) => a.timeUs - b.timeUs);
  const records = packets.filter(({ timeUs }) => timeUs < endS * MICROS_PER_SECOND);
  writeFileSync(path, Buffer.concat([buildPcapHeader(), ...records.map((packet) => buildPcapRecord(packet))]));
}

/** Seconds since the beginning, more of them at busy times: a sample is taken if a chance allows it. */
function timeOfDay(random: SeededRandom): number {
  for (;;) {
    const at = random.below(DAY_S);
    const busy = 0.55 - 0.45 * Math.cos(((at / DAY_S) * 2 - 0.35) * Math.PI);
    if (random.chance(busy)) return at;
  }
}

/** The packets of a pcap file with Ethernet frames and microseconds; none of another one. */
function packetsOf(path: string): FramedPacket[] {
  const bytes = readFileSync(path);
  if (bytes.length < FILE_HEADER || bytes.readUInt32LE(0) !== PCAP_MAGIC || bytes.readUInt32LE(20) !== ETHERNET)
    return [];
  const packets: FramedPacket[] = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 8);
    const end = at + RECORD_HEADER + length;
    if (end > bytes.length) break;
    packets.push({
      timeUs: bytes.readUInt32LE(at) * MICROS_PER_SECOND + bytes.readUInt32LE(at + 4),
      bytes: bytes.subarray(at + RECORD_HEADER, end),
      wireLength: bytes.readUInt32LE(at + 12),
    });
    at = end;
  }
  return packets;
}

/** Both ends of an IPv4 packet get other last two bytes, in both directions the same ones. */
function withClient(frame: Buffer, client: number): Buffer {
  if (frame.length < IPV4_AT + 20 || frame.readUInt16BE(12) !== IPV4) return frame;
  const changed = Buffer.from(frame);
  for (const at of [IPV4_AT + 12, IPV4_AT + 16])
    changed.writeUInt16BE((changed.readUInt16BE(at + 2) ^ client) & 0xffff, at + 2);
  changed.writeUInt16BE(0, IPV4_AT + 10);
  changed.writeUInt16BE(checksum(changed), IPV4_AT + 10);
  return changed;
}

function checksum(frame: Buffer): number {
  const length = (frame[IPV4_AT]! & 15) * 4;
  let sum = 0;
  for (let at = IPV4_AT; at + 1 < Math.min(IPV4_AT + length, frame.length); at += 2) sum += frame.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
