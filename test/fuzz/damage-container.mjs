/**
 * Damages to the bytes of a capture file: a field of a header or a block set to an edge, records cut, exchanged, repeated or
 * taken out, another file's bytes between them, and bytes flipped anywhere.
 */

/** Fields of a pcap file header and of a record header, [offset, bytes]. */
const PCAP_HEADER = [
  [0, 4],
  [4, 2],
  [6, 2],
  [16, 4],
  [20, 4],
];
const PCAP_RECORD = [
  [0, 4],
  [4, 4],
  [8, 4],
  [8, 4],
  [12, 4],
];
/** A pcapng block: type, length, then what packet and interface blocks and their options have there. */
const PCAPNG_BLOCK = [
  [0, 4],
  [4, 4],
  [4, 4],
  [8, 4],
  [8, 2],
  [12, 4],
  [12, 2],
  [16, 4],
  [18, 2],
  [20, 4],
  [20, 2],
  [24, 4],
  [28, 2],
];

const PCAP_MAGICS = new Set([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1]);
const PCAPNG_SECTION = 0x0a0d0d0a;
const BIG_ENDIAN_MAGIC = 0x1a2b3c4d;

/** Where the records of a capture lie, `{at, length, fields}`, as far as its lengths make sense; none for what is no capture. */
export function recordsOf(bytes) {
  if (bytes.length < 24) return [];
  const magic = bytes.readUInt32BE(0);
  if (PCAP_MAGICS.has(magic)) return pcapRecords(bytes, magic >>> 16 !== 0xa1b2);
  return magic === PCAPNG_SECTION ? pcapngBlocks(bytes) : [];
}

function pcapRecords(bytes, little) {
  const extra = bytes.readUInt32LE(0) === 0xa1b2cd34 || bytes.readUInt32BE(0) === 0xa1b2cd34 ? 8 : 0;
  const records = [{ at: 0, length: 24, little, fields: PCAP_HEADER }];
  for (let at = 24; at + 16 <= bytes.length;) {
    const length = 16 + extra + (little ? bytes.readUInt32LE(at + 8) : bytes.readUInt32BE(at + 8));
    if (at + length > bytes.length) break;
    records.push({ at, length, little, fields: PCAP_RECORD });
    at += length;
  }
  return records;
}

function pcapngBlocks(bytes) {
  const records = [];
  let little = true;
  for (let at = 0; at + 12 <= bytes.length;) {
    if (bytes.readUInt32BE(at) === PCAPNG_SECTION) little = bytes.readUInt32BE(at + 8) !== BIG_ENDIAN_MAGIC;
    const length = little ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4);
    if (length < 12 || at + length > bytes.length) break;
    const trailer = [length - 4, 4];
    records.push({ at, length, little, fields: [...PCAPNG_BLOCK.filter(([offset]) => offset + 4 <= length), trailer] });
    at += length;
  }
  return records;
}

function setField(bytes, random) {
  const records = recordsOf(bytes);
  if (records.length === 0) return flip(bytes, random);
  const record = random.chance(0.3) ? records[0] : random.pick(records);
  const [offset, width] = random.pick(record.fields);
  const at = record.at + offset;
  if (at + width > bytes.length) return bytes;
  const damaged = Buffer.from(bytes);
  const value = random.edge(width, record.little ? bytes.readUIntLE(at, width) : bytes.readUIntBE(at, width));
  if (record.little) damaged.writeUIntLE(value, at, width);
  else damaged.writeUIntBE(value, at, width);
  return damaged;
}

function flip(bytes, random) {
  const damaged = Buffer.from(bytes);
  // Headers are where a flipped bit does most.
  const reach = random.chance(0.4) ? Math.min(64, damaged.length) : damaged.length;
  for (let left = random.pick([1, 1, 3, 10]); left > 0 && reach > 0; left--) {
    damaged[random.below(reach)] ^= 1 << random.below(8);
  }
  return damaged;
}

function cut(bytes, random) {
  return bytes.subarray(0, random.below(bytes.length + 1));
}

function moveRecords(bytes, random) {
  const records = recordsOf(bytes);
  if (records.length < 2) return cut(bytes, random);
  const { at, length } = random.pick(records);
  const [before, record, behind] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  switch (random.below(4)) {
    case 0:
      return Buffer.concat([before, behind]);
    case 1:
      return Buffer.concat([before, record, record, behind]);
    case 2:
      return Buffer.concat([before, random.bytes(random.pick([1, 4, 16])), record, behind]);
    default: {
      const other = random.pick(records);
      return Buffer.concat([before, bytes.subarray(other.at, other.at + other.length), behind]);
    }
  }
}

function splice(bytes, random, other) {
  const records = recordsOf(bytes);
  const at = records.length > 0 && random.chance(0.7) ? random.pick(records).at : random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), other, random.chance(0.5) ? bytes.subarray(at) : Buffer.alloc(0)]);
}

/** One to four damages; `other` is another capture's bytes. */
export function damageContainer(bytes, random, other) {
  let damaged = bytes;
  for (let left = random.pick([1, 1, 2, 4]); left > 0; left--) {
    damaged = random.pick([setField, setField, setField, flip, cut, moveRecords, splice])(damaged, random, other);
  }
  return damaged;
}
