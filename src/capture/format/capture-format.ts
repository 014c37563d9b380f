/**
 * Detects the format of an input from its first bytes. Names and extensions are ignored.
 *
 * pcap: the three magics that libpcap reads (sf-pcap.c), in both byte orders. pcapng: the Section Header Block's type,
 * which is a palindrome, and its byte-order magic at byte 8 (draft-ietf-opsawg-pcapng, section 4.1); the type alone is
 * "\n\r\r\n", which may begin a text. gzip: RFC 1952. zstd: RFC 8878, a frame or a skippable frame.
 */
import type { ByteInput } from '../input/byte-input.ts';
import { PrefixedInput } from '../input/byte-input.ts';
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureEnd } from '../packet-source.ts';

export const CaptureFormat = { UNKNOWN: 0, PCAP: 1, PCAPNG: 2, GZIP: 3, ZSTD: 4 } as const;
export type CaptureFormat = (typeof CaptureFormat)[keyof typeof CaptureFormat];

/** Length of the longest signature, pcapng's. */
const SIGNATURE_LENGTH = 12;
/** Bytes requested: a page, so that the following reads stay aligned. */
const FIRST_READ_LENGTH = 4096;

const PCAP_MAGICS: ReadonlySet<number> = new Set([
  0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1,
]);
const PCAPNG_SECTION = 0x0a0d0d0a;
const PCAPNG_BYTE_ORDERS: ReadonlySet<number> = new Set([0x1a2b3c4d, 0x4d3c2b1a]);
const ZSTD_FRAME = 0x28b52ffd;
/** Skippable frames: 0x184D2A50 to 0x184D2A5F, little-endian; the low half of the first byte is free. */
const ZSTD_SKIPPABLE = 0x502a4d18;
const ZSTD_SKIPPABLE_MASK = 0xf0ffffff;

/** The format, and an input that begins at the same byte as the given one. */
export interface Recognised {
  readonly format: CaptureFormat;
  readonly input: ByteInput;
  /** The first bytes; fewer than a signature only if the input ends there. */
  readonly seen: Uint8Array;
  /** How the input ended, if it ended within the signature. */
  readonly failure: CaptureEnd;
}

export async function recogniseFormat(input: ByteInput): Promise<Recognised> {
  const prefix = new Uint8Array(FIRST_READ_LENGTH);
  let length = 0;
  let failure = NO_FAULT;
  while (length < SIGNATURE_LENGTH) {
    const room = prefix.length - length;
    const count = input.readNow?.(prefix, length, room) ?? (await input.read(prefix, length, room));
    if (count === 0) {
      failure = input.end;
      break;
    }
    length += count;
  }
  const seen = prefix.subarray(0, length);
  return { format: formatOf(seen), input: new PrefixedInput(seen, input), seen, failure };
}

/** A truncated pcapng signature counts as pcapng: its reader reports what is missing. */
function formatOf(seen: Uint8Array): CaptureFormat {
  const data = new DataView(seen.buffer, seen.byteOffset, seen.length);
  if (seen.length >= 2 && data.getUint16(0) === 0x1f8b) return CaptureFormat.GZIP;
  if (seen.length < 4) return CaptureFormat.UNKNOWN;
  const magic = data.getUint32(0);
  if (PCAP_MAGICS.has(magic)) return CaptureFormat.PCAP;
  if (magic === ZSTD_FRAME || ((magic & ZSTD_SKIPPABLE_MASK) | 0) === ZSTD_SKIPPABLE) return CaptureFormat.ZSTD;
  if (magic !== PCAPNG_SECTION) return CaptureFormat.UNKNOWN;
  const known = seen.length < SIGNATURE_LENGTH || PCAPNG_BYTE_ORDERS.has(data.getUint32(8));
  return known ? CaptureFormat.PCAPNG : CaptureFormat.UNKNOWN;
}
