/** What begins at the start of a TCP stream, of a record and of a segment, in the debug build: a read outside of the bytes throws. */
import { describe, expect, it } from 'vitest';
import { checks } from '../kit/compiled-fingerprints.ts';
import { marked, saInit, saInitAnswer } from './ike-messages.ts';
import { concat, u16 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { ACK, blockData, CONTROL, data2, session, Side, SOFT_RESET } from '../kit/openvpn-messages.ts';

const noise = new SeededRandom(43);
const peers = { initiator: noise.bytes(8), responder: noise.bytes(8) };
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** A packet behind its length. */
const record = (packet: Uint8Array): Uint8Array => concat(u16(packet.length), packet);
/** RFC 9329 section 3: the length counts itself. */
const ikeRecord = (message: Uint8Array): Uint8Array => concat(u16(message.length + 6), marked(message));

/** What begins at a cursor, and the phase of a stream without a preface (dataplane/assembly/fingerprint/first-records). */
const Opening = { NOTHING: 0, MORE_NEEDED: 1, PREFACE: 2, OPENVPN: 3, IKE_PREFIX: 4, IKE: 5 } as const;
const START = 0;

/** Puts the first `captured` bytes into memory; returns their address. */
function place(bytes: Uint8Array, captured: number): number {
  return checks.place(new DataView(bytes.buffer, bytes.byteOffset), 0, captured);
}

/** What begins a direction, and how long the preface is where it is one. */
function beginning(bytes: Uint8Array, isClient = true): { found: number; prefaceLength: number } {
  checks.exports.lookAtStart(place(bytes, bytes.length), bytes.length, START, Number(isClient));
  const [, , found, prefaceLength] = checks.results(4);
  return { found: found!, prefaceLength: prefaceLength! };
}

function openingOf(bytes: Uint8Array, isClient = true): number {
  return beginning(bytes, isClient).found;
}

/** What the checks of a segment say of `captured` bytes of it. */
function look(bytes: Uint8Array, captured = bytes.length): Record<(typeof ANSWERS)[number], number> {
  checks.exports.look(place(bytes, captured), captured, bytes.length);
  const answers = checks.results(ANSWERS.length + 1).slice(1);
  return Object.fromEntries(ANSWERS.map((name, i) => [name, answers[i]!])) as ReturnType<typeof look>;
}

const ANSWERS = [
  'beginsWithControl',
  'isMadeOfRecords',
  'isRecordStart',
  'openingRecord',
  'openvpnRecordLength',
  'ikeRecordLength',
] as const;

const [[, clientReset], [, serverReset]] = session('plain') as [[0, Uint8Array], [1, Uint8Array]];
const request = text('CONNECT vpn.example:1194 HTTP/1.1\r\nHost: vpn.example:1194\r\n\r\n');
const greeting = concat([5, 1, 0]);

describe('the first bytes of a direction', () => {
  it.each([
    ['an OpenVPN client', record(clientReset), true, Opening.OPENVPN],
    ['an OpenVPN server', record(serverReset), false, Opening.OPENVPN],
    ['an IKE initiator', concat(text('IKETCP'), ikeRecord(saInit(peers))), true, Opening.IKE_PREFIX],
    ['an IKE responder', ikeRecord(saInitAnswer(peers)), false, Opening.IKE],
    ['a client of an HTTP proxy', request, true, Opening.PREFACE],
    ['a client of a SOCKS proxy', greeting, true, Opening.PREFACE],
  ] as const)('%s: told, or more needed, at every length', (_, bytes, isClient, expected) => {
    let told = false;
    for (let length = 1; length <= bytes.length; length++) {
      const found = openingOf(bytes.subarray(0, length), isClient);
      if (told || length === bytes.length) expect(found).toBe(expected);
      else if (found === expected) told = true;
      else expect(found).toBe(Opening.MORE_NEEDED);
    }
  });

  it('knows where a preface ends', () => {
    expect(beginning(concat(request, record(clientReset)))).toEqual({
      found: Opening.PREFACE,
      prefaceLength: request.length,
    });
  });

  it.each([
    ['TLS', concat([0x16, 3, 1, 2, 0, 1], noise.bytes(200))],
    ['SSH', text('SSH-2.0-OpenSSH_9.2p1\r\n')],
    ['HTTP', text('GET / HTTP/1.1\r\n\r\n')],
    ['SMTP', text('220 mail.example ESMTP\r\n')],
    ['BitTorrent', concat([19], text('BitTorrent protocol'), noise.bytes(48))],
    ['a length too short for a reset', concat(u16(13), [0x38], noise.bytes(12))],
    ['a length too long for one', concat(u16(3000), [0x38], noise.bytes(100))],
    ['a reset with a key id', concat(u16(14), [0x39], noise.bytes(13))],
    ['data first', record(data2(3, 1))],
    ['an IKE record without its marker', concat(u16(200), [0, 0, 0, 1], noise.bytes(200))],
    ['zeros', new Uint8Array(100)],
  ] as const)('%s is nothing of ours', (_, bytes) => {
    expect(openingOf(bytes)).toBe(Opening.NOTHING);
  });

  it('of DNS over TCP look like a record for the ids that imitate a reset only', () => {
    const like: number[] = [];
    for (let id = 0; id < 65_536; id++) {
      const query = concat(u16(40), u16(id), u16(0x0100), noise.bytes(36));
      if (look(query).openingRecord !== Opening.NOTHING) like.push(id >> 8);
    }
    expect([...new Set(like)]).toEqual([0x38, 0x40, 0x50]);
  });
});

describe('records', () => {
  it('have a length of their own', () => {
    const bytes = concat(u16(300), [0]);
    expect(look(bytes)).toMatchObject({ openvpnRecordLength: 300, ikeRecordLength: 298 });
    expect(look(bytes, 1)).toMatchObject({ openvpnRecordLength: -1, ikeRecordLength: -1 });
  });

  const starts = (bytes: Uint8Array): boolean => look(bytes).isRecordStart !== 0;

  it('may begin where a length and an opcode are', () => {
    const ack = new Side('plain').control(ACK, [1], noise.bytes(8));
    for (const packet of [data2(3, 1), blockData([0x30], 20, 3), clientReset, ack]) {
      for (let length = 0; length < 6; length++) expect(starts(record(packet).subarray(0, length))).toBe(length >= 3);
    }
    expect(starts(concat(u16(9000), [0x48]))).toBe(true);
  });

  it.each([
    ['a length too short', concat(u16(13), [0x48])],
    ['a length that text has', text('GET')],
    ['data of an unlikely length', concat(u16(0x2401), [0x48])],
    ['control of an unlikely length', concat(u16(2049), [0x20])],
    ['no opcode', concat(u16(100), [0x60])],
    ['the first version’s resets', concat(u16(100), [0x08])],
    ['TLS', concat([0x17, 3, 3])],
    ['zeros', concat([0, 0, 0])],
  ])('may not begin with %s', (_, bytes) => {
    expect(starts(bytes)).toBe(false);
  });

  it('fill a segment to its end, or do not', () => {
    const whole = concat(record(data2(3, 1)), record(blockData([0x30], 20, 3)));
    const fills = (bytes: Uint8Array, captured = bytes.length): boolean => look(bytes, captured).isMadeOfRecords !== 0;
    expect(fills(whole)).toBe(true);
    for (let cut = 1; cut < 80; cut++) expect(fills(whole.subarray(0, -cut))).toBe(false);
    expect(fills(concat(whole, [0]))).toBe(false);
    for (let captured = 0; captured < whole.length; captured++) expect(() => fills(whole, captured)).not.toThrow();
  });
});

describe('a segment that brings a retired connection back', () => {
  const begins = (bytes: Uint8Array, captured = bytes.length): boolean => look(bytes, captured).beginsWithControl !== 0;
  const none = new Uint8Array(0);
  const soft = (keyId: number): Uint8Array => record(new Side('plain').control(SOFT_RESET, [], none, none, keyId));
  const control = (): Uint8Array => record(new Side('tls-crypt').control(CONTROL, [], none, noise.bytes(300)));
  const ack = (): Uint8Array => record(new Side('tls-auth').control(ACK, [3], noise.bytes(8)));
  const data = record(data2(3, 500));

  it('begins with a whole control packet, and after that nothing or another record', () => {
    for (const bytes of [record(clientReset), record(serverReset), soft(1), control(), ack()]) {
      expect(begins(bytes)).toBe(true);
      expect(begins(concat(bytes, data))).toBe(true);
      expect(begins(concat(bytes, data.subarray(0, 50)))).toBe(true);
      expect(begins(concat(bytes, data.subarray(0, 1)))).toBe(true);
      expect(begins(concat(bytes, text('and some text')))).toBe(false);
      expect(begins(bytes.subarray(0, bytes.length - 1))).toBe(false);
    }
  });

  it('does not begin with data, a soft reset of key 0 or a hard reset of another', () => {
    expect(begins(data)).toBe(false);
    expect(begins(concat(data, control()))).toBe(false);
    expect(begins(soft(0))).toBe(false);
    const reset = Uint8Array.from(clientReset);
    reset[0]! |= 1;
    expect(begins(record(reset))).toBe(false);
  });

  it.each([
    ['TLS', concat([0x17, 3, 3, 1, 0], noise.bytes(256))],
    ['HTTP', text('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n')],
    ['SSH', concat([0, 0, 0, 60, 8], noise.bytes(59))],
    ['HTTP/2', concat([0, 0x01, 0x20, 0, 0, 0, 0, 0, 1], noise.bytes(280))],
  ])('does not begin like %s', (_, bytes) => {
    expect(begins(bytes)).toBe(false);
  });

  it('is told from what is captured of it, and nothing else is read', () => {
    const bytes = concat(control(), data);
    for (let captured = 0; captured <= bytes.length; captured++) expect(begins(bytes, captured)).toBe(captured >= 11);
  });
});
