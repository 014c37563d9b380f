// Reading and writing frames for the generator (encapsulate.mjs): classic pcap in, pcap and pcapng out, checksums and
// the headers that wrappers put in front. Only what the lab's own captures need: Ethernet, pcap, microseconds.
//
// A frame is {time, bytes, original}: time in nanoseconds (BigInt), bytes as captured, original the length on the wire.

import { readFileSync } from 'node:fs';

export const CLIENT_MAC = Buffer.from('02005e000001', 'hex');
export const SERVER_MAC = Buffer.from('02005e000002', 'hex');

/** Frames of a little-endian microsecond Ethernet pcap. Throws on anything else. */
export function readPcap(path) {
  const file = readFileSync(path);
  if (file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 1) throw new Error(`${path}: not a little-endian microsecond Ethernet pcap`);
  const frames = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const captured = file.readUInt32LE(at + 8);
    const time = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4)) * 1000n;
    frames.push({ time, bytes: file.subarray(at + 16, at + 16 + captured), original: file.readUInt32LE(at + 12) });
    at += 16 + captured;
  }
  return frames;
}

/** A writer of integers in one byte order: {u16, u32} return buffers. */
export function order(endian) {
  const little = endian === 'little';
  return {
    u16: (value) => { const b = Buffer.alloc(2); if (little) b.writeUInt16LE(value); else b.writeUInt16BE(value); return b; },
    u32: (value) => { const b = Buffer.alloc(4); if (little) b.writeUInt32LE(value >>> 0); else b.writeUInt32BE(value >>> 0); return b; },
  };
}

export const { u16, u32 } = order('big');
export const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');
export const concat = (...parts) => Buffer.concat(parts);

/**
 * A classic pcap. `magic`: 'us', 'ns', 'kuznetzov' (the patched header with interface index, protocol and packet type), 'red-hat' (the same
 * behind the standard magic), 'suse' (two processor numbers and padding more), or 'nokia' (four bytes behind the standard header).
 */
