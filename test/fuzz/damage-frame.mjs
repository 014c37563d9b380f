/**
 * Damages to one frame: a field set to an edge, bytes flipped, cut, inserted or taken out, ends exchanged, a preface put
 * before the payload. A frame is `{time, bytes, original, link}`: nanoseconds (BigInt), bytes, length on the wire, link type.
 * Damages return a new frame and leave the given one alone.
 */
import { fieldsOf, layersOf } from './layers.mjs';

const ETHERTYPES = [0x0800, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x8864, 0x0806, 0x88be, 0x22eb, 0x6558, 0x05dc, 0x9200];
const IP_PROTOCOLS = [0, 1, 2, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 132, 135, 139, 255];
const PORTS = [500, 4500, 1194, 51820, 4789, 8472, 6081, 2152, 443, 1080, 8080, 53];
/** WireGuard's types, OpenVPN's opcodes, IKE's versions, SOCKS and HTTP: what payloads of interest begin with. */
const FIRST_OCTETS = [
  1, 2, 3, 4, 5, 0x20, 0x28, 0x30, 0x38, 0x40, 0x48, 0x50, 0x58, 0x54, 0x10, 0xff, 0x43, 0x49, 0x00,
];

const PREFACES = [
  Buffer.from('CONNECT 198.51.100.20:1194 HTTP/1.1\r\nHost: a\r\n\r\n'),
  Buffer.from('HTTP/1.0 200 OK\r\n\r\n'),
  Buffer.from('050100050000', 'hex'),
  Buffer.from('05010001c633641404aa', 'hex'),
  Buffer.from('050000010000000004aa', 'hex'),
  Buffer.from('00000001c633641404aa', 'hex'),
  Buffer.from('00000000', 'hex'),
  Buffer.from('IKETCP'),
  Buffer.from('04010050c633641400', 'hex'),
  Buffer.from('0036', 'hex'),
  // Tailscale's discovery.
  Buffer.from('5453f09f92ac', 'hex'),
];

function put(bytes, at, width, value) {
  for (let i = 0; i < width; i++) bytes[at + i] = Math.floor(value / 2 ** (8 * (width - 1 - i))) & 255;
}

function read(bytes, at, width) {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + bytes[at + i];
  return value;
}

/** A copy with other bytes; the wire length follows unless the capture was cut. */
function withBytes(frame, bytes) {
  return { ...frame, bytes, original: Math.max(0, frame.original + bytes.length - frame.bytes.length) };
}

/** A value that means something in this field, or an edge. */
function valueFor(kind, offset, width, bytes, at, random) {
  const current = read(bytes, at, width);
  if (random.chance(0.5)) return random.edge(width, current);
  if (width === 2 && (kind === 'ethernet' || kind === 'vlan' || kind === 'gre')) return random.pick(ETHERTYPES);
  if (kind === 'ipv4' && offset === 9) return random.pick(IP_PROTOCOLS);
  if ((kind === 'ipv6' && offset === 6) || kind === 'extension' || kind === 'fragment')
    return random.pick(IP_PROTOCOLS) % 2 ** (8 * width);
  if ((kind === 'udp' || kind === 'tcp') && offset < 4) return random.pick(PORTS);
  if (kind === 'payload' && offset === 0 && width === 1) return random.pick(FIRST_OCTETS);
  // A length that the rest of the frame has, or nearly.
  return Math.max(0, bytes.length - at + random.between(-12, 12)) % 2 ** (8 * width);
}

function damageField(frame, random) {
  const layers = layersOf(frame.bytes, frame.link);
  if (layers.length === 0) return flipBits(frame, random);
  const layer = random.chance(0.4) ? layers.at(-1) : random.pick(layers);
  const fields = fieldsOf(frame.bytes, layer);
  if (fields.length === 0) return flipBits(frame, random);
  const [at, width] = random.pick(fields);
  const bytes = Buffer.from(frame.bytes);
  put(bytes, at, width, valueFor(layer.kind, at - layer.at, width, bytes, at, random));
  return { ...frame, bytes };
}

