/**
 * Writes classic pcap, field by field as in its specification. It shares no code with the readers but has the same
 * author: published vectors and cross-checks with other tools guard against a common misreading.
 */
import { concat, fields } from './bytes.mjs';

export const FILE_HEADER_LENGTH = 24;
export const RECORD_HEADER_LENGTH = 16;

export function buildPcapHeader(shape = {}) {
  const { littleEndian = true, version = [2, 4], snapshotLength = 262_144, linkType = 1 } = shape;
  const magic = shape.magic ?? (shape.nanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4);
  const [major, minor] = version;
  return fields(littleEndian, [4, magic], [2, major], [2, minor], [4, 0], [4, 0], [4, snapshotLength], [4, linkType]);
}

/** Writes the header of a record at `at`. */
export function putRecordHeader(view, at, timeUs, capturedLength, wireLength, littleEndian = true) {
  const seconds = Math.floor(timeUs / 1e6);
  view.setUint32(at, seconds, littleEndian);
  view.setUint32(at + 4, timeUs - seconds * 1e6, littleEndian);
  view.setUint32(at + 8, capturedLength, littleEndian);
  view.setUint32(at + 12, wireLength, littleEndian);
}

export function buildPcapRecord({ timeUs, bytes, wireLength = bytes.length }, shape = {}) {
  const { littleEndian = true } = shape;
  const [first, second] = shape.wireLengthFirst === true ? [wireLength, bytes.length] : [bytes.length, wireLength];
  const header = new Uint8Array(RECORD_HEADER_LENGTH);
  const view = new DataView(header.buffer);
  putRecordHeader(view, 0, timeUs, first, second, littleEndian);
  // 999 more nanoseconds, which whole microseconds do not show.
  if (shape.nanoseconds === true) view.setUint32(4, (timeUs % 1_000_000) * 1000 + 999, littleEndian);
  const extra = shape.extraHeader ?? new Uint8Array(shape.extraHeaderLength ?? 0).fill(0xee);
  return concat(header, extra, bytes);
}

export function buildPcap(packets, shape = {}) {
  return concat(buildPcapHeader(shape), ...packets.map((packet) => buildPcapRecord(packet, shape)));
}
