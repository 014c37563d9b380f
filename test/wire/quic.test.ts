/** Long headers of the RFCs' examples and of a real connection. */
import { describe, expect, it } from 'vitest';
import { readPage } from '../kit/vector-pages.ts';
import { guarded, wire } from './compiled-wire.ts';

const vectors = readPage('quic');

const hexAt = (data: DataView, at: number, length: number): string =>
  Buffer.from(data.buffer, at, length).toString('hex');

function isLongHeader(bytes: Uint8Array, length = bytes.length): boolean {
  const { at, end } = guarded(bytes, length);
  return wire.checkLongHeader(at, end);
}

describe('vectors', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
    const { data, at, end } = guarded(bytes);
    expect(wire.checkLongHeader(at, end)).toBe(true);
    expect({
      version: String(wire.quicVersion(at)),
      destination: hexAt(data, wire.destinationIdAt(at), wire.destinationIdLength(at)),
      source: hexAt(data, wire.sourceIdAt(at), wire.sourceIdLength(at)),
    }).toEqual(fields);
  });

  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s, cut anywhere', (_, { bytes, fields }) => {
    const headerLength = 7 + (fields.destination!.length + fields.source!.length) / 2;
    for (let length = 0; length <= bytes.length; length++) {
      expect([length, isLongHeader(bytes, length)]).toEqual([length, length >= headerLength]);
    }
  });
});

describe('a long header', () => {
  const of = (first: number, version: number, ...rest: number[]): Uint8Array => {
    const octets = new DataView(new ArrayBuffer(40));
    octets.setUint8(0, first);
    octets.setUint32(1, version);
    for (const [i, octet] of rest.entries()) octets.setUint8(5 + i, octet);
    return new Uint8Array(octets.buffer);
  };

  it.each<readonly [string, Uint8Array]>([
    ['of a draft', of(0xc3, 0xff00001d)],
    ['of the longest destination', of(0xc3, 1, 20)],
    ['of the longest source', of(0xc3, 1, 0, 20)],
  ])('%s is known', (_, bytes) => {
    expect(isLongHeader(bytes)).toBe(true);
  });

  it.each<readonly [string, Uint8Array]>([
    ['of zeros', of(0, 0)],
    ['of ones', new Uint8Array(40).fill(0xff)],
    ['in short form', of(0x43, 1)],
    ['without the fixed bit', of(0x83, 1)],
    ['of version negotiation', of(0xc3, 0)],
    ['of a version that is not registered', of(0xc3, 2)],
    ['of a version of Google', of(0xc3, 0x51303436)],
    ['of a destination too long', of(0xc3, 1, 21)],
    ['of a source too long', of(0xc3, 1, 0, 21)],
    ['of ids longer than the packet', of(0xc3, 1, 20, ...new Array<number>(20).fill(7), 20)],
  ])('%s is none', (_, bytes) => {
    expect(isLongHeader(bytes)).toBe(false);
  });
});