function flipBits(frame, random) {
  const bytes = Buffer.from(frame.bytes);
  for (let left = random.between(1, 4); left > 0 && bytes.length > 0; left--) {
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
  }
  return { ...frame, bytes };
}

/** Fewer bytes captured; with half the chance the packet itself was shorter. */
function truncate(frame, random) {
  const bytes = frame.bytes.subarray(0, random.below(frame.bytes.length + 1));
  return { ...frame, bytes, original: random.chance(0.5) ? frame.original : bytes.length };
}

function extend(frame, random) {
  return withBytes(frame, Buffer.concat([frame.bytes, random.bytes(random.pick([1, 4, 18, 64]))]));
}

function insert(frame, random) {
  const at = random.below(frame.bytes.length + 1);
  return withBytes(
    frame,
    Buffer.concat([frame.bytes.subarray(0, at), random.bytes(random.pick([1, 2, 4, 8, 20])), frame.bytes.subarray(at)]),
  );
}

function takeOut(frame, random) {
  const at = random.below(frame.bytes.length + 1);
  const behind = Math.min(frame.bytes.length, at + random.pick([1, 2, 4, 8, 20]));
  return withBytes(frame, Buffer.concat([frame.bytes.subarray(0, at), frame.bytes.subarray(behind)]));
}

/** A message or a preface before the payload, or instead of it. */
function preface(frame, random) {
  const payload = layersOf(frame.bytes, frame.link).find((layer) => layer.kind === 'payload');
  if (payload === undefined) return extend(frame, random);
  const rest = random.chance(0.5) ? frame.bytes.subarray(payload.at) : Buffer.alloc(0);
  return withBytes(frame, Buffer.concat([frame.bytes.subarray(0, payload.at), random.pick(PREFACES), rest]));
}

/** The packet of the other direction: addresses and ports exchanged in every header, or in the innermost alone. */
export function turnRound(frame, innermostOnly) {
  const bytes = Buffer.from(frame.bytes);
  const headers = layersOf(bytes, frame.link).filter(({ kind }) => ['ipv4', 'ipv6', 'udp', 'tcp'].includes(kind));
  for (const { kind, at } of innermostOnly ? headers.slice(-2) : headers) {
    const [offset, width] = kind === 'ipv4' ? [12, 4] : kind === 'ipv6' ? [8, 16] : [0, 2];
    if (at + offset + 2 * width > bytes.length) continue;
    const first = Buffer.from(bytes.subarray(at + offset, at + offset + width));
    bytes.copyWithin(at + offset, at + offset + width, at + offset + 2 * width);
    first.copy(bytes, at + offset + width);
  }
  return { ...frame, bytes };
}

/** The same packet of another flow: `number` goes into the innermost source address, and into its port. */
export function spoof(frame, number) {
  const bytes = Buffer.from(frame.bytes);
  for (const { kind, at } of layersOf(bytes, frame.link).slice(-3)) {
    if (kind === 'ipv4' && at + 16 <= bytes.length) bytes.writeUInt16BE(number & 0xffff, at + 14);
    if (kind === 'ipv6' && at + 24 <= bytes.length) bytes.writeUInt16BE(number & 0xffff, at + 22);
    if ((kind === 'udp' || kind === 'tcp') && at + 2 <= bytes.length && number % 3 === 0)
      bytes.writeUInt16BE(1024 + (number % 60_000), at);
  }
  return { ...frame, bytes };
}

const DAMAGES = [
  [8, damageField],
  [2, flipBits],
  [2, truncate],
  [1, extend],
  [1, insert],
  [1, takeOut],
  [2, preface],
  [1, (frame, random) => turnRound(frame, random.chance(0.5))],
  [1, (frame, random) => spoof(frame, random.below(8))],
];
const WEIGHTED = DAMAGES.flatMap(([weight, damage]) => Array.from({ length: weight }, () => damage));

export function damageFrame(frame, random) {
  return random.pick(WEIGHTED)(frame, random);
}
