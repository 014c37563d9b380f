/**
 * PROXY protocol header (haproxy's proxy-protocol.txt, versions 1 and 2): what a load balancer puts before the client's
 * bytes when it opens a connection to a server, to name the client. Version 1 is a line of text of at most 107 bytes,
 * version 2 binary with a signature of 12 bytes. The server sends none.
 *
 * `proxyHeaderLength` looks at the bytes in order of one direction and checks all its bounds itself. The addresses and
 * the type-length-value fields of version 2 are stepped over, not read.
 */
import { begins, byteAt, u16be } from '../memory';

/** Answers of `proxyHeaderLength` that are no length. */
export const NO_PROXY_HEADER: i32 = -1;
export const PROXY_HEADER_CUT: i32 = -2;

const NAME: usize = memory.data<u8>([0x50, 0x52, 0x4f, 0x58, 0x59, 0x20]);
const NAME_LENGTH: i32 = 6;
/** What follows the name: "TCP4 ", "TCP6 " or "UNKNOWN". */
const TCP4: usize = memory.data<u8>([0x54, 0x43, 0x50, 0x34, 0x20]);
const TCP6: usize = memory.data<u8>([0x54, 0x43, 0x50, 0x36, 0x20]);
const TCP_LENGTH: i32 = 5;
const UNKNOWN: usize = memory.data<u8>([0x55, 0x4e, 0x4b, 0x4e, 0x4f, 0x57, 0x4e]);
const UNKNOWN_LENGTH: i32 = 7;
const LONGEST_LINE: i32 = 107;
const CARRIAGE_RETURN: u32 = 0x0d;
const LINE_FEED: u32 = 0x0a;

const SIGNATURE: usize = memory.data<u8>([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const SIGNATURE_LENGTH: i32 = 12;
const VERSION_AND_COMMAND: usize = 12;
const FAMILY: usize = 13;
const LENGTH: usize = 14;
const HEADER_LENGTH: i32 = 16;
const LOCAL: u32 = 0x20;
const PROXY: u32 = 0x21;
/** Longer fields than this no proxy sends before a stream that is kept here. */
const LONGEST_FIELDS: i32 = 3072;

const FIRST_OF_NAME: u32 = 0x50;
const FIRST_OF_SIGNATURE: u32 = 0x0d;

/** True for the first byte of either version. */
export function mayBeProxyHeader(first: u32): bool {
  return first == FIRST_OF_NAME || first == FIRST_OF_SIGNATURE;
}

/**
 * Bytes of the header at `at`, of which `length` bytes are there; NO_PROXY_HEADER, or PROXY_HEADER_CUT where more bytes
 * must tell.
 */
export function proxyHeaderLength(at: usize, length: i32): i32 {
  if (length == 0) return PROXY_HEADER_CUT;
  return byteAt(at) == FIRST_OF_NAME ? lineLength(at, length) : binaryLength(at, length);
}

function lineLength(at: usize, length: i32): i32 {
  if (!begins(at, length, NAME, NAME_LENGTH)) return NO_PROXY_HEADER;
  if (length <= NAME_LENGTH) return PROXY_HEADER_CUT;
  if (!beginsFamily(at + NAME_LENGTH, length - NAME_LENGTH)) return NO_PROXY_HEADER;
  const searched = min(length, LONGEST_LINE);
  for (let i = NAME_LENGTH; i < searched; i++) {
    const byte = byteAt(at + i);
    if (byte == LINE_FEED && byteAt(at + i - 1) == CARRIAGE_RETURN) return i + 1;
    if ((byte < 0x20 && byte != CARRIAGE_RETURN) || byte > 0x7e) return NO_PROXY_HEADER;
  }
  return length < LONGEST_LINE ? PROXY_HEADER_CUT : NO_PROXY_HEADER;
}

function beginsFamily(at: usize, length: i32): bool {
  return (
    begins(at, length, TCP4, TCP_LENGTH) ||
    begins(at, length, TCP6, TCP_LENGTH) ||
    begins(at, length, UNKNOWN, UNKNOWN_LENGTH)
  );
}

function binaryLength(at: usize, length: i32): i32 {
  if (!begins(at, length, SIGNATURE, SIGNATURE_LENGTH)) return NO_PROXY_HEADER;
  if (length < HEADER_LENGTH) return PROXY_HEADER_CUT;
  const fields = <i32>u16be(at + LENGTH);
  if (fields > LONGEST_FIELDS || fields < shortestFields(byteAt(at + VERSION_AND_COMMAND), byteAt(at + FAMILY)))
    return NO_PROXY_HEADER;
  return length < HEADER_LENGTH + fields ? PROXY_HEADER_CUT : HEADER_LENGTH + fields;
}

/** A proxy that checks the server speaks for itself: what else the header says is to be ignored. */
function shortestFields(command: u32, family: u32): i32 {
  if (command == LOCAL) return 0;
  return command == PROXY ? addressesLength(family) : i32.MAX_VALUE;
}

/** Bytes of the addresses of a stream of this family. */
function addressesLength(family: u32): i32 {
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
      return i32.MAX_VALUE;
  }
}
