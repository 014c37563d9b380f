/**
 * What a client and a proxy say before a tunnelled TCP stream begins: HTTP CONNECT (RFC 9110 section 9.3.6), SOCKS5 (RFC 1928,
 * password negotiation RFC 1929) and SOCKS4/4a; and what a proxy in front of the server puts before the client's bytes, the PROXY
 * protocol (proxy-protocol.ts). Only as much as it takes to find the byte behind it.
 *
 * `prefaceStep` looks at the bytes in order of one direction and checks all its bounds itself.
 */

import { mayBeProxyHeader, PROXY_HEADER_CUT, proxyHeaderLength } from './proxy-protocol.ts';

/** Where a direction stands; START also says that no preface is going on. */
export const Preface = { START: 0, SOCKS5_NEGOTIATION: 1 } as const;

/** Answers of `prefaceStep` that are no length. */
export const NOT_A_PREFACE = -1;
export const PREFACE_CUT = -2;

const CONNECT = [0x43, 0x4f, 0x4e, 0x4e, 0x45, 0x43, 0x54, 0x20];
const HTTP_1 = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e];
const STATUS_OFFSET = 9;
const HEADER_LIMIT = 3072;
const BODY_LIMIT = 2048;

const SOCKS4 = 4;
const SOCKS4_GRANTED = 0x5a;
const SOCKS5 = 5;
const SOCKS5_PASSWORD = 1;
const MOST_SOCKS5_METHODS = 16;

/** After `prefaceStep` gave a length: where the direction stands behind it. */
export let nextPreface: number = Preface.START;

/**
 * Bytes of the preface message at `at`, of which `length` bytes are there; NOT_A_PREFACE where something else begins,
 * PREFACE_CUT where more bytes are needed to tell. `standing` is where the direction stood.
 */
export function prefaceStep(data: DataView, at: number, length: number, standing: number, isClient: boolean): number {
  if (length === 0) return PREFACE_CUT;
  nextPreface = Preface.START;
  if (standing === Preface.SOCKS5_NEGOTIATION) {
    return isClient ? socks5ClientMessage(data, at, length) : socks5ServerMessage(data, at, length);
  }
  const first = data.getUint8(at);
  if (isClient) {
    if (first === CONNECT[0])
      return startsWith(data, at, length, CONNECT) ? httpHeader(data, at, length, false) : NOT_A_PREFACE;
    if (first === SOCKS5) return socks5Greeting(data, at, length);
    if (first === SOCKS4) return socks4Request(data, at, length);
    return mayBeProxyHeader(first) ? proxyHeader(data, at, length) : NOT_A_PREFACE;
  }
  if (first === HTTP_1[0])
    return startsWith(data, at, length, HTTP_1) ? httpHeader(data, at, length, true) : NOT_A_PREFACE;
  if (first === SOCKS5) return socks5Choice(length);
  return first === 0 ? socks4Answer(data, at, length) : NOT_A_PREFACE;
}

function proxyHeader(data: DataView, at: number, length: number): number {
  const header = proxyHeaderLength(data, at, length);
  if (header === PROXY_HEADER_CUT) return PREFACE_CUT;
  return header > 0 ? header : NOT_A_PREFACE;
}

/** True when the bytes are the prefix or, where fewer are there, begin it. */
function startsWith(data: DataView, at: number, length: number, prefix: readonly number[]): boolean {
  const known = Math.min(length, prefix.length);
  for (let i = 0; i < known; i++) {
    if (data.getUint8(at + i) !== prefix[i]) return false;
  }
  return true;
}

/** Header up to its empty line, and the body of an answer that refuses. */
function httpHeader(data: DataView, at: number, length: number, isAnswer: boolean): number {
  const searched = Math.min(length, HEADER_LIMIT);
  for (let end = 3; end < searched; end++) {
    if (data.getUint8(at + end) !== 0x0a || data.getUint32(at + end - 3) !== 0x0d0a0d0a) continue;
    const header = end + 1;
    if (!isAnswer || data.getUint8(at + STATUS_OFFSET) === 0x32) return header;
    const body = contentLength(data, at, header);
    if (body > BODY_LIMIT) return NOT_A_PREFACE;
    return header + body <= length ? header + body : PREFACE_CUT;
  }
  return length < HEADER_LIMIT ? PREFACE_CUT : NOT_A_PREFACE;
}

