/** The PROXY protocol header: the worst cases that its specification lists, and what is none. What haproxy sends: proxy-preface.test.ts. */
import { describe, expect, it } from 'vitest';
import { constants, guarded, wire } from './compiled-wire.ts';

const { NO_PROXY_HEADER, PROXY_HEADER_CUT } = constants;

const text = (words: string): Uint8Array => Buffer.from(words, 'latin1');
const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const binary = (command: number, family: number, length: number, there = length): Uint8Array =>
  Uint8Array.from([...signature, command, family, length >> 8, length & 255, ...new Array<number>(there).fill(0x38)]);

function lengthOf(bytes: Uint8Array): number {
  const { at } = guarded(bytes);
  return wire.proxyHeaderLength(at, bytes.length);
}

const wide = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

describe('a header', () => {
  it.each<readonly [string, Uint8Array, number]>([
    ['the longest of IPv4', text('PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n'), 56],
    ['the longest of IPv6', text(`PROXY TCP6 ${wide} ${wide} 65535 65535\r\n`), 104],
    ['of a family that is not known, short', text('PROXY UNKNOWN\r\n'), 15],
    ['of a family that is not known, the longest', text(`PROXY UNKNOWN ${wide} ${wide} 65535 65535\r\n`), 107],
    ['binary, of IPv4', binary(0x21, 0x11, 12), 28],
    ['binary, of IPv6', binary(0x21, 0x21, 36), 52],
    ['binary, of a local socket', binary(0x21, 0x31, 216), 232],
    ['binary, of no family', binary(0x21, 0, 0), 16],
    ['binary, with fields after the addresses', binary(0x21, 0x11, 500), 516],
    ['binary, of the proxy itself, whose family says nothing', binary(0x20, 0x77, 3), 19],
  ])('%s: its length, and cut before its end', (_, bytes, expected) => {
    expect(bytes.length).toBe(expected);
    expect(lengthOf(bytes)).toBe(expected);
    for (let length = 0; length < bytes.length; length++) {
      expect(lengthOf(bytes.subarray(0, length))).toBe(PROXY_HEADER_CUT);
    }
    expect(lengthOf(Buffer.concat([bytes, text('\r\nPROXY ')]))).toBe(expected);
  });
});

describe('what is no header', () => {
  it.each<readonly [string, Uint8Array]>([
    ['POST', text('POST / HTTP/1.1\r\n\r\n')],
    ['a preface of HTTP/2', text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['PROXY in other letters', text('Proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n')],
    ['a family that is none', text('PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n')],
    ['an endless line', text(`PROXY TCP4 ${'1'.repeat(200)}`)],
    ['a line that ends after 107 bytes', text(`PROXY UNKNOWN ${'1'.repeat(92)}\r\n`)],
    ['a zero byte in the line', text('PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n')],
    ['a line feed alone', text('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n')],
    ['empty lines', text('\r\n\r\n\r\n\r\nhello, world')],
    ['a signature with another byte', Uint8Array.from([...signature.slice(0, 11), 0x0b, 0x21, 0x11, 0, 12])],
    ['version 1 in binary', binary(0x11, 0x11, 12)],
    ['version 3', binary(0x31, 0x11, 12)],
    ['another command', binary(0x22, 0x11, 12)],
    ['datagrams in a stream', binary(0x21, 0x12, 12)],
    ['fewer bytes than IPv4 addresses take', binary(0x21, 0x11, 11)],
    ['fewer bytes than IPv6 addresses take', binary(0x21, 0x21, 35)],
    ['fields longer than any proxy sends', binary(0x21, 0x11, 0xffff, 100)],
  ])('%s', (_, bytes) => {
    expect(lengthOf(bytes)).toBe(NO_PROXY_HEADER);
  });
});
