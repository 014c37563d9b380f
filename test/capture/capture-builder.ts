/**
 * Writes captures for the tests, field by field as in the specifications. It shares no code with the readers but has
 * the same author: published vectors and cross-checks with other tools guard against a common misreading.
 */

export interface BuiltPacket {
  /** Whole microseconds since 1970. */
  readonly timeUs: number;
  readonly bytes: Uint8Array;
  /** Defaults to the captured length. */
  readonly wireLength?: number;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes of a hexadecimal text; white space is ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

/** Fields of 2, 4 or 8 bytes in one byte order. */
export function fields(littleEndian: boolean, ...list: readonly (readonly [2 | 4 | 8, number | bigint])[]): Uint8Array {
  return concat(
    ...list.map(([length, value]) => {
      const bytes = new Uint8Array(length);
      const data = new DataView(bytes.buffer);
      if (length === 2) data.setUint16(0, Number(value), littleEndian);
      if (length === 4) data.setUint32(0, Number(value), littleEndian);
      if (length === 8) data.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), littleEndian);
      return bytes;
    }),
  );
}

export interface PcapShape {
  readonly littleEndian?: boolean;
  readonly magic?: number;
  readonly version?: readonly [number, number];
  readonly snapshotLength?: number;
  readonly linkType?: number;
  /** Bytes after the four fields of a record header. */
  readonly extraHeaderLength?: number;
  /** These bytes exactly. */
  readonly extraHeader?: Uint8Array;
  readonly nanoseconds?: boolean;
  readonly wireLengthFirst?: boolean;
}

export function buildPcapHeader(shape: PcapShape = {}): Uint8Array {
  const magic = shape.magic ?? (shape.nanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4);
  const [major, minor] = shape.version ?? [2, 4];
  const snapshotLength = shape.snapshotLength ?? 262_144;
  return fields(
    shape.littleEndian ?? true,
    [4, magic],
    [2, major],
    [2, minor],
    [4, 0],
    [4, 0],
    [4, snapshotLength],
    [4, shape.linkType ?? 1],
  );
}

export function buildPcapRecord(packet: BuiltPacket, shape: PcapShape = {}): Uint8Array {
  const captured = packet.bytes.length;
  const wire = packet.wireLength ?? captured;
  const fraction = packet.timeUs % 1_000_000;
  const [first, second] = shape.wireLengthFirst === true ? [wire, captured] : [captured, wire];
  const header = fields(
    shape.littleEndian ?? true,
    [4, Math.floor(packet.timeUs / 1_000_000)],
    // 999 more nanoseconds, which whole microseconds do not show.
    [4, shape.nanoseconds === true ? fraction * 1000 + 999 : fraction],
    [4, first],
    [4, second],
  );
  const extra = shape.extraHeader ?? new Uint8Array(shape.extraHeaderLength ?? 0).fill(0xee);
  return concat(header, extra, packet.bytes);
}

export function buildPcap(packets: readonly BuiltPacket[], shape: PcapShape = {}): Uint8Array {
  return concat(buildPcapHeader(shape), ...packets.map((packet) => buildPcapRecord(packet, shape)));
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4).fill(0xcc));
}

export function buildBlock(type: number, body: Uint8Array, littleEndian = true): Uint8Array {
  const content = padded(body);
  const length = content.length + 12;
  return concat(fields(littleEndian, [4, type], [4, length]), content, fields(littleEndian, [4, length]));
}

export function buildOption(code: number, value: Uint8Array, littleEndian = true): Uint8Array {
  return concat(fields(littleEndian, [2, code], [2, value.length]), padded(value));
}

export function buildSection(littleEndian = true, major = 1, options: Uint8Array = new Uint8Array(0)): Uint8Array {
  const body = fields(littleEndian, [4, 0x1a2b3c4d], [2, major], [2, 0], [8, -1n]);
  return buildBlock(0x0a0d0d0a, concat(body, options), littleEndian);
}

export interface InterfaceShape {
  readonly linkType?: number;
  readonly snapshotLength?: number;
  readonly options?: Uint8Array;
}

export function buildInterface(shape: InterfaceShape = {}, littleEndian = true): Uint8Array {
  const body = fields(littleEndian, [2, shape.linkType ?? 1], [2, 0], [4, shape.snapshotLength ?? 0]);
  return buildBlock(1, concat(body, shape.options ?? new Uint8Array(0)), littleEndian);
}

/** An Enhanced Packet Block with a timestamp in the interface's units. */
export function buildEnhanced(
  stamp: bigint | number,
  bytes: Uint8Array,
  shape: { row?: number; wireLength?: number; options?: Uint8Array; littleEndian?: boolean } = {},
): Uint8Array {
  const little = shape.littleEndian ?? true;
  const units = BigInt(stamp);
  const body = fields(
    little,
    [4, shape.row ?? 0],
    [4, units >> 32n],
    [4, units & 0xffffffffn],
    [4, bytes.length],
    [4, shape.wireLength ?? bytes.length],
  );
  return buildBlock(6, concat(body, padded(bytes), shape.options ?? new Uint8Array(0)), little);
}

export function buildSimple(bytes: Uint8Array, wireLength: number = bytes.length, littleEndian = true): Uint8Array {
  return buildBlock(3, concat(fields(littleEndian, [4, wireLength]), bytes), littleEndian);
}

/** One section, one interface, microseconds. */
export function buildPcapng(packets: readonly BuiltPacket[], littleEndian = true, linkType = 1): Uint8Array {
  return concat(
    buildSection(littleEndian),
    buildInterface({ linkType }, littleEndian),
    ...packets.map(({ timeUs, bytes, wireLength }) =>
      buildEnhanced(timeUs, bytes, { littleEndian, wireLength: wireLength ?? bytes.length }),
    ),
  );
}

/** Packets with lengths and content from a seed: a few bytes to a few hundred, some cut by a snapshot length. */
export function samplePackets(count: number, seed = 1): BuiltPacket[] {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
  return Array.from({ length: count }, (_, i) => {
    const bytes = Uint8Array.from({ length: next(200) }, () => next(256));
    const timeUs = 1_700_000_000_000_000 + i * 1_000_003 + next(1000);
    return next(4) === 0 ? { timeUs, bytes, wireLength: bytes.length + next(1000) } : { timeUs, bytes };
  });
}
