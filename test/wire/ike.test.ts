/** IKE messages of strongSwan and ike-scan against what tshark reads of them. */
import { describe, expect, it } from 'vitest';
import { u32 } from '../kit/bytes.mjs';
import { withBytes } from '../kit/frame-builder.ts';
import { POISONS } from '../kit/poisons.ts';
import { readPage } from '../kit/vector-pages.ts';
import { constants, guarded, poisoned, wire } from './compiled-wire.ts';

/** RFC 7296 section 3.1, and section 2.23 for the marker. */
const IKE_HEADER_LENGTH = 28;
const NON_ESP_MARKER_LENGTH = 4;
const RESPONDER_SPI_AT = 8;

const vectors = readPage('ike').map((vector) => {
  const marked = vector.bytes.subarray(0, NON_ESP_MARKER_LENGTH).every((octet) => octet === 0);
  return { ...vector, marked, message: marked ? vector.bytes.subarray(NON_ESP_MARKER_LENGTH) : vector.bytes };
});
const cases = vectors.map((vector) => [vector.title, vector] as const);

describe('vectors', () => {
  it.each(cases)('%s', (_, { message, marked, fields }) => {
    const { data, at, end } = guarded(message);
    expect(wire.checkIke(at, end, message.length)).toBe(true);
    const { payloads, ...expected } = fields;
    expect({
      marker: marked ? 'yes' : 'no',
      initiatorSpi: hexAt(data, at, 8),
      responderSpi: hexAt(data, at + RESPONDER_SPI_AT, 8),
      nextPayload: String(wire.nextPayload(at)),
      version: String(wire.ikeVersion(at)),
      exchange: String(wire.ikeExchange(at)),
      flags: String(wire.ikeFlags(at)),
      length: String(wire.ikeLength(at)),
    }).toEqual(expected);
    expect(wire.hasResponderSpi(at)).toBe(fields.responderSpi !== '0'.repeat(16));
    expect(fields.initiatorSpi).toBe(hex64(wire.initiatorSpiHigh(at), wire.initiatorSpiLow(at)));
    expect(fields.responderSpi).toBe(hex64(wire.responderSpiHigh(at), wire.responderSpiLow(at)));
    expect(wire.walkPayloads(at, message.length, message.length)).toBe(constants['Chain.WHOLE']);
    expect(wire.payloadsSeen(at)).toBe(expectedSeen(payloads!));
    expect(wire.opensWithV1Sa(at)).toBe(fields.nextPayload === '1');
  });
});

const hexAt = (data: DataView, at: number, length: number): string =>
  Buffer.from(data.buffer, at, length).toString('hex');

function hex64(high: number, low: number): string {
  return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** tshark lists the payloads inside the SA too (proposals 2, transforms 3); those are no payloads of the chain. */
function expectedSeen(payloads: string): number {
  let seen = payloads === '' ? 0 : constants['SeenPayload.ASSIGNED'];
  for (const type of payloads.split(' ')) {
    if (type === '1' || type === '33') seen |= constants['SeenPayload.SA'];
    if (type === '34') seen |= constants['SeenPayload.KEY_EXCHANGE'];
    if (type === '40') seen |= constants['SeenPayload.NONCE'];
    if (type === '41') seen |= constants['SeenPayload.NOTIFY'];
  }
  return seen;
}

describe('a message cut at any length', () => {
  it.each(cases)('%s', (_, { message }) => {
    for (let length = 0; length <= message.length; length++) {
      const walk = (at: number): readonly number[] =>
        wire.checkIke(at, at + length, message.length)
          ? [wire.walkPayloads(at, length, message.length), wire.payloadsSeen(at)]
          : [];
      const expected = walk(guarded(message, length).at);
      expect(expected.length > 0).toBe(length >= IKE_HEADER_LENGTH);
      expect(expected[0]).not.toBe(constants['Chain.BROKEN']);
      for (const poison of POISONS) expect(walk(poisoned(message, length, poison).at)).toEqual(expected);
    }
  });
});

describe('headers that lie', () => {
  const sound = [...vectors.find(({ title }) => title.includes('IKE_SA_INIT: request'))!.message];
  const check = (octets: readonly number[], length = octets.length): boolean => {
    const { at, end } = guarded(Uint8Array.from(octets));
    return wire.checkIke(at, end, length);
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
    const { at, end } = guarded(Uint8Array.from(octets));
    expect(wire.checkIke(at, end, octets.length)).toBe(true);
    expect(wire.opensIke(at, end, octets.length)).toBe(true);
    expect(wire.ikeLength(at)).toBe(sound.length);
  });

  it('but not zeros that were not captured', () => {
    const { at, end } = guarded(Uint8Array.from(zeros(16)), sound.length + 15);
    expect(wire.checkIke(at, end, sound.length + 16)).toBe(false);
  });
});

describe('IKE over TCP', () => {
  it('begins with IKETCP (RFC 9329 section 4)', () => {
    expect(wire.isTcpPrefix(guarded(Buffer.from('IKETCP')).at)).toBe(true);
    expect(wire.isTcpPrefix(guarded(Buffer.from('IKETCQ')).at)).toBe(false);
  });
});
