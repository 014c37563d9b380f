/** Attacks on readers, the walk of headers and the clock. Each takes a file and writes packets, or bytes. */
import { createGzip, gzipSync } from 'node:zlib';
import { once } from 'node:events';
import { fields } from '../kit/bytes.mjs';
import { buildPcapHeader, buildPcapRecord } from '../kit/pcap.mjs';
import { buildEnhanced, buildInterface, buildSection } from '../kit/pcapng.mjs';
import { ethernet, ip6, packet4, random, scattered, START_US, udp, udp4, Ip4 } from './frames.mjs';

const MILLION = 1_000_000;

const SECTION = buildSection();
const INTERFACE = buildInterface({ snapshotLength: 262_144 });
const FRAME = udp4(53, Buffer.alloc(24));
const PACKET = buildEnhanced(START_US, FRAME);

function words(...values) {
  return fields(true, ...values.map((value) => [4, value]));
}

/** 100,000 interfaces, then packets of all of them. */
function manyInterfaces(file) {
  file.write(SECTION);
  for (let i = 0; i < 100_000; i++) file.write(INTERFACE);
  const packet = Buffer.from(PACKET);
  for (let i = 0; i < MILLION; i++) {
    packet.writeUInt32LE(i % 100_000, 8);
    file.write(packet);
    file.packetCount++;
  }
}

/** A million pcapng sections of one packet each. */
function manySections(file) {
  const section = Buffer.concat([SECTION, INTERFACE, PACKET]);
  for (let i = 0; i < MILLION; i++) {
    file.write(section);
    file.packetCount++;
  }
}

/** Packets before a record that claims `length` bytes and has a few. */
function falseLength(file, length) {
  file.pcapHeader();
  for (let i = 0; i < 1000; i++) file.packet(START_US + i, FRAME);
  file.write(words(START_US / 1e6, 0, length, length));
  file.write(random(100_000));
}

/** A pcapng block of `type` and `length` that ends after a few bytes. */
function falseBlock(file, type, length) {
  file.write(SECTION);
  file.write(INTERFACE);
  for (let i = 0; i < 1000; i++) {
    file.write(PACKET);
    file.packetCount++;
  }
  file.write(words(type, length, 0, 0, 0, 0));
  file.write(random(100_000));
}

/** Writes bytes through gzip into the file; `make` yields them in parts. */
async function gzipped(file, make) {
  const gzip = createGzip({ level: 9 });
  gzip.on('data', (chunk) => {
    file.write(chunk);
  });
  for (const piece of make()) if (!gzip.write(piece)) await once(gzip, 'drain');
  gzip.end();
  await once(gzip, 'end');
}

/** Ten million equal packets, a thousandth of their size when compressed. */
function* equalPackets(file) {
  yield buildPcapHeader();
  const record = buildPcapRecord({ timeUs: START_US, bytes: FRAME });
  const many = Buffer.concat(Array.from({ length: 10_000 }, () => record));
  for (let i = 0; i < 1000; i++) {
    yield many;
    file.packetCount += 10_000;
  }
}

/** A gigabyte of zeros in one block that is never read. */
function* zeroBlock() {
  const length = 1 << 30;
  yield Buffer.concat([SECTION, INTERFACE, words(0x0bad, length)]);
  const zeros = Buffer.alloc(1 << 20);
  for (let i = 0; i < (length >>> 20) - 1; i++) yield zeros;
  yield Buffer.alloc((1 << 20) - 12);
  yield words(length);
}

