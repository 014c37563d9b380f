/** Packets of OpenVPN 2.6 against what tshark reads of them. */
import { describe, expect, it } from 'vitest';
import { POISONS } from '../kit/poisons.ts';
import { readPage } from '../kit/vector-pages.ts';
import { constants, guarded, poisoned, wire } from './compiled-wire.ts';

const vectors = readPage('openvpn');

/** ssl_pkt.h of OpenVPN: the upper five bits of a packet's first byte. */
const Opcode = {
  CONTROL_V1: 4,
  ACK_V1: 5,
  HARD_RESET_CLIENT_V2: 7,
  HARD_RESET_SERVER_V2: 8,
  DATA_V2: 9,
} as const;
/** Opcode and key id, then the session id; tls-crypt has replay id and time after that. */
const SESSION_ID_AT = 1;
const CRYPT_REPLAY_OFFSET = 9;
/** Bytes of the digests that OpenVPN's `--auth` is used with: SHA1, SHA256, SHA512, MD5, SHA224, SHA384. */
const HMAC_LENGTHS = [20, 32, 64, 16, 28, 48];

const wide = (high: number, low: number): string => String((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));

function describePacket(bytes: Uint8Array, mode: string, hmacLength: number): Record<string, string> {
  const { at } = guarded(bytes);
  const code = wire.opcode(at);
  const described: Record<string, string> = { mode, opcode: String(code), keyId: String(wire.keyId(at)) };
  if (mode === 'data') {
    const id = wire.dataPacketId(at, code) >>> 0;
    described.packetId = String(id);
    if (code !== Opcode.DATA_V2) return described;
    described.peerId = String(wire.peerIdWord(at) & 0xffffff);
    if (!wire.isEpoch(id)) return described;
    return { ...described, packetId: String(wire.epochCounter(at) >>> 0), epoch: String(id >>> 16) };
  }
  expect(wire.isControl(code)).toBe(true);
  described.sessionId = wide(wire.sessionIdHigh(at), wire.sessionIdLow(at));
  if (mode === 'tls-auth') described.hmacLength = String(hmacLength);
  if (mode !== 'plain') {
    const replay = at + (mode === 'tls-auth' ? wire.authReplayOffset(hmacLength) : CRYPT_REPLAY_OFFSET);
    described.replayId = String(wire.replayId(replay) >>> 0);
    described.replayTime = String(wire.replayTime(replay) >>> 0);
  }
  if (mode.startsWith('tls-crypt')) return described;
  const body = wire.bodyOffset(hmacLength);
  expect(wire.checkPlainBody(at, code, body, bytes.length, bytes.length)).toBe(true);
  const acks = wire.ackCount(at, body);
  described.acks = String(acks);
  if (acks > 0) {
    const remote = at + body + wire.remoteSessionIdOffset(acks) - SESSION_ID_AT;
    described.remoteSessionId = wide(wire.sessionIdHigh(remote), wire.sessionIdLow(remote));
  }
  if (code !== Opcode.ACK_V1) described.packetId = String(wire.packetId(at, code, body) >>> 0);
  return described;
}

it('the HMACs that are tried are those of the digests', () => {
  const lengths = Array.from({ length: constants.HMAC_LENGTH_COUNT }, (_, i) => wire.hmacLengthAt(i));
  expect(lengths).toEqual(HMAC_LENGTHS);
});

describe('vectors', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
    expect(describePacket(bytes, fields.mode!, Number(fields.hmacLength ?? 0))).toEqual(fields);
  });

  it('tell which HMAC a reset has: only its own length makes a body that fits', () => {
    for (const { bytes, fields } of vectors) {
      if (fields.mode !== 'tls-auth' || fields.opcode === '4') continue;
      const { at } = guarded(bytes);
      const { length } = bytes;
      const fitting = HMAC_LENGTHS.filter((hmacLength) => {
        const body = wire.bodyOffset(hmacLength);
        return body < length && wire.checkPlainBody(at, Number(fields.opcode), body, length, length);
      });
      expect(fitting).toEqual([Number(fields.hmacLength)]);
    }
  });

  it('have the lengths that the constants say', () => {
    const lengthOf = (title: string): number => vectors.find((vector) => vector.title === title)!.bytes.length;
    expect(lengthOf('plain: client reset')).toBe(constants.PLAIN_RESET_LENGTH);
    expect(lengthOf('tls-crypt: client reset')).toBe(constants.CRYPT_RESET_LENGTH);
    expect(constants.CRYPT_HEADER_LENGTH + 5).toBe(constants.CRYPT_RESET_LENGTH);
  });

  it('name the wrapped key: the length at the end is that of the bytes after the control packet', () => {
    const reset = vectors.find(({ title }) => title === 'tls-crypt-v2: client reset')!;
    const wrapped = wire.wrappedKeyLength(guarded(reset.bytes).at, reset.bytes.length);
    expect(reset.bytes.length - wrapped).toBe(constants.CRYPT_RESET_LENGTH);
  });

  it('begin with a TLS hello where their title says so', () => {
    for (const { bytes, fields, title } of vectors) {
      if (fields.opcode !== '4') continue;
      const { at } = guarded(bytes);
      const body = wire.bodyOffset(Number(fields.hmacLength ?? 0));
      const tls = body + wire.bodyLength(4, Number(fields.acks));
      expect(wire.isTlsHello(at, tls, bytes.length), title).toBe(true);
      expect(wire.isTlsHello(at, tls + 1, bytes.length)).toBe(false);
    }
  });
});

