/**
 * Writes pcapng, block by block as in its specification. Padding is not zero, so that a test fails if a reader takes it
 * for content.
 */
import { concat, fields } from './bytes.mjs';

function padded(bytes) {
  return concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4).fill(0xcc));
}

export function buildBlock(type, body, littleEndian = true) {
  const content = padded(body);
  const length = content.length + 12;
  return concat(fields(littleEndian, [4, type], [4, length]), content, fields(littleEndian, [4, length]));
}

export function buildOption(code, value, littleEndian = true) {
  return concat(fields(littleEndian, [2, code], [2, value.length]), padded(value));
}

export function buildSection(littleEndian = true, major = 1, options = []) {
  const body = fields(littleEndian, [4, 0x1a2b3c4d], [2, major], [2, 0], [8, -1n]);
  return buildBlock(0x0a0d0d0a, concat(body, options), littleEndian);
}

export function buildInterface({ linkType = 1, snapshotLength = 0, options = [] } = {}, littleEndian = true) {
  const body = fields(littleEndian, [2, linkType], [2, 0], [4, snapshotLength]);
  return buildBlock(1, concat(body, options), littleEndian);
}

/** An Enhanced Packet Block with a timestamp in the interface's units. */
export function buildEnhanced(stamp, bytes, shape = {}) {
  const { row = 0, wireLength = bytes.length, options = [], littleEndian = true } = shape;
  const units = BigInt(stamp);
  const stamps = [units >> 32n, units & 0xffffffffn].map((half) => [4, half]);
  const body = fields(littleEndian, [4, row], ...stamps, [4, bytes.length], [4, wireLength]);
  return buildBlock(6, concat(body, padded(bytes), options), littleEndian);
}

export function buildSimple(bytes, wireLength = bytes.length, littleEndian = true) {
  return buildBlock(3, concat(fields(littleEndian, [4, wireLength]), bytes), littleEndian);
}

/** One section, one interface, microseconds. */
export function buildPcapng(packets, littleEndian = true, linkType = 1) {
  return concat(
    buildSection(littleEndian),
    buildInterface({ linkType }, littleEndian),
    ...packets.map(({ timeUs, bytes, wireLength = bytes.length }) =>
      buildEnhanced(timeUs, bytes, { littleEndian, wireLength }),
    ),
  );
}
