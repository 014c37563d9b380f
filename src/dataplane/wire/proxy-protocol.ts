/**
 * PROXY protocol header (haproxy's proxy-protocol.txt, versions 1 and 2): what a load balancer puts before the client's bytes when
 * it opens a connection to a server, to name the client. Version 1 is a line of text of at most 107 bytes, version 2 binary with a
 * signature of 12 bytes. The server sends none.
 *
 * `proxyHeaderLength` looks at the bytes in order of one direction and checks all its bounds itself. The addresses and the
 * type-length-value fields of version 2 are stepped over, not read.
 */

/** Answers of `proxyHeaderLength` that are no length. */
export const NO_PROXY_HEADER = -1;
export const PROXY_HEADER_CUT = -2;

const NAME = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20];
/** What follows the name: "TCP4 ", "TCP6 " or "UNKNOWN". */
const FAMILIES = [
  [0x54, 0x43, 0x50, 0x34, 0x20],
  [0x54, 0x43, 0x50, 0x36, 0x20],
  [0x55, 0x4e, 0x4b, 0x4e, 0x4f, 0x57, 0x4e],
];
const LONGEST_LINE = 107;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const VERSION_AND_COMMAND = 12;
const FAMILY = 13;
const LENGTH = 14;
const HEADER_LENGTH = 16;
const LOCAL = 0x20;
const PROXY = 0x21;
/** Longer fields than this no proxy sends before a stream that is kept here. */
const LONGEST_FIELDS = 3072;

/** True for the first byte of either version. */
export function mayBeProxyHeader(first: number): boolean {
  return first === NAME[0] || first === SIGNATURE[0];
}

/** Bytes of the header at `at`, of which `length` bytes are there; NO_PROXY_HEADER, or PROXY_HEADER_CUT where more bytes must tell. */
export function proxyHeaderLength(data: DataView, at: number, length: number): number {
  if (length === 0) return PROXY_HEADER_CUT;
  return data.getUint8(at) === NAME[0] ? lineLength(data, at, length) : binaryLength(data, at, length);
}

function lineLength(data: DataView, at: number, length: number): number {
  if (!begins(data, at, length, NAME)) return NO_PROXY_HEADER;
  if (length <= NAME.length) return PROXY_HEADER_CUT;
  if (!FAMILIES.some((family) => begins(data, at + NAME.length, length - NAME.length, family))) return NO_PROXY_HEADER;
  const searched = Math.min(length, LONGEST_LINE);
  for (let i = NAME.length; i < searched; i++) {
    const octet = data.getUint8(at + i);
    if (octet === LINE_FEED && data.getUint8(at + i - 1) === CARRIAGE_RETURN) return i + 1;
    if ((octet < 0x20 && octet !== CARRIAGE_RETURN) || octet > 0x7e) return NO_PROXY_HEADER;
  }
  return length < LONGEST_LINE ? PROXY_HEADER_CUT : NO_PROXY_HEADER;
}

function binaryLength(data: DataView, at: number, length: number): number {
  if (!begins(data, at, length, SIGNATURE)) return NO_PROXY_HEADER;
  if (length < HEADER_LENGTH) return PROXY_HEADER_CUT;
  const command = data.getUint8(at + VERSION_AND_COMMAND);
  const fields = data.getUint16(at + LENGTH);
  if (fields > LONGEST_FIELDS) return NO_PROXY_HEADER;
  // A proxy that checks the server speaks for itself: what else the header says is to be ignored.
  const shortest = command === LOCAL ? 0 : command === PROXY ? addressesLength(data.getUint8(at + FAMILY)) : Infinity;
  if (fields < shortest) return NO_PROXY_HEADER;
  return length < HEADER_LENGTH + fields ? PROXY_HEADER_CUT : HEADER_LENGTH + fields;
}

/** Bytes of the addresses of a stream of this family. */
function addressesLength(family: number): number {
  switch (family) {
    case 0x00:
      return 0;
    case 0x11:
      return 12;
    case 0x21:
      return 36;
    case 0x31:
      return 216;
    default:
      return Infinity;
  }
}

/** True when the bytes are the prefix or, where fewer are there, begin it. */
function begins(data: DataView, at: number, length: number, prefix: readonly number[]): boolean {
  const known = Math.min(length, prefix.length);
  for (let i = 0; i < known; i++) {
    if (data.getUint8(at + i) !== prefix[i]) return false;
  }
  return true;
}
