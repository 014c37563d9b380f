/** WireGuard sessions made of bytes from a seed, as captures for tests that need a VPN flow at chosen times and addresses. */
import { writeFileSync } from 'node:fs';
import { u32, zeros } from '../kit/bytes.mjs';
import { bytesOf, ethernet, ipv4, type Bytes, udp } from '../kit/frame-builder.ts';
import { buildPcap, type BuiltPacket } from '../kit/pcap.mjs';
import { SeededRandom } from '../kit/random.mjs';

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export interface Ends {
  readonly client: Bytes;
  readonly clientPort?: number;
  readonly server?: Bytes;
}

const SERVER: Bytes = [203, 0, 113, 200];
const SERVER_PORT = 51_820;

/** One session; each method gives one packet. */
export class WireguardSession {
  private readonly ends: Ends;
  private readonly random: (count: number) => Bytes;
  private readonly clientIndex: Bytes;
  private readonly serverIndex: Bytes;
  private counter = 0;

  constructor(ends: Ends, seed = 1) {
    this.ends = ends;
    const random = new SeededRandom(seed + 1000 * (ends.client[3] ?? 0) + (ends.clientPort ?? 0));
    this.random = (count) => [...random.bytes(count)];
    this.clientIndex = this.random(4);
    this.serverIndex = this.random(4);
  }

  initiation(timeUs: number): BuiltPacket {
    return this.packet(timeUs, true, [1, 0, 0, 0, ...this.clientIndex, ...this.random(124), ...zeros(16)]);
  }

  response(timeUs: number): BuiltPacket {
    const indexes = [...this.serverIndex, ...this.clientIndex];
    return this.packet(timeUs, false, [2, 0, 0, 0, ...indexes, ...this.random(64), ...zeros(16)]);
  }

  /** A transport message from the client, of `length` bytes of UDP payload. */
  data(timeUs: number, length = 96): BuiltPacket {
    const counter = [...[...u32(this.counter++)].reverse(), ...zeros(4)];
    return this.packet(timeUs, true, [4, 0, 0, 0, ...this.serverIndex, ...counter, ...this.random(length - 16)]);
  }

  private packet(timeUs: number, fromClient: boolean, load: Bytes): BuiltPacket {
    const { client, clientPort = 40_000, server = SERVER } = this.ends;
    const [source, destination] = fromClient ? [client, server] : [server, client];
    const ports: [number, number] = fromClient ? [clientPort, SERVER_PORT] : [SERVER_PORT, clientPort];
    return { timeUs, bytes: bytesOf(ethernet(0x0800, ipv4(17, udp(...ports, load), { source, destination }))) };
  }
}

/** A session's handshake at `timeUs`, then data at each of the given times after it. */
export function session(ends: Ends, timeUs: number, dataAfterUs: readonly number[], seed = 1): BuiltPacket[] {
  const one = new WireguardSession(ends, seed);
  const handshake = [one.initiation(timeUs), one.response(timeUs + 30_000)];
  return [...handshake, ...dataAfterUs.map((afterUs) => one.data(timeUs + afterUs))];
}

/** Writes packets, in the order of their times, to a pcap file. */
export function writeCapture(path: string, packets: readonly BuiltPacket[]): string {
  writeFileSync(path, buildPcap([...packets].sort((a, b) => a.timeUs - b.timeUs)));
  return path;
}