/** The same in 33 kB: a zstd frame (RFC 8878) of raw blocks and of one repeated byte. */
function zstdBomb(file) {
  const zstdBlock = (length, type, last, octets) => {
    const header = Buffer.alloc(3);
    header.writeUIntLE((length << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
    return Buffer.concat([header, octets]);
  };
  const raw = (octets, last) => zstdBlock(octets.length, 0, last, octets);
  const zeros = (length) => zstdBlock(length, 1, false, Buffer.alloc(1));
  const length = 1 << 30;
  const largest = 1 << 17;
  file.write(Buffer.from('28b52ffd0038', 'hex'));
  file.write(raw(Buffer.concat([SECTION, INTERFACE, words(0x0bad, length)]), false));
  for (let i = 0; i < length / largest - 1; i++) file.write(zeros(largest));
  file.write(zeros(largest - 12));
  file.write(raw(words(length), true));
}

/** Frames that consist of encapsulations: tags, labels, tunnels and extension headers, around each other. */
function nestedFrames() {
  const inner = udp(40_000, 1194, random(24));
  const tunnels = (depth, wrap) => {
    let packet = packet4(17, inner);
    for (let i = 0; i < depth; i++) packet = wrap(packet);
    return ethernet(0x0800, packet);
  };
  const tag = Buffer.from('81000064', 'hex');
  const tags = Buffer.concat(Array.from({ length: 300 }, () => tag));
  const labels = Buffer.concat(Array.from({ length: 300 }, () => Buffer.from('00010040', 'hex')));
  const gre = (packet) => packet4(47, Buffer.concat([Buffer.from('00000800', 'hex'), packet]));
  const bridged = (packet) => packet4(47, Buffer.concat([Buffer.from('00006558', 'hex'), ethernet(0x0800, packet)]));
  const vxlan = (packet) =>
    packet4(17, udp(50_000, 4789, Buffer.concat([Buffer.from('0800000000002a00', 'hex'), ethernet(0x0800, packet)])));
  const gtp = (packet) => {
    const header = Buffer.from('30ff000000000001', 'hex');
    header.writeUInt16BE(packet.length, 2);
    return packet4(17, udp(2152, 2152, Buffer.concat([header, packet])));
  };
  const extensions = Buffer.concat(Array.from({ length: 100 }, () => Buffer.from('3c00010400000000', 'hex')));
  return [
    Buffer.concat([ethernet(0, Buffer.alloc(0)).subarray(0, 12), tags, Buffer.from('0800', 'hex'), packet4(17, inner)]),
    ethernet(0x8847, Buffer.concat([labels, packet4(17, inner)])),
    tunnels(60, (packet) => packet4(4, packet)),
    tunnels(8, (packet) => packet4(4, packet)),
    tunnels(40, gre),
    tunnels(20, bridged),
    tunnels(15, vxlan),
    tunnels(7, vxlan),
    tunnels(20, gtp),
    ip6(60, extensions),
  ];
}

function nesting(file) {
  const frames = nestedFrames();
  file.pcapHeader();
  for (let i = 0; i < MILLION / 2; i++) file.packet(START_US + i * 2, frames[i % frames.length]);
}

/** Packets of 1000 flows at times chosen by the attacker. */
function clock(file, timeOf, count = MILLION) {
  const frame = udp4(53, Buffer.alloc(24));
  file.pcapHeader();
  for (let i = 0; i < count; i++) {
    frame.writeUInt32BE(0x0a000000 + (i % 1000), Ip4.SOURCE);
    file.packet(timeOf(i), frame);
  }
}

const LATEST_US = 0xffffffff * 1e6 + 999_999;

export const FILE_ATTACKS = {
  'pcapng-interfaces': { text: '100,000 interfaces, and a million packets of all of them.', write: manyInterfaces },
  'pcapng-sections': { text: 'A million sections of one packet each.', write: manySections },
  'length-4-gigabytes': {
    text: 'A pcap record that claims 4 GB.',
    exit: 4,
    write: (file) => {
      falseLength(file, 0xffffffff);
    },
  },
  'block-4-gigabytes': {
    text: 'A pcapng packet block that claims 4 GB.',
    exit: 4,
    write: (file) => {
      falseBlock(file, 6, 0xfffffffc);
    },
  },
  'unread-block-4-gigabytes': {
    text: 'A pcapng block of an unknown type that claims 4 GB.',
    exit: 4,
    write: (file) => {
      falseBlock(file, 0x0bad, 0xfffffffc);
    },
  },
  'gzip-bomb-packets': {
    text: 'Ten million packets, 0.8 GB, in under 2 MB of gzip.',
    write: (file) => gzipped(file, () => equalPackets(file)),
  },
  'gzip-bomb-block': { text: 'A block of 1 GB of zeros in 1 MB of gzip.', write: (file) => gzipped(file, zeroBlock) },
  'zstd-bomb-block': { text: 'The same in 33 kB of zstd.', write: zstdBomb },
  'gzip-members': {
    text: '100,000 gzip members without a byte in them, before a capture.',
    write: (file) => {
      const empty = gzipSync(Buffer.alloc(0));
      const many = Buffer.concat(Array.from({ length: 1000 }, () => empty));
      for (let i = 0; i < 100; i++) file.write(many);
      file.write(gzipSync(Buffer.concat([SECTION, INTERFACE, PACKET])));
      file.packetCount++;
    },
  },
  'deep-nesting': { text: 'Tags, labels, tunnels and extension headers up to 300 deep.', write: nesting },
  'clock-out-of-order': {
    text: 'Times without any order, over four days.',
    write: (file) => {
      clock(file, (i) => START_US + (scattered(i) % 345_600) * 1e6);
    },
  },
  'clock-back-and-forth': {
    text: 'A clock that leaps 68 minutes ahead and back again with every packet.',
    write: (file) => {
      clock(file, (i) => START_US + (i % 2) * 4_097e6);
    },
  },
  'clock-1970-and-2106': {
    text: 'Packets of 1970 and of 2106 in turn.',
    write: (file) => {
      clock(file, (i) => (i % 2 === 0 ? 0 : LATEST_US));
    },
  },
};
