/**
 * What a client and a proxy say before a tunnelled TCP stream begins: HTTP CONNECT (RFC 9110 section 9.3.6), SOCKS5
 * (RFC 1928, password negotiation RFC 1929) and SOCKS4/4a; and what a proxy in front of the server puts before the
 * client's bytes, the PROXY protocol (proxy-protocol). It is read only as far as it takes to find the byte after it.
 *
 * `prefaceStep` looks at the bytes in order of one direction and checks all its bounds itself.
 */
import { begins, byteAt, u32be } from '../memory';
import { mayBeProxyHeader, PROXY_HEADER_CUT, proxyHeaderLength } from './proxy-protocol';

/** How far a direction has come; START also says that no preface is going on. */
export enum Preface {
  START = 0,
  SOCKS5_NEGOTIATION = 1,
}

/** Answers of `prefaceStep` that are no length. */
export const NOT_A_PREFACE: i32 = -1;
export const PREFACE_CUT: i32 = -2;

const CONNECT: usize = memory.data<u8>([0x43, 0x4f, 0x4e, 0x4e, 0x45, 0x43, 0x54, 0x20]);
const CONNECT_LENGTH: i32 = 8;
const FIRST_OF_CONNECT: u32 = 0x43;
const HTTP_1: usize = memory.data<u8>([0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e]);
const HTTP_1_LENGTH: i32 = 7;
const FIRST_OF_HTTP: u32 = 0x48;
const STATUS_OFFSET: usize = 9;
const HEADER_LIMIT: i32 = 3072;
const BODY_LIMIT: i32 = 2048;

/** "\r\ncontent-length:" in small letters. */
const CONTENT_LENGTH: usize = memory.data<u8>([
  0x0d, 0x0a, 0x63, 0x6f, 0x6e, 0x74, 0x65, 0x6e, 0x74, 0x2d, 0x6c, 0x65, 0x6e, 0x67, 0x74, 0x68, 0x3a,
]);
const CONTENT_LENGTH_LENGTH: i32 = 17;
const MOST_DIGITS: i32 = 7;

const SOCKS4: u32 = 4;
const SOCKS4_GRANTED: u32 = 0x5a;
const SOCKS5: u32 = 5;
const SOCKS5_PASSWORD: u32 = 1;
const MOST_SOCKS5_METHODS: i32 = 16;

/** After `prefaceStep` gave a length: how far the direction has come after it. */
@final
export class NextPreface {
  phase: Preface = Preface.START;
}

export const nextPreface = new NextPreface();

/**
 * Bytes of the preface message at `at`, of which `length` bytes are there; NOT_A_PREFACE where something else begins,
 * PREFACE_CUT where more bytes are needed to tell. `phase` is how far the direction has come, a Preface or a phase
 * after it.
 */
export function prefaceStep(at: usize, length: i32, phase: i32, isClient: bool): i32 {
  if (length == 0) return PREFACE_CUT;
  nextPreface.phase = Preface.START;
  if (phase == Preface.SOCKS5_NEGOTIATION) {
    return isClient ? socks5ClientMessage(at, length) : socks5ServerMessage(at, length);
  }
  const first = byteAt(at);
  if (isClient) {
    if (first == FIRST_OF_CONNECT)
      return begins(at, length, CONNECT, CONNECT_LENGTH) ? httpHeader(at, length, false) : NOT_A_PREFACE;
    if (first == SOCKS5) return socks5Greeting(at, length);
    if (first == SOCKS4) return socks4Request(at, length);
    return mayBeProxyHeader(first) ? proxyHeader(at, length) : NOT_A_PREFACE;
  }
  if (first == FIRST_OF_HTTP)
    return begins(at, length, HTTP_1, HTTP_1_LENGTH) ? httpHeader(at, length, true) : NOT_A_PREFACE;
  if (first == SOCKS5) return socks5Choice(length);
  return first == 0 ? socks4Answer(at, length) : NOT_A_PREFACE;
}

function proxyHeader(at: usize, length: i32): i32 {
  const header = proxyHeaderLength(at, length);
  if (header == PROXY_HEADER_CUT) return PREFACE_CUT;
  return header > 0 ? header : NOT_A_PREFACE;
}

/** Header up to its empty line, and the body of an answer that refuses. */
function httpHeader(at: usize, length: i32, isAnswer: bool): i32 {
  const searched = min(length, HEADER_LIMIT);
  for (let end = 3; end < searched; end++) {
    if (byteAt(at + end) != 0x0a || u32be(at + end - 3) != 0x0d0a0d0a) continue;
    const header = end + 1;
    if (!isAnswer || byteAt(at + STATUS_OFFSET) == 0x32) return header;
    const body = contentLength(at, header);
    if (body > BODY_LIMIT) return NOT_A_PREFACE;
    return header + body <= length ? header + body : PREFACE_CUT;
  }
  return length < HEADER_LIMIT ? PREFACE_CUT : NOT_A_PREFACE;
}

