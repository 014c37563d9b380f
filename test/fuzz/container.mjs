/**
 * Frames written as a capture in one of the formats, with the varieties that each allows: byte orders, resolutions, several
 * sections and interfaces, all three kinds of packet block, blocks that no reader reads; plain, gzip or zstd.
 */
import { gzipSync } from 'node:zlib';
import {
  BIG,
  block,
  enhancedPacket,
  interfaceBlock,
  LITTLE,
  obsoletePacket,
  option,
  sectionHeader,
  simplePacket,
  writePcap,
} from '../../captures/lab/frames.mjs';

const RESOLUTIONS = [undefined, undefined, 0, 3, 6, 9, 12, 0x80, 0x94, 0xa0, 0xbf];
const OFFSETS = [undefined, undefined, 0, 1, -1, 1_600_000_000, -4_000_000_000];
const UNREAD_TYPES = [4, 5, 10, 0x0bad, 0x80000bad, 0xffffffff];
/** Times are kept in nanoseconds; a finer count than 64 bits hold is cut off by the writer. */
const LARGEST_COUNT = 0xffffffffffffffffn;

function asPcap(frames, random) {
  return writePcap(frames, {
    link: frames[0]?.link ?? 1,
    endian: random.pick(['little', 'big']),
    magic: random.pick(['us', 'us', 'ns', 'kuznetzov']),
    snaplen: random.pick([262_144, 65_535, 96, 0]),
  });
}

function asPcapng(frames, random) {
  const parts = [];
  const sections = random.pick([1, 1, 1, 2, 3]);
  const perSection = Math.ceil(frames.length / sections) || 1;
  for (let at = 0; at < frames.length || at === 0; at += perSection) {
    parts.push(...section(frames.slice(at, at + perSection), random));
  }
  return Buffer.concat(parts);
}

function section(frames, random) {
  const out = random.pick([LITTLE, BIG]);
  const parts = [sectionHeader(out, random.chance(0.2) ? option(out, 1, random.bytes(7)) : undefined)];
  const links = [...new Set(frames.map(({ link }) => link))];
  const shapes = new Map(links.map((link) => [link, interfaceShape(random)]));
  for (const link of links) parts.push(interfaceBlock(out, link, shapes.get(link)));
  for (const frame of frames) {
    if (random.chance(0.05)) parts.push(block(out, random.pick(UNREAD_TYPES), random.bytes(4 * random.below(40))));
    parts.push(packetBlock(out, frame, links.indexOf(frame.link), shapes.get(frame.link), random));
  }
  return parts;
}

function interfaceShape(random) {
  return {
    snaplen: random.pick([0, 0, 262_144, 64]),
    resolution: random.pick(RESOLUTIONS),
    offset: random.pick(OFFSETS),
  };
}

function packetBlock(out, frame, index, { resolution = 6, offset = 0 }, random) {
  switch (random.below(12)) {
    case 0:
      return simplePacket(out, frame);
    case 1:
      return obsoletePacket(out, index, clamped(frame));
    default:
      return enhancedPacket(out, index, clamped(frame), {
        resolution,
        offset,
        options: random.chance(0.1) ? option(out, 2, Buffer.alloc(4)) : undefined,
      });
  }
}

function clamped(frame) {
  return frame.time > LARGEST_COUNT ? { ...frame, time: LARGEST_COUNT } : frame;
}

export function writeContainer(frames, random) {
  const mixed = frames.some(({ link }) => link !== frames[0].link);
  return random.chance(mixed ? 0.8 : 0.4) ? asPcapng(frames, random) : asPcap(frames, random);
}

/** gzip members, or zstd frames of raw and run-length blocks; sometimes twice, sometimes with something behind. */
export function compress(bytes, random) {
  const parts = [];
  const make = random.chance(0.6) ? gzipOf : zstdOf;
  const size = random.pick([bytes.length, 1000, 4096]) || 1;
  for (let at = 0; at < bytes.length || at === 0; at += size) parts.push(make(bytes.subarray(at, at + size), random));
  if (random.chance(0.1)) parts.push(random.chance(0.5) ? Buffer.alloc(40) : random.bytes(9));
  const packed = Buffer.concat(parts);
  return random.chance(0.05) ? gzipSync(packed) : packed;
}

function gzipOf(octets, random) {
  return gzipSync(octets, { level: random.pick([0, 1, 9]) });
}

const ZSTD_BLOCK_LIMIT = 0x20000;

/** RFC 8878: magic, a window of 1 kB to 16 MB, blocks that are not compressed (type 0) or one byte repeated (type 1). */
function zstdOf(octets, random) {
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, random.pick([0x38, 0x58, 0x70])])];
  const size = Math.min(random.pick([300, 1024, ZSTD_BLOCK_LIMIT]), 1024);
  for (let at = 0; at < octets.length; at += size) {
    const piece = octets.subarray(at, at + size);
    parts.push(zstdBlockHeader(piece.length, 0, false), piece);
  }
  const last = random.chance(0.1) ? random.below(2000) : 0;
  parts.push(zstdBlockHeader(last, 1, true), Buffer.from([random.below(256)]));
  return Buffer.concat(parts);
}

function zstdBlockHeader(length, type, last) {
  const header = Buffer.alloc(3);
  header.writeUIntLE((length << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
  return header;
}