/** Value of the Content-Length field, 0 where there is none. */
function contentLength(data: DataView, at: number, header: number): number {
  let text = '';
  for (let i = 0; i < header; i++) text += String.fromCharCode(data.getUint8(at + i));
  const found = /\r\ncontent-length:[ \t]*(\d{1,7})/i.exec(text);
  return found === null ? 0 : Number(found[1]);
}

function socks5Greeting(data: DataView, at: number, length: number): number {
  if (length < 2) return PREFACE_CUT;
  const methods = data.getUint8(at + 1);
  if (methods === 0 || methods > MOST_SOCKS5_METHODS) return NOT_A_PREFACE;
  nextPreface = Preface.SOCKS5_NEGOTIATION;
  return length < 2 + methods ? PREFACE_CUT : 2 + methods;
}

/** Behind the greeting: a password, or the request with its address, behind which the stream begins. */
function socks5ClientMessage(data: DataView, at: number, length: number): number {
  if (data.getUint8(at) === SOCKS5_PASSWORD) {
    if (length < 2) return PREFACE_CUT;
    const name = data.getUint8(at + 1);
    if (length < 3 + name) return PREFACE_CUT;
    const total = 3 + name + data.getUint8(at + 2 + name);
    nextPreface = Preface.SOCKS5_NEGOTIATION;
    return length < total ? PREFACE_CUT : total;
  }
  return socks5Address(data, at, length);
}

function socks5Choice(length: number): number {
  nextPreface = Preface.SOCKS5_NEGOTIATION;
  return length < 2 ? PREFACE_CUT : 2;
}

function socks5ServerMessage(data: DataView, at: number, length: number): number {
  if (data.getUint8(at) === SOCKS5_PASSWORD) return socks5Choice(length);
  return socks5Address(data, at, length);
}

/** A request or an answer: version, command or reply, zero, address type, address, port. */
function socks5Address(data: DataView, at: number, length: number): number {
  if (data.getUint8(at) !== SOCKS5) return NOT_A_PREFACE;
  if (length < 5) return PREFACE_CUT;
  if (data.getUint8(at + 2) !== 0) return NOT_A_PREFACE;
  const type = data.getUint8(at + 3);
  const address = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? 1 + data.getUint8(at + 4) : -1;
  if (address < 0) return NOT_A_PREFACE;
  return length < 6 + address ? PREFACE_CUT : 6 + address;
}

/** Version, command, port 2, address 4, a name that ends in a zero byte, and for 4a a host name that does. */
function socks4Request(data: DataView, at: number, length: number): number {
  if (length < 9) return PREFACE_CUT;
  if (data.getUint8(at + 1) !== 1) return NOT_A_PREFACE;
  const address = data.getUint32(at + 4);
  const names = address > 0 && address < 256 ? 2 : 1;
  let position = 8;
  for (let found = 0; found < names; position++) {
    if (position === length) return length < HEADER_LIMIT ? PREFACE_CUT : NOT_A_PREFACE;
    if (data.getUint8(at + position) === 0) found++;
  }
  return position;
}

function socks4Answer(data: DataView, at: number, length: number): number {
  if (length < 2) return PREFACE_CUT;
  if (data.getUint8(at + 1) !== SOCKS4_GRANTED) return NOT_A_PREFACE;
  return length < 8 ? PREFACE_CUT : 8;
}

/** Bytes of the header that SOCKS5 puts before each UDP datagram (RFC 1928 section 7), or 0 where there is none. */
export function socks5UdpHeaderLength(data: DataView, at: number, length: number): number {
  if (length < 11 || data.getUint32(at) >>> 8 !== 0) return 0;
  switch (data.getUint8(at + 3)) {
    case 1:
      return 10;
    case 4:
      return length > 22 ? 22 : 0;
    default:
      return 0;
  }
}
