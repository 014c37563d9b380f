/** Chains of payloads by hand, each a version's own way; those of real daemons: ike.test.ts. */
import { describe, expect, it } from 'vitest';
import { u16, u32 } from '../kit/bytes.mjs';
import { constants, guarded, wire } from './compiled-wire.ts';

const IKE_HEADER_LENGTH = 28;
const Chain = { BROKEN: constants['Chain.BROKEN'], WHOLE: constants['Chain.WHOLE'], CUT: constants['Chain.CUT'] };

type Case = readonly [title: string, expected: number, first: number, octets: readonly number[]];

/** A message with the payloads given as the type of the first one and bytes. */
function chain(version: number, first: number, octets: readonly number[], captured = Infinity): number {
  const length = IKE_HEADER_LENGTH + octets.length;
  const exchange = version === 0x20 ? [34, 8] : [2, 0];
  const head = [...new Array<number>(16).fill(1), first, version, ...exchange, ...u32(0), ...u32(length)];
  const { at, end } = guarded(Uint8Array.from([...head, ...octets]), Math.min(length, captured));
  return wire.walkPayloads(at, end - at, length);
}

function emptyPayloads(count: number): number[] {
  return Array.from({ length: count }, (_, i) => [i === count - 1 ? 0 : 41, 0, ...u16(4)]).flat();
}

describe('chains of version 2', () => {
  it.each<Case>([
    ['one payload', Chain.WHOLE, 40, [0, 0, 0, 6, 1, 2]],
    ['the critical bit', Chain.WHOLE, 40, [0, 0x80, 0, 6, 1, 2]],
    ['reserved bits, to be ignored', Chain.WHOLE, 40, [0, 0x7f, 0, 6, 1, 2]],
    ['a private payload, to be skipped', Chain.WHOLE, 40, [200, 0, 0, 6, 1, 2, 0, 0, 0, 5, 9]],
    ['an unassigned payload, to be skipped', Chain.WHOLE, 99, [40, 0, 0, 4, 0, 0, 0, 6, 1, 2]],
    ['an unknown payload that is critical', Chain.BROKEN, 40, [200, 0, 0, 6, 1, 2, 0, 0x80, 0, 5, 9]],
    ['a fragment of Cisco, whatever it calls the next payload', Chain.WHOLE, 132, [46, 0, 0, 6, 1, 2]],
    ['a private payload 132 with another behind', Chain.WHOLE, 132, [40, 0, 0, 4, 0, 0, 0, 6, 1, 2]],
    ['no payload', Chain.BROKEN, 0, []],
    ['no payload, but bytes', Chain.BROKEN, 0, [1]],
    ['a byte after', Chain.BROKEN, 40, [0, 0, 0, 6, 1, 2, 3]],
    ['length 0', Chain.BROKEN, 40, [40, 0, 0, 0, 0, 0]],
    ['length 3', Chain.BROKEN, 40, [40, 0, 0, 3, 0, 0]],
    ['length beyond the message', Chain.BROKEN, 40, [0, 0, 0, 7, 1, 2]],
    ['a type of version 1', Chain.BROKEN, 1, [0, 0, 0, 6, 1, 2]],
    ['the highest type of version 1', Chain.BROKEN, 32, [0, 0, 0, 6, 1, 2]],
    ['a next payload that is missing', Chain.BROKEN, 40, [41, 0, 0, 4]],
    ['a next payload that is unknown and missing', Chain.BROKEN, 40, [99, 0, 0, 4]],
    ['64 empty payloads', Chain.WHOLE, 41, emptyPayloads(64)],
    ['65 empty payloads', Chain.BROKEN, 41, emptyPayloads(65)],
  ])('%s', (_, expected, first, octets) => {
    expect(chain(0x20, first, octets)).toBe(expected);
    expect(chain(0x21, first, octets)).toBe(expected);
  });
});

describe('chains of version 1', () => {
  it.each<Case>([
    ['one payload', Chain.WHOLE, 1, [0, 0, 0, 6, 1, 2]],
    ['a private payload', Chain.WHOLE, 1, [200, 0, 0, 6, 1, 2, 0, 0, 0, 5, 9]],
    ['a reserved bit, which discards the message (RFC 2408 section 5.3)', Chain.BROKEN, 1, [0, 1, 0, 6, 1, 2]],
    ['an unassigned payload, which discards the message', Chain.BROKEN, 1, [99, 0, 0, 6, 1, 2, 0, 0, 0, 5, 9]],
    ['a type of version 2', Chain.BROKEN, 33, [0, 0, 0, 6, 1, 2]],
  ])('%s', (_, expected, first, octets) => {
    expect(chain(0x10, first, octets)).toBe(expected);
  });
});

describe('a chain that was cut off', () => {
  it('is sound as far as it was captured', () => {
    const octets = [40, 0, 0, 6, 1, 2, 200, 0, 0, 5, 9, 0, 0, 0, 4];
    for (let captured = IKE_HEADER_LENGTH; captured < IKE_HEADER_LENGTH + octets.length; captured++)
      expect(chain(0x20, 33, octets, captured)).toBe(captured < IKE_HEADER_LENGTH + 15 ? Chain.CUT : Chain.WHOLE);
  });
});
