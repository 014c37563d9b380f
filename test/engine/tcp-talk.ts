/** TCP conversations as packets: what each end says, in segments of any size, from a first sequence number on. */
import { bytesOf, ethernet, ipv4, tcp } from '../kit/frame-builder.ts';
import type { BuiltPacket } from '../kit/pcap.mjs';
import { START_SECONDS, type Step } from '../kit/flow-probe.ts';

const CLIENT = [192, 0, 2, 7];
const SERVER = [198, 51, 100, 9];
const PORTS = [40_000, 1194] as const;
const SYN = 0x02;
const SYN_ACK = 0x12;
const DATA = 0x18;

export interface Segment {
  readonly way: 0 | 1;
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly flags?: number;
}

/** Records of OpenVPN: each packet after its length. */
export function records(steps: readonly Step[]): Step[] {
  return steps.map(([way, bytes]): Step => [way, Uint8Array.from([bytes.length >> 8, bytes.length & 255, ...bytes])]);
}

/** What both ends say, in segments of at most `size` bytes; what one end says in a row is one stretch of its stream where `joined`. */
export function segmented(steps: readonly Step[], size: number, joined = false, first = [1000, 900_000]): Segment[] {
  const next = [...first];
  const said: [0 | 1, number[]][] = [];
  for (const [way, bytes] of steps) {
    const last = said.at(-1);
    if (joined && last?.[0] === way) last[1].push(...bytes);
    else said.push([way, [...bytes]]);
  }
  const segments: Segment[] = [];
  for (const [way, bytes] of said) {
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.slice(at, at + size);
      segments.push({ way, sequence: next[way]! >>> 0, bytes: Uint8Array.from(piece) });
      next[way]! += piece.length;
    }
  }
  return segments;
}

/** The SYNs that come before streams of these first sequence numbers. */
export function opened([forth, back] = [1000, 900_000]): Segment[] {
  const none = new Uint8Array(0);
  return [
    { way: 0, sequence: forth - 1, bytes: none, flags: SYN },
    { way: 1, sequence: back - 1, bytes: none, flags: SYN_ACK },
  ];
}

export function packets(segments: readonly Segment[]): BuiltPacket[] {
  return segments.map(({ way, sequence, bytes, flags = DATA }, i) => {
    const load = tcp(PORTS[way], PORTS[1 - way]!, [...bytes], { sequence, flags });
    const [source, destination] = way === 0 ? [CLIENT, SERVER] : [SERVER, CLIENT];
    return {
      timeUs: START_SECONDS * 1e6 + 1000 * i,
      bytes: bytesOf(ethernet(0x0800, ipv4(6, load, { source, destination }))),
    };
  });
}
