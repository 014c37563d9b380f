/** IKE messages of strongSwan and ike-scan against what tshark reads of them. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import * as ike from '../../src/dataplane/wire/ike.ts';
import {
  Chain,
  opensWithV1Sa,
  payloadsSeen,
  SeenPayload,
  walkPayloads,
} from '../../src/dataplane/wire/ike-payloads.ts';
import { guarded, poisoned, POISONS } from '../kit/guarded-bytes.ts';
import { u32 } from '../kit/bytes.mjs';
import { withBytes } from '../kit/frame-builder.ts';
import { readPage } from '../kit/vector-pages.ts';

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
    expect(walkPayloads(data, at, end, end)).toBe(Chain.WHOLE);
    expect(payloadsSeen).toBe(expectedSeen(payloads!));
    expect(opensWithV1Sa(data, at)).toBe(fields.nextPayload === '1');
  });
});

function hex64(high: number, low: number): string {
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** tshark lists the payloads inside the SA too (proposals 2, transforms 3); those are no payloads of the chain. */
function expectedSeen(payloads: string): number {
  let seen = payloads === '' ? 0 : SeenPayload.ASSIGNED;
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
        return [sound, sound ? walkPayloads(data, at, end, at + message.length) : Chain.BROKEN, payloadsSeen];
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
    ['initiator SPI zero', withBytes(sound, 0, new Array<number>(8).fill(0))],
    ['version 0', withBytes(sound, 17, [0])],
    ['version 3', withBytes(sound, 17, [0x30])],
    ['a version 1 exchange in version 2', withBytes(sound, 18, [2])],
    ['an unassigned exchange', withBytes(sound, 18, [39])],
    ['version 1.1', withBytes(withBytes(sound, 17, [0x11]), 18, [2, 0])],
    ['a reserved flag of version 1', withBytes(sound, 17, [0x10, 2, 0x08])],
    ['length one more', withBytes(sound, 24, u32(sound.length + 1))],
    ['length one less, where the last byte is not zero', withBytes(sound, 24, u32(sound.length - 1))],
    ['33 zeros', [...sound, ...new Array<number>(33).fill(0)]],
    ['16 zeros and one that is not', [...sound, ...new Array<number>(16).fill(0), 1]],
    ['zeros that begin in the header', [...new Array<number>(27).fill(1), ...new Array<number>(5).fill(0)]],
    ['length zero', withBytes(sound, 24, u32(0))],
    ['27 bytes', sound.slice(0, 27)],
  ])('%s', (_, octets) => {
    expect(check(sound)).toBe(true);
    expect(check(octets)).toBe(false);
  });
});

describe('what a receiver ignores', () => {
  const sound = [...vectors.find(({ title }) => title.includes('IKE_SA_INIT: request'))!.message];
  const zeros = (count: number): number[] => [...sound, ...new Array<number>(count).fill(0)];
  it.each<readonly [string, readonly number[]]>([
    ['a minor version of 2 (RFC 7296 section 3.1)', withBytes(sound, 17, [0x2f])],
    ['reserved flags (RFC 7296 section 3.1)', withBytes(sound, 19, [0xcf])],
    ['one zero after the message', zeros(1)],
    ['16 zeros after the message', zeros(16)],
    ['32 zeros after the message', zeros(32)],
    ['exchange 38 (RFC 5723)', withBytes(sound, 18, [38])],
    ['exchange 43 (RFC 9242)', withBytes(sound, 18, [43])],
    ['exchange 44 (RFC 9370)', withBytes(sound, 18, [44])],
    ['exchange 1 of version 1 (RFC 2408 section 4.4)', withBytes(sound, 17, [0x10, 1, 0])],
  ])('%s', (_, octets) => {
    const { data, at, end } = guarded(Uint8Array.from(octets));
    expect(ike.checkIke(data, at, end, octets.length)).toBe(true);
    expect(ike.opensIke(data, at, end, octets.length)).toBe(true);
    expect(ike.ikeLength(data, at)).toBe(sound.length);
  });

  it('but not zeros that were not captured', () => {
    const { data, at, end } = guarded(Uint8Array.from(zeros(16)), sound.length + 15);
    expect(ike.checkIke(data, at, end, sound.length + 16)).toBe(false);
  });
});

describe('IKE over TCP', () => {
  it('begins with IKETCP (RFC 9329 section 4)', () => {
    const { data, at } = guarded(Buffer.from('IKETCP'));
    expect(ike.isTcpPrefix(data, at)).toBe(true);
    const { data: other, at: otherAt } = guarded(Buffer.from('IKETCQ'));
    expect(ike.isTcpPrefix(other, otherAt)).toBe(false);
  });
});