export function writePcap(frames, { link = 1, endian = 'little', magic = 'us', snaplen = 262144 } = {}) {
  const out = order(endian);
  const number = { us: 0xa1b2c3d4, ns: 0xa1b23c4d, kuznetzov: 0xa1b2cd34, suse: 0xa1b2cd34, 'red-hat': 0xa1b2c3d4, nokia: 0xa1b2c3d4 }[magic];
  const parts = [out.u32(number), out.u16(2), out.u16(4), out.u32(0), out.u32(0), out.u32(snaplen), out.u32(link)];
  for (const { time, bytes, original } of frames) {
    const fraction = time % 1_000_000_000n;
    parts.push(out.u32(Number(time / 1_000_000_000n)), out.u32(Number(magic === 'ns' ? fraction : fraction / 1000n)), out.u32(bytes.length), out.u32(original));
    if (['kuznetzov', 'red-hat', 'suse'].includes(magic)) parts.push(out.u32(2), out.u16(0x0008), Buffer.from([0, 0]));
    if (magic === 'suse') parts.push(hex('00000000'));
    if (magic === 'nokia') parts.push(hex('01b6bf9f'));
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

const padded = (bytes) => concat(bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4));

/** One pcapng block of any type. */
export function block(out, type, body) {
  const length = 12 + body.length;
  return concat(out.u32(type), out.u32(length), body, out.u32(length));
}

export const option = (out, code, value) => concat(out.u16(code), out.u16(value.length), padded(value));

export function sectionHeader(out, options = Buffer.alloc(0)) {
  return block(out, 0x0a0d0d0a, concat(out.u32(0x1a2b3c4d), out.u16(1), out.u16(0), hex('ffffffffffffffff'), options));
}

export function interfaceBlock(out, link, { snaplen = 0, resolution, offset, name } = {}) {
  const options = [];
  if (name !== undefined) options.push(option(out, 2, Buffer.from(name)));
  if (resolution !== undefined) options.push(option(out, 9, Buffer.from([resolution])));
  if (offset !== undefined) {
    const value = Buffer.alloc(8);
    value[out === LITTLE ? 'writeBigInt64LE' : 'writeBigInt64BE'](BigInt(offset));
    options.push(option(out, 14, value));
  }
  if (options.length > 0) options.push(option(out, 0, Buffer.alloc(0)));
  return block(out, 1, concat(out.u16(link), out.u16(0), out.u32(snaplen), ...options));
}

export const LITTLE = order('little');
export const BIG = order('big');

/** Ticks of a time in an interface's resolution (the if_tsresol octet), less its offset in seconds. */
function ticks(time, resolution, offset) {
  const since = time - BigInt(offset) * 1_000_000_000n;
  const perSecond = resolution & 0x80 ? 1n << BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  return (since * perSecond) / 1_000_000_000n;
}

export function enhancedPacket(out, index, frame, { resolution = 6, offset = 0, options = Buffer.alloc(0) } = {}) {
  const count = ticks(frame.time, resolution, offset);
  return block(out, 6, concat(out.u32(index), out.u32(Number(count >> 32n)), out.u32(Number(count & 0xffffffffn)), out.u32(frame.bytes.length), out.u32(frame.original), padded(frame.bytes), options));
}

export function simplePacket(out, frame) {
  return block(out, 3, concat(out.u32(frame.original), padded(frame.bytes)));
}

export function obsoletePacket(out, index, frame) {
  const count = ticks(frame.time, 6, 0);
  return block(out, 2, concat(out.u16(index), out.u16(0xffff), out.u32(Number(count >> 32n)), out.u32(Number(count & 0xffffffffn)), out.u32(frame.bytes.length), out.u32(frame.original), padded(frame.bytes)));
}

/** The Internet checksum (RFC 1071) of some octets, to be stored big-endian. */
export function checksum(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const address4 = (text) => Buffer.from(text.split('.').map(Number));

/** An IPv6 address in its full or `::` form. */
export function address6(text) {
  const [head, tail] = text.split('::');
  const groups = (part) => (part === undefined || part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [left, right] = [groups(head), groups(tail)];
  const all = text.includes('::') ? [...left, ...Array(8 - left.length - right.length).fill(0), ...right] : left;
  return Buffer.concat(all.map((group) => u16(group)));
}

/** An IPv4 packet around a payload; `options` must be a multiple of four octets. */
export function ipv4(protocol, source, destination, payload, { id = 0, flags = 0x4000, ttl = 64, options = Buffer.alloc(0) } = {}) {
  const header = concat(Buffer.from([0x45 + options.length / 4, 0]), u16(20 + options.length + payload.length), u16(id), u16(flags), Buffer.from([ttl, protocol, 0, 0]), source, destination, options);
  header.writeUInt16BE(checksum(header), 10);
  return concat(header, payload);
}

export function ipv6(next, source, destination, payload) {
  return concat(hex('60000000'), u16(payload.length), Buffer.from([next, 64]), source, destination, payload);
}

/** A UDP datagram; checksum left out, as tunnels do (RFC 6935, RFC 7348). */
export const udp = (from, to, payload) => concat(u16(from), u16(to), u16(8 + payload.length), u16(0), payload);

/** The same over IPv6 of the outer ends, with its checksum. */
export function udp6(inner, from, to, payload) {
  const [near, far] = OUTER[6];
  const datagram = udp(from, to, payload);
  const sum = checksum(concat(near, far, u32(datagram.length), u32(17), datagram));
  datagram.writeUInt16BE(sum === 0 ? 0xffff : sum, 6);
  return outer6(inner, 17, datagram);
}

// The outer ends of every tunnel; which of them sends follows the inner packet's direction.
const OUTER = { 4: [address4('198.18.0.1'), address4('198.18.0.2')], 6: [address6('2001:db8:ffff::1'), address6('2001:db8:ffff::2')] };

/** What a wrapper needs of a frame: its IP packet, its type and whether it goes from client to server. */
export function open(frame) {
  const type = frame.bytes.readUInt16BE(12);
  const length = type === 0x0800 ? frame.bytes.readUInt16BE(16) : 40 + frame.bytes.readUInt16BE(18);
  return { type, ip: frame.bytes.subarray(14, 14 + length), forth: frame.bytes.subarray(6, 12).equals(CLIENT_MAC) };
}

export function outer4(inner, protocol, payload, id) {
  const [near, far] = OUTER[4];
  return ipv4(protocol, inner.forth ? near : far, inner.forth ? far : near, payload, { id });
}

export function outer6(inner, next, payload) {
  const [near, far] = OUTER[6];
  return ipv6(next, inner.forth ? near : far, inner.forth ? far : near, payload);
}

export function ethernet(inner, type, payload, tags = Buffer.alloc(0)) {
  const [to, from] = inner.forth ? [SERVER_MAC, CLIENT_MAC] : [CLIENT_MAC, SERVER_MAC];
  return concat(to, from, tags, u16(type), payload);
}
