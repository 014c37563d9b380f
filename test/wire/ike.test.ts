/** IKE messages of strongSwan and ike-scan against what tshark reads of them. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import * as ike from '../../src/wire/ike.ts';
import { Chain, SeenPayload } from '../../src/wire/ike.ts';
import { guarded, poisoned, POISONS } from './guarded-bytes.ts';
import { u16, u32, withOctets } from './frame-builder.ts';
import { readPage } from './vector-pages.ts';

const vectors = readPage('ike').map((vector) => {
  const marked = vector.bytes.subarray(0, ike.NON_ESP_MARKER_LENGTH).every((octet) => octet === 0);
  return { ...vector, marked, message: marked ? vector.bytes.subarray(ike.NON_ESP_MARKER_LENGTH) : vector.bytes };
});
const cases = vectors.map((vector) => [vector.title, vector] as const);

describe('vectors', () => {
  it.each(cases)('%s', (_, { message, marked, fields }) => {
    const { data, at, end } = guarded(message);
    expect(ike.checkIke(data, at, end, message.length)).toBe(true);
    const { payloads, ...expected } = fields;
    expect({
      marker: marked ? 'yes' : 'no',
      initiatorSpi: toHex(data, at, 8),
      responderSpi: toHex(data, at + ike.RESPONDER_SPI_AT, 8),
      nextPayload: String(data.getUint8(at + ike.NEXT_PAYLOAD_AT)),
      version: String(ike.ikeVersion(data, at)),
      exchange: String(ike.ikeExchange(data, at)),
      flags: String(ike.ikeFlags(data, at)),
      length: String(data.getUint32(at + ike.LENGTH_AT)),
    }).toEqual(expected);
    expect(ike.hasResponderSpi(data, at)).toBe(fields.responderSpi !== '0'.repeat(16));
    expect(toHex(data, at, 8)).toBe(hex64(ike.initiatorSpiHigh(data, at), ike.initiatorSpiLow(data, at)));
    expect(fields.responderSpi).toBe(hex64(ike.responderSpiHigh(data, at), ike.responderSpiLow(data, at)));
    expect(ike.walkPayloads(data, at, end, end)).toBe(Chain.WHOLE);
    expect(ike.payloadsSeen).toBe(expectedSeen(payloads!));
    expect(ike.opensWithV1Sa(data, at)).toBe(fields.nextPayload === '1');
  });
});

function hex64(high: number, low: number): string {
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** tshark lists the payloads inside the SA too (proposals 2, transforms 3); those are no payloads of the chain. */
function expectedSeen(payloads: string): number {
  let seen = 0;
  for (const type of payloads.split(' ')) {
    if (type === '1' || type === '33') seen |= SeenPayload.SA;
    if (type === '34') seen |= SeenPayload.KEY_EXCHANGE;
    if (type === '40') seen |= SeenPayload.NONCE;
    if (type === '41') seen |= SeenPayload.NOTIFY;
  }
  return seen;
}

describe('a message cut at any length', () => {
  it.each(cases)('%s', (_, { message }) => {
    for (let length = 0; length <= message.length; length++) {
      const walk = (data: DataView, at: number, end: number): unknown[] => {
        const sound = ike.checkIke(data, at, end, message.length);
        return [sound, sound ? ike.walkPayloads(data, at, end, at + message.length) : Chain.BROKEN, ike.payloadsSeen];
      };
      const { data, at, end } = guarded(message, length);
      const expected = walk(data, at, end);
      expect(expected[0]).toBe(length >= ike.IKE_HEADER_LENGTH);
      if (expected[0] === true) expect(expected[1]).not.toBe(Chain.BROKEN);
      for (const poison of POISONS) {
        const other = poisoned(message, length, poison);
        expect(walk(other.data, other.at, other.end)).toEqual(expected);
      }
    }
  });
});

describe('headers that lie', () => {
  const sound = [...vectors.find(({ title }) => title.includes('IKE_SA_INIT: request'))!.message];
  const check = (octets: readonly number[], length = octets.length): boolean => {
    const { data, at, end } = guarded(Uint8Array.from(octets));
    return ike.checkIke(data, at, end, length);
  };
  it.each<readonly [string, readonly number[]]>([
    ['initiator SPI zero', withOctets(sound, 0, new Array<number>(8).fill(0))],
    ['version 0', withOctets(sound, 17, [0])],
    ['version 2.1', withOctets(sound, 17, [0x21])],
    ['version 3', withOctets(sound, 17, [0x30])],
    ['a version 1 exchange in version 2', withOctets(sound, 18, [2])],
    ['an unassigned exchange', withOctets(sound, 18, [39])],
    ['a reserved flag', withOctets(sound, 19, [0x88])],
    ['length one more', withOctets(sound, 24, u32(sound.length + 1))],
    ['length zero', withOctets(sound, 24, u32(0))],
    ['27 octets', sound.slice(0, 27)],
  ])('%s', (_, octets) => {
    expect(check(sound)).toBe(true);
    expect(check(octets)).toBe(false);
  });
});

describe('chains that lie', () => {
  /** A version 2 message with the payloads given as next type and octets. */
  const chain = (first: number, octets: readonly number[]): Chain => {
    const length = ike.IKE_HEADER_LENGTH + octets.length;
    const head = [...new Array<number>(16).fill(1), first, 0x20, 34, 8, ...u32(0), ...u32(length)];
    const { data, at, end } = guarded(Uint8Array.from([...head, ...octets]));
    return ike.walkPayloads(data, at, end, end);
  };
  it.each<readonly [string, Chain, number, readonly number[]]>([
    ['one payload', Chain.WHOLE, 40, [0, 0, 0, 6, 1, 2]],
    ['the critical bit', Chain.WHOLE, 40, [0, 0x80, 0, 6, 1, 2]],
    ['a reserved bit', Chain.BROKEN, 40, [0, 0x40, 0, 6, 1, 2]],
    ['no payload', Chain.BROKEN, 0, []],
    ['no payload, but octets', Chain.BROKEN, 0, [1]],
    ['an octet behind', Chain.BROKEN, 40, [0, 0, 0, 6, 1, 2, 3]],
    ['length 0', Chain.BROKEN, 40, [40, 0, 0, 0, 0, 0]],
    ['length 3', Chain.BROKEN, 40, [40, 0, 0, 3, 0, 0]],
    ['length beyond the message', Chain.BROKEN, 40, [0, 0, 0, 7, 1, 2]],
    ['a type of version 1', Chain.BROKEN, 1, [0, 0, 0, 6, 1, 2]],
    ['a next payload of another kind', Chain.BROKEN, 40, [99, 0, 0, 4]],
    ['a next payload that is missing', Chain.BROKEN, 40, [41, 0, 0, 4]],
    ['64 empty payloads', Chain.WHOLE, 41, emptyPayloads(64)],
    ['65 empty payloads', Chain.BROKEN, 41, emptyPayloads(65)],
  ])('%s', (_, expected, first, octets) => {
    expect(chain(first, octets)).toBe(expected);
  });

  function emptyPayloads(count: number): number[] {
    return Array.from({ length: count }, (_, i) => [i === count - 1 ? 0 : 41, 0, ...u16(4)]).flat();
  }
});

describe('IKE over TCP', () => {
  it('begins with IKETCP (RFC 9329 section 4)', () => {
    const { data, at } = guarded(Buffer.from('IKETCP'));
    expect(ike.isTcpPrefix(data, at)).toBe(true);
    const { data: other, at: otherAt } = guarded(Buffer.from('IKETCQ'));
    expect(ike.isTcpPrefix(other, otherAt)).toBe(false);
  });
});
