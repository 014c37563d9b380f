/** What real clients and proxies said, cut at every byte, and what could be mistaken for it. */
import { describe, expect, it } from 'vitest';
import { POISONS } from '../kit/poisons.ts';
import { readPage } from '../kit/vector-pages.ts';
import { constants, guarded, poisoned, wire } from './compiled-wire.ts';

const { NOT_A_PREFACE, PREFACE_CUT } = constants;
const Preface = { START: constants['Preface.START'], SOCKS5_NEGOTIATION: constants['Preface.SOCKS5_NEGOTIATION'] };

const vectors = readPage('proxy-preface');

/** Lengths of the messages from the first on, until one is no preface or not all there. */
function steps(bytes: Uint8Array, isClient: boolean): { lengths: number[]; last: number } {
  const lengths: number[] = [];
  let standing: number = Preface.START;
  let position = 0;
  for (;;) {
    const rest = guarded(bytes.subarray(position));
    const length = wire.prefaceStep(rest.at, bytes.length - position, standing, Number(isClient));
    if (length <= 0) return { lengths, last: length };
    lengths.push(length);
    position += length;
    standing = wire.nextPreface();
  }
}

describe('vectors', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
    const { lengths, last } = steps(bytes, fields.side === 'client');
    expect(lengths.join(' ')).toBe(fields.steps);
    const rest = bytes.length - lengths.reduce((sum, length) => sum + length, 0);
    expect(String(rest)).toBe(fields.rest);
    // What follows is the stream of another protocol.
    if (rest > 1) expect(last).toBe(NOT_A_PREFACE);
  });

  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s, byte by byte', (_, { bytes, fields }) => {
    const isClient = fields.side === 'client';
    const expected = fields.steps === '' ? [] : fields.steps!.split(' ').map(Number);
    let standing: number = Preface.START;
    let position = 0;
    for (const message of expected) {
      let after: number = Preface.START;
      for (let length = 0; length <= message; length++) {
        const cut = bytes.subarray(position, position + length);
        const { at } = guarded(cut);
        expect(wire.prefaceStep(at, length, standing, Number(isClient))).toBe(length < message ? PREFACE_CUT : message);
        after = wire.nextPreface();
        for (const poison of POISONS) {
          const other = poisoned(cut, length, poison);
          expect(wire.prefaceStep(other.at, length, standing, Number(isClient))).toBe(
            length < message ? PREFACE_CUT : message,
          );
        }
      }
      standing = after;
      position += message;
    }
  });
});

describe('what is no preface', () => {
  const first = (octets: string | readonly number[], isClient: boolean, standing: number = Preface.START): number => {
    const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : Uint8Array.from(octets);
    const { at } = guarded(bytes);
    return wire.prefaceStep(at, bytes.length, standing, Number(isClient));
  };
  it.each<readonly [string, number, string | readonly number[], boolean]>([
    ['GET', NOT_A_PREFACE, 'GET / HTTP/1.1\r\n\r\n', true],
    ['CONNECTED', NOT_A_PREFACE, 'CONNECTED\r\n\r\n', true],
    ['a request from the server', NOT_A_PREFACE, 'CONNECT a:1 HTTP/1.1\r\n\r\n', false],
    ['HTTP/2', NOT_A_PREFACE, 'HTTP/2 200\r\n\r\n', false],
    ['a TLS hello', NOT_A_PREFACE, [0x16, 3, 1, 0, 200], true],
    ['an endless header', NOT_A_PREFACE, `CONNECT a:1 HTTP/1.1\r\n${'x: y\r\n'.repeat(600)}`, true],
    ['a header that goes on', PREFACE_CUT, 'CONNECT a:1 HTTP/1.1\r\nx: y\r\n', true],
    ['a body that is too large', NOT_A_PREFACE, 'HTTP/1.1 407 No\r\nContent-Length: 999999\r\n\r\n', false],
    ['a body that is yet to come', PREFACE_CUT, 'HTTP/1.1 407 No\r\nContent-Length: 10\r\n\r\nab', false],
    ['an answer without a status', 11, 'HTTP/1.\r\n\r\n', false],
    ['SOCKS5 without methods', NOT_A_PREFACE, [5, 0], true],
    ['SOCKS5 with 17 methods', NOT_A_PREFACE, [5, 17], true],
    ['SOCKS4 bind', NOT_A_PREFACE, [4, 2, 0, 80, 1, 2, 3, 4, 0], true],
    [
      'SOCKS4 with an endless name',
      NOT_A_PREFACE,
      [4, 1, 0, 80, 1, 2, 3, 4, ...new Array<number>(3064).fill(65)],
      true,
    ],
    ['SOCKS4 refused', NOT_A_PREFACE, [0, 0x5b, 0, 0, 0, 0, 0, 0], false],
  ])('%s', (_, expected, octets, isClient) => {
    expect(first(octets, isClient)).toBe(expected);
  });

  it.each<readonly [string, readonly number[]]>([
    ['another version', [4, 1, 0, 1, 1, 2, 3, 4, 0, 80]],
    ['a reserved byte', [5, 1, 1, 1, 1, 2, 3, 4, 0, 80]],
    ['an unknown address type', [5, 1, 0, 2, 1, 2, 3, 4, 0, 80]],
  ])('a SOCKS5 request with %s', (_, octets) => {
    expect(first(octets, true, Preface.SOCKS5_NEGOTIATION)).toBe(NOT_A_PREFACE);
  });
});

describe('the header that SOCKS5 puts before datagrams (RFC 1928 section 7)', () => {
  const datagram = [0x38, 1, 2, 3];
  const length = (octets: readonly number[]): number => {
    const { at } = guarded(Uint8Array.from(octets));
    return wire.socks5UdpHeaderLength(at, octets.length);
  };
  it.each<readonly [string, number, readonly number[]]>([
    ['IPv4', 10, [0, 0, 0, 1, 192, 0, 2, 1, 0, 80, ...datagram]],
    ['IPv6', 22, [0, 0, 0, 4, ...new Array<number>(16).fill(1), 0, 80, ...datagram]],
    ['IPv6, cut', 0, [0, 0, 0, 4, ...new Array<number>(16).fill(1), 0, 80]],
    ['nothing behind it', 0, [0, 0, 0, 1, 192, 0, 2, 1, 0, 80]],
    ['a fragment', 0, [0, 0, 1, 1, 192, 0, 2, 1, 0, 80, ...datagram]],
    ['a reserved byte', 0, [0, 1, 0, 1, 192, 0, 2, 1, 0, 80, ...datagram]],
    ['three bytes', 0, [0, 0, 0]],
  ])('%s', (_, expected, octets) => {
    expect(length(octets)).toBe(expected);
  });
});