/** Value of the first Content-Length field that has one, 0 where there is none. */
function contentLength(at: usize, header: i32): i32 {
  for (let i = 0; i + CONTENT_LENGTH_LENGTH < header; i++) {
    if (!isContentLength(at + i)) continue;
    let digit = i + CONTENT_LENGTH_LENGTH;
    while (digit < header && isBlank(byteAt(at + digit))) digit++;
    const first = digit;
    let value = 0;
    for (; digit < header && digit - first < MOST_DIGITS && isDigit(byteAt(at + digit)); digit++)
      value = 10 * value + <i32>(byteAt(at + digit) - 0x30);
    if (digit > first) return value;
  }
  return 0;
}

/** The name may be written in capitals. */
function isContentLength(at: usize): bool {
  for (let i = 0; i < CONTENT_LENGTH_LENGTH; i++) {
    const byte = byteAt(at + i);
    const small = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (small != load<u8>(CONTENT_LENGTH + i)) return false;
  }
  return true;
}

function isBlank(byte: u32): bool {
  return byte == 0x20 || byte == 0x09;
}

function isDigit(byte: u32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function socks5Greeting(at: usize, length: i32): i32 {
  if (length < 2) return PREFACE_CUT;
  const methods = <i32>byteAt(at + 1);
  if (methods == 0 || methods > MOST_SOCKS5_METHODS) return NOT_A_PREFACE;
  nextPreface.phase = Preface.SOCKS5_NEGOTIATION;
  return length < 2 + methods ? PREFACE_CUT : 2 + methods;
}

/** After the greeting: a password, or the request with its address, after which the stream begins. */
function socks5ClientMessage(at: usize, length: i32): i32 {
  if (byteAt(at) == SOCKS5_PASSWORD) {
    if (length < 2) return PREFACE_CUT;
    const name = <i32>byteAt(at + 1);
    if (length < 3 + name) return PREFACE_CUT;
    const total = 3 + name + <i32>byteAt(at + 2 + name);
    nextPreface.phase = Preface.SOCKS5_NEGOTIATION;
    return length < total ? PREFACE_CUT : total;
  }
  return socks5Address(at, length);
}

function socks5Choice(length: i32): i32 {
  nextPreface.phase = Preface.SOCKS5_NEGOTIATION;
  return length < 2 ? PREFACE_CUT : 2;
}

function socks5ServerMessage(at: usize, length: i32): i32 {
  if (byteAt(at) == SOCKS5_PASSWORD) return socks5Choice(length);
  return socks5Address(at, length);
}

/** A request or an answer: version, command or reply, zero, address type, address, port. */
function socks5Address(at: usize, length: i32): i32 {
  if (byteAt(at) != SOCKS5) return NOT_A_PREFACE;
  if (length < 5) return PREFACE_CUT;
  if (byteAt(at + 2) != 0) return NOT_A_PREFACE;
  const type = byteAt(at + 3);
  const address = type == 1 ? 4 : type == 4 ? 16 : type == 3 ? 1 + <i32>byteAt(at + 4) : -1;
  if (address < 0) return NOT_A_PREFACE;
  return length < 6 + address ? PREFACE_CUT : 6 + address;
}

/** Version, command, port 2, address 4, a name that ends in a zero byte, and for 4a a host name that does. */
function socks4Request(at: usize, length: i32): i32 {
  if (length < 9) return PREFACE_CUT;
  if (byteAt(at + 1) != 1) return NOT_A_PREFACE;
  const address = u32be(at + 4);
  const names = address > 0 && address < 256 ? 2 : 1;
  let position = 8;
  for (let found = 0; found < names; position++) {
    if (position == length) return length < HEADER_LIMIT ? PREFACE_CUT : NOT_A_PREFACE;
    if (byteAt(at + position) == 0) found++;
  }
  return position;
}

function socks4Answer(at: usize, length: i32): i32 {
  if (length < 2) return PREFACE_CUT;
  if (byteAt(at + 1) != SOCKS4_GRANTED) return NOT_A_PREFACE;
  return length < 8 ? PREFACE_CUT : 8;
}

/** Bytes of the header that SOCKS5 puts before each UDP datagram (RFC 1928 section 7), or 0 where there is none. */
export function socks5UdpHeaderLength(at: usize, length: i32): i32 {
  if (length < 11 || u32be(at) >> 8 != 0) return 0;
  switch (byteAt(at + 3)) {
    case 1:
      return 10;
    case 4:
      return length > 22 ? 22 : 0;
    default:
      return 0;
  }
}
