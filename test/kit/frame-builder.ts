/**
 * Headers in plain arrays of bytes, right by default, for tests that break one field each. Checksums are zero, as the
 * decoder does not look at them.
 */
import { u16, u32, zeros } from './bytes.mjs';

export type Bytes = readonly number[];

export const bytesOf = (list: Bytes): Uint8Array => Uint8Array.from(list);

/** `bytes` with those at `at` replaced. */
export function withBytes(bytes: Bytes, at: number, replacement: Bytes): Bytes {
  return [...bytes.slice(0, at), ...replacement, ...bytes.slice(at + replacement.length)];
}

export function ethernet(type: number, load: Bytes): Bytes {
  return [0x02, 0, 0x5e, 0, 0, 2, 0x02, 0, 0x5e, 0, 0, 1, ...u16(type), ...load];
}

export function vlan(id: number, type: number, load: Bytes): Bytes {
  return [...u16(id), ...u16(type), ...load];
}

/** One label stack entry. */
export function label(value: number, bottom: boolean): Bytes {
  return u32(((value << 12) | (bottom ? 0x100 : 0) | 64) >>> 0);
}

interface Ipv4Fields {
  readonly source?: Bytes;
  readonly destination?: Bytes;
  readonly id?: number;
  /** Bytes. */
  readonly offset?: number;
  readonly more?: boolean;
}

export function ipv4(protocol: number, load: Bytes, fields: Ipv4Fields = {}): Bytes {
  const { source = [192, 0, 2, 7], destination = [198, 51, 100, 9], id = 7, offset = 0, more = false } = fields;
  const fragment = (more ? 0x2000 : 0) | (offset >> 3);
  const head = [0x45, 0, ...u16(20 + load.length), ...u16(id), ...u16(fragment), 64, protocol, 0, 0];
  return [...head, ...source, ...destination, ...load];
}

const DOCUMENTATION = [0x20, 0x01, 0x0d, 0xb8, ...zeros(11)];

export function ipv6(next: number, load: Bytes): Bytes {
  return [0x60, 0, 0, 0, ...u16(load.length), next, 64, ...DOCUMENTATION, 1, ...DOCUMENTATION, 2, ...load];
}

/** An extension header of `length` bytes, a multiple of 8, filled with padding options. */
export function extension(next: number, length: number, load: Bytes): Bytes {
  return [next, length / 8 - 1, 1, length - 4, ...zeros(length - 4), ...load];
}

export function fragmentHeader(next: number, offset: number, more: boolean, id: number, load: Bytes): Bytes {
  return [next, 0, ...u16(offset | (more ? 1 : 0)), ...u32(id), ...load];
}

export function udp(source: number, destination: number, load: Bytes): Bytes {
  return [...u16(source), ...u16(destination), ...u16(8 + load.length), 0, 0, ...load];
}

interface TcpFields {
  readonly sequence?: number;
  readonly flags?: number;
}

export function tcp(source: number, destination: number, load: Bytes, fields: TcpFields = {}): Bytes {
  const { sequence = 1, flags = 0x18 } = fields;
  return [...u16(source), ...u16(destination), ...u32(sequence), ...u32(0), 0x50, flags, 2, 0, ...zeros(4), ...load];
}

export function gre(type: number, load: Bytes, flags = 0): Bytes {
  return [...u16(flags), ...u16(type), ...load];
}

export function vxlan(network: number, load: Bytes): Bytes {
  return [8, 0, 0, 0, ...u32(network << 8), ...load];
}

export function geneve(type: number, network: number, load: Bytes): Bytes {
  return [0, 0, ...u16(type), ...u32(network << 8), ...load];
}

/** A user packet without optional fields. */
export function gtp(tunnel: number, load: Bytes): Bytes {
  return [0x30, 255, ...u16(load.length), ...u32(tunnel), ...load];
}

/** A data message of version 2 with its length. */
export function l2tp2(load: Bytes, flags = 0x4002): Bytes {
  const ids = [...u16(7), ...u16(9)];
  return (flags & 0x4000) === 0
    ? [...u16(flags), ...ids, ...load]
    : [...u16(flags), ...u16(8 + load.length), ...ids, ...load];
}

/** The packet of a session of version 3, with what is agreed out of band in front of the frame. */
export function l2tp3(agreed: Bytes, load: Bytes): Bytes {
  return [...u32(0x1234), ...agreed, ...load];
}

/** PPTP's GRE with a sequence number. */
export function pptp(load: Bytes): Bytes {
  return [0x30, 0x01, 0x88, 0x0b, ...u16(load.length), 0, 5, ...u32(1), ...load];
}

/** A TZSP header without tagged fields but for `tags`. */
export function tzsp(protocol: number, load: Bytes, tags: Bytes = []): Bytes {
  return [1, 0, ...u16(protocol), ...tags, 1, ...load];
}

export function vxlanGpe(protocol: number, load: Bytes): Bytes {
  return [0x0c, 0, 0, protocol, 0, 0, 5, 0, ...load];
}

/** An IPv4 packet with the right header checksum in place of zero. */
export function withChecksum(packet: Bytes): Bytes {
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += (packet[at]! << 8) | packet[at + 1]!;
  sum = (sum & 0xffff) + (sum >>> 16);
  return withBytes(packet, 10, u16(~(sum + (sum >>> 16)) & 0xffff));
}

export function pppoe(load: Bytes): Bytes {
  return [0x11, 0, 0, 1, ...u16(load.length), ...load];
}

/** A small datagram that any layer can carry. */
export const DATAGRAM: Bytes = udp(40001, 40002, [1, 2, 3, 4]);
export const PACKET: Bytes = ipv4(17, DATAGRAM);
