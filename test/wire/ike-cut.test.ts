/** IKE headers cut by a snap length: messages of strongSwan and ike-scan as tshark reads them, and headers that lie. */
import { describe, expect, it } from 'vitest';
import { withBytes } from '../kit/frame-builder.ts';
import { POISONS } from '../kit/poisons.ts';
import { readPage } from '../kit/vector-pages.ts';
import { guarded, poisoned, wire } from './compiled-wire.ts';

const vectors = readPage('ike').map((vector) => {
  const marked = vector.bytes.subarray(0, 4).every((octet) => octet === 0);
  return { ...vector, message: marked ? vector.bytes.subarray(4) : vector.bytes };
});

function check(message: Uint8Array, captured: number): boolean {
  const { at, end } = guarded(message, captured);
  return wire.checkCutIke(at, end - at, message.length);
}

describe('vectors', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { message, fields }) => {
    // The messages of IKEv1 that open main and aggressive mode: an SA in clear.
    const isKnown = fields.version === '32' || (fields.nextPayload === '1' && fields.flags === '0');
    for (let captured = 0; captured < message.length; captured++) {
      const isCut = captured >= 22 && captured < 28;
      const { at, end } = guarded(message, captured);
      expect(wire.opensCutIke(end - at, message.length)).toBe(isCut);
      expect(check(message, captured), `${captured}`).toBe(isCut && isKnown);
      for (const poison of POISONS) {
        const other = poisoned(message, captured, poison);
        expect(wire.checkCutIke(other.at, other.end - other.at, message.length)).toBe(isCut && isKnown);
      }
    }
  });
});

describe('headers that lie', () => {
  const of = (title: string): readonly number[] => [...vectors.find((vector) => vector.title.includes(title))!.message];
  const request = of('IKE_SA_INIT: request');
  const main = of('main mode: first message');
  it.each<readonly [string, readonly number[], readonly number[]]>([
    ['initiator SPI zero', request, withBytes(request, 0, new Array<number>(8).fill(0))],
    ['a request with the other SPI', request, withBytes(request, 15, [1])],
    ['a minor version', request, withBytes(request, 17, [0x21])],
    ['an unassigned exchange', request, withBytes(request, 18, [39])],
    ['a reserved flag', request, withBytes(request, 19, [0x88])],
    ['a request that is a response', request, withBytes(request, 19, [0x28])],
    ['a first payload that opens nothing', request, withBytes(request, 16, [40])],
    ['a message id', request, withBytes(request, 21, [1])],
    ['a length that no datagram has', request, withBytes(request, 25, [1])],
    ['another exchange without the other SPI', request, withBytes(request, 18, [35])],
    ['version 1 with a message id', main, withBytes(main, 23, [1])],
    ['version 1 with an exchange that opens nothing', main, withBytes(main, 18, [5])],
    ['version 1 with a flag', main, withBytes(main, 19, [1])],
  ])('%s', (_, sound, octets) => {
    expect(check(Uint8Array.from(sound), 26)).toBe(true);
    expect(check(Uint8Array.from(octets), 26)).toBe(false);
  });

  it('are nothing where the datagram ends there', () => {
    const { at, end } = guarded(Uint8Array.from(request), 26);
    expect(wire.checkCutIke(at, end - at, 26)).toBe(false);
    expect(wire.checkCutIke(at, end - at, 28)).toBe(false);
  });
});

describe('after the non-ESP marker', () => {
  const encrypted = vectors.filter(
    ({ fields }) => fields.version === '32' && ['46', '53'].includes(fields.nextPayload!),
  );

  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, vector) => {
    const { message } = vector;
    for (let captured = 0; captured < message.length; captured++) {
      const isKnown = captured >= 18 && captured < 22 && encrypted.includes(vector);
      for (const poison of POISONS) {
        const { at, end } = poisoned(message, captured, poison);
        expect(wire.checkMarkedIke(at, end - at, message.length), `${captured}`).toBe(isKnown);
      }
    }
  });

  const message = [...encrypted[0]!.message];
  it.each<readonly [string, readonly number[], number]>([
    ['initiator SPI zero', withBytes(message, 0, new Array<number>(8).fill(0)), 18],
    ['responder SPI zero', withBytes(message, 8, new Array<number>(8).fill(0)), 18],
    ['a payload in clear', withBytes(message, 16, [33]), 18],
    ['a minor version', withBytes(message, 17, [0x21]), 18],
    ['version 1', withBytes(message, 17, [0x10]), 18],
    ['an unassigned exchange', withBytes(message, 18, [39]), 19],
    ['the exchange that opens', withBytes(message, 18, [34]), 19],
    ['a reserved flag', withBytes(message, 19, [0x48]), 20],
  ])('is nothing with %s', (_, octets, captured) => {
    const { at, end } = guarded(Uint8Array.from(octets), captured);
    expect(wire.checkMarkedIke(at, end - at, octets.length)).toBe(false);
    expect(wire.checkMarkedIke(at, end - at, 48)).toBe(false);
  });

  it('is nothing in a message too short for a cipher', () => {
    const { at, end } = guarded(Uint8Array.from(message), 18);
    expect(wire.checkMarkedIke(at, end - at, 49)).toBe(true);
    expect(wire.checkMarkedIke(at, end - at, 48)).toBe(false);
  });
});
