/**
 * One packet as several: IP fragments and TCP segments, sound or with the tricks that reassemblers disagree about
 * (overlaps, gaps, tiny first pieces, repetitions with other bytes). The lengths of headers further out follow.
 */
import { layersOf } from './layers.mjs';

const MOST_PIECES = 48;

/** Where each header outside keeps how long it is: [offset of 16 bits]. */
const LENGTH_FIELDS = { ipv4: 2, ipv6: 4, udp: 4, gtp: 2, pppoe: 4 };

/** Makes the lengths of the layers before `inner` fit a frame that is `added` bytes longer. */
function followLengths(bytes, layers, inner, added) {
  for (const layer of layers) {
    if (layer === inner) return;
    const at = layer.at + LENGTH_FIELDS[layer.kind];
    if (Number.isNaN(at) || at + 2 > bytes.length) continue;
    bytes.writeUInt16BE((bytes.readUInt16BE(at) + added) & 0xffff, at);
  }
}

function pieceOf(frame, bytes) {
  return { ...frame, bytes, original: bytes.length };
}

/** Cuts [from, to) into parts of about `size`, as [at, length]. */
function partsOf(length, size) {
  const parts = [];
  for (let at = 0; at < length && parts.length < MOST_PIECES; at += size) {
    const last = parts.length === MOST_PIECES - 1;
    parts.push([at, last ? length - at : Math.min(size, length - at)]);
  }
  return parts;
}

/** Tricks on a list of pieces: order, loss, repetition. */
function trick(pieces, random) {
  switch (random.below(7)) {
    case 0:
      return pieces.reverse();
    case 1:
      return pieces.slice(0, 1);
    case 2:
      return pieces.slice(1);
    case 3:
      return pieces.flatMap((piece) => (random.chance(0.3) ? [piece, piece] : [piece]));
    case 4:
      return pieces.filter(() => random.chance(0.8));
    default:
      return pieces;
  }
}

/** Fragments of one of the frame's IP headers, or the frame where none can be cut. */
export function fragment(frame, random) {
  const layers = layersOf(frame.bytes, frame.link);
  const headers = layers.filter(({ kind }) => kind === 'ipv4' || kind === 'ipv6');
  if (headers.length === 0) return [frame];
  const header = random.pick(headers);
  const size = 8 * random.pick([1, 1, 2, 3, 8, 64]);
  return header.kind === 'ipv4'
    ? fragmentIpv4(frame, layers, header, size, random)
    : fragmentIpv6(frame, layers, header, size, random);
}

function fragmentIpv4(frame, layers, header, size, random) {
  const { bytes } = frame;
  const bodyAt = header.at + (bytes[header.at] & 15) * 4;
  const bodyEnd = Math.min(bytes.length, header.at + (bytes[header.at + 2] << 8) + bytes[header.at + 3]);
  if (bodyAt - header.at < 20 || bodyEnd - bodyAt <= 8) return [frame];
  const overlap = random.chance(0.2) ? 1 : 0;
  const id = random.below(4) * 0x1111;
  const pieces = partsOf(bodyEnd - bodyAt, size).map(([at, length], number, parts) => {
    const piece = Buffer.concat([bytes.subarray(0, bodyAt), bytes.subarray(bodyAt + at, bodyAt + at + length)]);
    followLengths(piece, layers, header, piece.length - bytes.length);
    piece.writeUInt16BE(piece.length - header.at, header.at + 2);
    piece.writeUInt16BE(id, header.at + 4);
    const more = number < parts.length - 1 ? 0x2000 : 0;
    piece.writeUInt16BE(more | Math.max(0, (at >> 3) - (number > 0 ? overlap : 0)), header.at + 6);
    return pieceOf(frame, piece);
  });
  return trick(pieces, random);
}

function fragmentIpv6(frame, layers, header, size, random) {
  const { bytes } = frame;
  const bodyAt = header.at + 40;
  if (bytes.length - bodyAt <= 8) return [frame];
  const overlap = random.chance(0.2) ? 8 : 0;
  const id = random.below(4) * 0x1111;
  const pieces = partsOf(bytes.length - bodyAt, size).map(([at, length], number, parts) => {
    const extension = Buffer.alloc(8);
    extension[0] = bytes[header.at + 6];
    const more = number < parts.length - 1 ? 1 : 0;
    extension.writeUInt16BE(Math.max(0, at - (number > 0 ? overlap : 0)) | more, 2);
    extension.writeUInt32BE(id, 4);
    const piece = Buffer.concat([
      bytes.subarray(0, bodyAt),
      extension,
      bytes.subarray(bodyAt + at, bodyAt + at + length),
    ]);
    followLengths(piece, layers, header, piece.length - bytes.length);
    piece.writeUInt16BE(piece.length - bodyAt, header.at + 4);
    piece[header.at + 6] = 44;
    return pieceOf(frame, piece);
  });
  return trick(pieces, random);
}

/** Segments of the frame's TCP payload, or the frame where it has none. */
export function segment(frame, random) {
  const layers = layersOf(frame.bytes, frame.link);
  const header = layers.findLast(({ kind }) => kind === 'tcp');
  const payload = layers.at(-1);
  if (header === undefined || payload?.kind !== 'payload' || payload.at < header.at + 20) return [frame];
  const { bytes } = frame;
  const sequence = bytes.readUInt32BE(header.at + 4);
  const overlap = random.chance(0.3) ? random.between(1, 3) : 0;
  const pieces = partsOf(bytes.length - payload.at, random.pick([1, 1, 2, 3, 7, 40])).map(([at, length]) => {
    const from = Math.max(0, at - overlap);
    const piece = Buffer.concat([
      bytes.subarray(0, payload.at),
      bytes.subarray(payload.at + from, payload.at + at + length),
    ]);
    followLengths(piece, layers, header, piece.length - bytes.length);
    piece.writeUInt32BE((sequence + from) >>> 0, header.at + 4);
    if (overlap > 0 && random.chance(0.3)) piece[payload.at] ^= 0xff;
    return pieceOf(frame, piece);
  });
  return trick(pieces, random);
}
