/**
 * Frames put into one encapsulation after the other, deeper than the decoder goes: the generator's own wrappers
 * (captures/lab/wrappers.mjs), applied to what they themselves have made.
 */
import { WRAPPERS } from '../../captures/lab/wrappers.mjs';
import { layersOf } from './layers.mjs';

const LONGEST_PACKET = 9000;
const TYPES = { ipv4: 0x0800, ipv6: 0x86dd };
const CHOICES = Object.values(WRAPPERS);
/** Those that give Ethernet, so that another one fits around them. */
const ETHERNET_CHOICES = CHOICES.filter(({ link }) => link === undefined);

/** What a wrapper takes: the frame's IP packet from its outermost or innermost IP header on. */
function packetOf(frame, random) {
  const headers = layersOf(frame.bytes, frame.link).filter(({ kind }) => kind in TYPES);
  if (headers.length === 0) return undefined;
  const header = random.chance(0.9) ? headers[0] : headers.at(-1);
  return {
    type: TYPES[header.kind],
    ip: frame.bytes.subarray(header.at),
    forth: (frame.bytes[header.at + 15] ?? 0) < 128,
  };
}

function wrapOnce(frame, choices, number, random) {
  const packet = packetOf(frame, random);
  // Some wrappers read and rewrite the header that they are given.
  if (packet === undefined || packet.ip.length < 40 || packet.ip.length > LONGEST_PACKET) return frame;
  const version = packet.type === TYPES.ipv4 ? 4 : 6;
  const { wrap, link = 1 } = random.pick(choices.filter(({ only }) => only === undefined || only === version));
  const bytes = wrap(packet, number & 0xfff);
  return { ...frame, bytes, original: bytes.length, link };
}

/** The frame in one to twelve encapsulations. */
export function wrap(frame, number, random) {
  let wrapped = frame;
  for (let left = random.pick([0, 0, 1, 1, 2, 3, 5, 8, 11]); left > 0; left--) {
    wrapped = wrapOnce(wrapped, ETHERNET_CHOICES, number, random);
  }
  return wrapOnce(wrapped, CHOICES, number, random);
}
