/** Packets of OpenVPN 2.6 against what tshark reads of them. */
import { describe, expect, it } from 'vitest';
import * as openvpn from '../../src/dataplane/wire/openvpn.ts';
import { Opcode } from '../../src/dataplane/wire/openvpn.ts';
import { guarded, poisoned, POISONS } from '../kit/guarded-bytes.ts';
import { readPage } from '../kit/vector-pages.ts';

const vectors = readPage('openvpn');

const wide = (high: number, low: number): string => String((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));

function describePacket(bytes: Uint8Array, mode: string, hmacLength: number): Record<string, string> {
  const { data, at, end } = guarded(bytes);
  const code = openvpn.opcode(data, at);
  const described: Record<string, string> = { mode, opcode: String(code), keyId: String(openvpn.keyId(data, at)) };
  if (mode === 'data') {
    if (code === Opcode.DATA_V2) {
      described.peerId = String(openvpn.peerIdWord(data, at) & 0xffffff);
      const id = openvpn.dataPacketId(data, at, code);
      described.packetId = String(openvpn.isEpoch(id) ? openvpn.epochCounter(data, at) : id);
      if (openvpn.isEpoch(id)) described.epoch = String(id >>> 16);
    } else described.packetId = String(openvpn.dataPacketId(data, at, code));
    return described;
  }
  expect(openvpn.isControl(code)).toBe(true);
  described.sessionId = wide(openvpn.sessionIdHigh(data, at), openvpn.sessionIdLow(data, at));
  if (mode === 'tls-auth') described.hmacLength = String(hmacLength);
  if (mode !== 'plain') {
    const replay = at + (mode === 'tls-auth' ? openvpn.authReplayOffset(hmacLength) : openvpn.CRYPT_REPLAY_OFFSET);
    described.replayId = String(openvpn.replayId(data, replay));
    described.replayTime = String(openvpn.replayTime(data, replay));
  }
  if (mode.startsWith('tls-crypt')) return described;
  const body = at + openvpn.bodyOffset(hmacLength);
  expect(openvpn.checkPlainBody(data, code, body, end, end)).toBe(true);
  const acks = openvpn.ackCount(data, body);
  described.acks = String(acks);
  if (acks > 0) {
    const remote = body + openvpn.remoteSessionIdOffset(acks) - openvpn.SESSION_ID_AT;
    described.remoteSessionId = wide(openvpn.sessionIdHigh(data, remote), openvpn.sessionIdLow(data, remote));
  }
  if (code !== Opcode.ACK_V1) described.packetId = String(openvpn.packetId(data, code, body));
  return described;
}

describe('vectors', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { bytes, fields }) => {
    expect(describePacket(bytes, fields.mode!, Number(fields.hmacLength ?? 0))).toEqual(fields);
  });

  it('tell which HMAC a reset has: only its own length makes a body that fits', () => {
    for (const { bytes, fields } of vectors) {
      if (fields.mode !== 'tls-auth' || fields.opcode === '4') continue;
      const { data, at, end } = guarded(bytes);
      const fitting = openvpn.HMAC_LENGTHS.filter((length) => {
        const body = at + openvpn.bodyOffset(length);
        return body < end && openvpn.checkPlainBody(data, Number(fields.opcode), body, end, end);
      });
      expect(fitting).toEqual([Number(fields.hmacLength)]);
    }
  });

  it('have the lengths that the constants say', () => {
    const lengthOf = (title: string): number => vectors.find((vector) => vector.title === title)!.bytes.length;
    expect(lengthOf('plain: client reset')).toBe(openvpn.PLAIN_RESET_LENGTH);
    expect(lengthOf('tls-crypt: client reset')).toBe(openvpn.CRYPT_RESET_LENGTH);
    expect(openvpn.CRYPT_HEADER_LENGTH + 5).toBe(openvpn.CRYPT_RESET_LENGTH);
  });

  it('name the wrapped key: the length at the end is that of the bytes after the control packet', () => {
    const reset = vectors.find(({ title }) => title === 'tls-crypt-v2: client reset')!;
    const { data, at } = guarded(reset.bytes);
    const wrapped = openvpn.wrappedKeyLength(data, at, reset.bytes.length);
    expect(reset.bytes.length - wrapped).toBe(openvpn.CRYPT_RESET_LENGTH);
  });

  it('begin with a TLS hello where their title says so', () => {
    for (const { bytes, fields, title } of vectors) {
      if (fields.opcode !== '4') continue;
      const { data, at, end } = guarded(bytes);
      const body = at + openvpn.bodyOffset(Number(fields.hmacLength ?? 0));
      const tls = body + openvpn.bodyLength(4, Number(fields.acks));
      expect(openvpn.isTlsHello(data, tls, end), title).toBe(true);
      expect(openvpn.isTlsHello(data, tls + 1, end)).toBe(false);
    }
  });
});

describe('a packet cut at any length', () => {
  it.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_, { bytes }) => {
    for (let length = 0; length <= bytes.length; length++) {
      const answers = (data: DataView, at: number, end: number): unknown[] => {
        const seen: unknown[] = [];
        for (const hmacLength of [0, ...openvpn.HMAC_LENGTHS]) {
          const body = at + openvpn.bodyOffset(hmacLength);
          for (const code of [Opcode.HARD_RESET_CLIENT_V2, Opcode.CONTROL_V1, Opcode.ACK_V1]) {
            seen.push(openvpn.checkPlainBody(data, code, body, end, at + bytes.length));
          }
          seen.push(openvpn.isTlsHello(data, body + 5, end));
        }
        return seen;
      };
      const { data, at, end } = guarded(bytes, length);
      const expected = answers(data, at, end);
      for (const poison of POISONS) {
        const other = poisoned(bytes, length, poison);
        expect(answers(other.data, other.at, other.end)).toEqual(expected);
      }
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
    expect(openvpn.isEpoch(half)).toBe(expected);
  });
});

describe('a body of which a snap length left the ack list', () => {
  const header = [0x40, 1, 2, 3, 4, 5, 6, 7, 8];
  const sessionId = [9, 9, 9, 9, 9, 9, 9, 9];
  const fits = (code: number, bytes: readonly number[], captured: number, acked = 0): boolean => {
    const { data, at, end } = guarded(
      Uint8Array.from([...header, 1, 0, 0, 0, acked, ...sessionId, ...bytes]),
      captured,
    );
    return openvpn.checkPlainBody(data, code, at + 9, end, at + 22 + bytes.length);
  };
  const id = [0, 0, 0, 0];

  it('fits without its packet id', () => {
    for (const captured of [22, 23, 25]) {
      expect(fits(Opcode.HARD_RESET_SERVER_V2, id, captured)).toBe(true);
      expect(fits(Opcode.CONTROL_V1, [...id, 0x16, 3, 1], captured)).toBe(true);
      expect(openvpn.hasPacketId(guarded(Uint8Array.from([1])).data, Opcode.ACK_V1, 0, 99)).toBe(false);
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
    const { data, at, end } = guarded(Uint8Array.from([0x38, 1, 2, 3, 4, 5, 6, 7, 8, ...body]));
    return openvpn.checkPlainBody(data, Opcode.HARD_RESET_CLIENT_V2, at + 9, end, end);
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