describe('a packet cut at any length', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { bytes }) => {
    for (let length = 0; length <= bytes.length; length++) {
      const answers = (at: number): unknown[] => {
        const seen: unknown[] = [];
        for (const hmacLength of [0, ...HMAC_LENGTHS]) {
          const body = wire.bodyOffset(hmacLength);
          for (const code of [Opcode.HARD_RESET_CLIENT_V2, Opcode.CONTROL_V1, Opcode.ACK_V1]) {
            seen.push(wire.checkPlainBody(at, code, body, length, bytes.length));
          }
          seen.push(wire.isTlsHello(at, body + 5, length));
        }
        return seen;
      };
      const expected = answers(guarded(bytes, length).at);
      for (const poison of POISONS) expect(answers(poisoned(bytes, length, poison).at)).toEqual(expected);
    }
  });
});

describe('a 64-bit packet id', () => {
  it.each<readonly [string, boolean, number]>([
    ['the first epoch', true, 0x00010000],
    ['the 255th, after 2^39 packets', true, 0x00ff0080],
    ['no epoch: a counter of 64 bits', false, 0x00000001],
    ['an epoch that no key reaches', false, 0x01000000],
    ['microseconds since 1970', false, 0x00064010],
    ['a counter that no epoch reaches', false, 0x00010100],
    ['random', false, 0xa5b6c7d8],
  ])('%s: %s', (_, expected, half) => {
    expect(wire.isEpoch(half)).toBe(expected);
  });
});

describe('a body of which a snap length left the ack list', () => {
  const header = [0x40, 1, 2, 3, 4, 5, 6, 7, 8];
  const sessionId = [9, 9, 9, 9, 9, 9, 9, 9];
  const fits = (code: number, bytes: readonly number[], captured: number, acked = 0): boolean => {
    const packet = Uint8Array.from([...header, 1, 0, 0, 0, acked, ...sessionId, ...bytes]);
    return wire.checkPlainBody(guarded(packet, captured).at, code, 9, captured, packet.length);
  };
  const id = [0, 0, 0, 0];

  it('fits without its packet id', () => {
    for (const captured of [22, 23, 25]) {
      expect(fits(Opcode.HARD_RESET_SERVER_V2, id, captured)).toBe(true);
      expect(fits(Opcode.CONTROL_V1, [...id, 0x16, 3, 1], captured)).toBe(true);
      expect(wire.hasPacketId(guarded(Uint8Array.from([1])).at, Opcode.ACK_V1, 0, 99)).toBe(false);
    }
  });

  it('does not without the session id that is acknowledged', () => {
    expect(fits(Opcode.HARD_RESET_SERVER_V2, id, 21)).toBe(false);
    expect(fits(Opcode.ACK_V1, [], 21)).toBe(false);
  });

  it('does not where a reset acknowledges anything but the first packet, or its length is another', () => {
    expect(fits(Opcode.HARD_RESET_SERVER_V2, id, 22, 1)).toBe(false);
    expect(fits(Opcode.HARD_RESET_SERVER_V2, [...id, 0], 22)).toBe(false);
    expect(fits(Opcode.HARD_RESET_SERVER_V2, [0, 0, 0], 22)).toBe(false);
  });
});

describe('a body that lies', () => {
  const plain = (body: readonly number[]): boolean => {
    const packet = Uint8Array.from([0x38, 1, 2, 3, 4, 5, 6, 7, 8, ...body]);
    return wire.checkPlainBody(guarded(packet).at, Opcode.HARD_RESET_CLIENT_V2, 9, packet.length, packet.length);
  };
  const sessionId = [9, 9, 9, 9, 9, 9, 9, 9];
  it.each<readonly [string, boolean, readonly number[]]>([
    ['no acks', true, [0, 0, 0, 0, 0]],
    ['one ack', true, [1, 0, 0, 0, 1, ...sessionId, 0, 0, 0, 0]],
    ['one ack without its session id', false, [1, 0, 0, 0, 1, 0, 0, 0, 0]],
    ['nine acks', false, [9, ...new Array<number>(36).fill(0), ...sessionId, 0, 0, 0, 0]],
    ['255 acks', false, [255, ...new Array<number>(1020).fill(0), ...sessionId, 0, 0, 0, 0]],
    ['an acked id that is too large', false, [1, 0, 1, 0, 0, ...sessionId, 0, 0, 0, 0]],
    ['a packet id that is too large', false, [0, 0, 1, 0, 0]],
    ['a byte after', false, [0, 0, 0, 0, 0, 0]],
    ['a byte too few', false, [0, 0, 0, 0]],
    ['nothing', false, []],
  ])('%s: %s', (_, expected, body) => {
    expect(plain(body)).toBe(expected);
  });
});
