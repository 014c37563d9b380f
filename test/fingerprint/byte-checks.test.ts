/** Checks of bytes that belong to no flow against plain ones, over the beginnings of sessions and of records, changed, cut and random. */
import { describe, expect, it } from 'vitest';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { Transport } from '../../src/dataplane/host/packet-codes.ts';
import { Shortfall } from '../../src/dataplane/host/shortfall.ts';
import type { ByteChecks } from '../assembly/byte-checks.ts';
import { concat, u16 } from '../kit/bytes.mjs';
import { FingerprintInstance } from '../kit/compiled-fingerprints.ts';
import { mutated, noise, originals } from './mutated-payloads.ts';

/** The beginning of a session, or of a record; or random bytes. */
function someBytes(): Uint8Array {
  if (noise.chance(0.3)) return noise.bytes(noise.below(200));
  const [, original] = noise.pick(originals);
  const bytes = noise.chance(0.4) ? original : mutated(original);
  return noise.chance(0.5) ? bytes : concat(u16(bytes.length), bytes, new Uint8Array(noise.below(20)));
}

const u16At = (bytes: Uint8Array, at: number): number => bytes[at]! * 256 + bytes[at + 1]!;

/** ssl_pkt.h of OpenVPN, without the first version's resets. */
const CONTROL_OPCODES = [3, 4, 5, 7, 8, 10, 11];
const DATA_OPCODES = [6, 9];
const HARD_RESETS = [7, 8, 10];
const SOFT_RESET = 3;

/** A length and an opcode of a record: control packets fit a link, data one with jumbo frames. */
function isRecordStart(bytes: Uint8Array): boolean {
  if (bytes.length < 3) return false;
  const [length, opcode] = [u16At(bytes, 0), bytes[2]! >> 3];
  if (CONTROL_OPCODES.includes(opcode)) return length >= 14 && length <= 2048;
  return DATA_OPCODES.includes(opcode) && length >= 14 && length <= 9216;
}

/** Whether records end where a segment of `length` bytes does. */
function isMadeOfRecords(bytes: Uint8Array, length: number): boolean {
  let at = 0;
  while (at < length && isRecordStart(bytes.subarray(at))) at += 2 + u16At(bytes, at);
  return at === length;
}

/** A whole control packet, and after it nothing, too little to tell, or another record. */
function beginsWithControl(bytes: Uint8Array, length: number): boolean {
  if (bytes.length < 11 || !isRecordStart(bytes)) return false;
  const [opcode, keyId, end] = [bytes[2]! >> 3, bytes[2]! & 7, 2 + u16At(bytes, 0)];
  if (DATA_OPCODES.includes(opcode) || end > length) return false;
  if (HARD_RESETS.includes(opcode) && keyId !== 0) return false;
  if (opcode === SOFT_RESET && keyId === 0) return false;
  return bytes.length <= end + 2 || isRecordStart(bytes.subarray(end));
}

const Opening = { NOTHING: 0, MORE_NEEDED: 1, OPENVPN: 3, IKE_PREFIX: 4, IKE: 5 } as const;

/** RFC 9329 section 3 for IKE; OpenVPN's resets have key id 0. */
function openingOf(bytes: Uint8Array): number {
  const text = Buffer.from(bytes.subarray(0, 6)).toString('latin1');
  if (bytes.length === 0 || (text.startsWith('I') && bytes.length < 6)) return Opening.MORE_NEEDED;
  if (text === 'IKETCP') return Opening.IKE_PREFIX;
  if (bytes.length < 3) return bytes[0]! < 8 ? Opening.MORE_NEEDED : Opening.NOTHING;
  const length = u16At(bytes, 0);
  if (length < 14 || length > 2048) return Opening.NOTHING;
  if ([0x38, 0x40, 0x50].includes(bytes[2]!)) return Opening.OPENVPN;
  if (bytes[2] !== 0 || length < 34) return Opening.NOTHING;
  if (bytes.length < 6) return Opening.MORE_NEEDED;
  return bytes.subarray(2, 6).every((byte) => byte === 0) ? Opening.IKE : Opening.NOTHING;
}

/** A transport message of WireGuard, with what `captured` bytes must hold to say so: type, receiver and counter. */
const isSessionData = (bytes: Uint8Array): boolean =>
  bytes.length >= 16 && Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from([4, 0, 0, 0]));

function transportReceiver(bytes: Uint8Array, length: number): number {
  return isSessionData(bytes) && length >= 32 ? Buffer.from(bytes).readInt32BE(4) : 0;
}

/** RFC 1928 section 7: two zeros, no fragment, an address of IPv4 or IPv6, a port; and data after that. */
function socks5HeaderLength(bytes: Uint8Array): number {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 0) return 0;
  const length = { 1: 10, 4: 22 }[bytes[3]!] ?? 0;
  return bytes.length > length ? length : 0;
}

/** Places of the answers (entries/fingerprint). */
function look(checks: ByteChecks, bytes: Uint8Array, captured: number): void {
  const at = checks.place(new DataView(bytes.buffer, bytes.byteOffset), 0, captured);
  checks.exports.look(at, captured, bytes.length);
  const [, control, records, start, opening, length, ikeLength, data, receiver, , , socks] = checks.results(12);
  const seen = bytes.subarray(0, captured);
  const first = captured < 2 ? -1 : u16At(seen, 0);
  expect({ control, records, start, opening, length, ikeLength, data, receiver, socks }).toEqual({
    control: Number(beginsWithControl(seen, bytes.length)),
    records: Number(isMadeOfRecords(seen, bytes.length)),
    start: Number(isRecordStart(seen)),
    opening: openingOf(seen),
    length: first,
    ikeLength: first < 0 ? -1 : Math.max(0, first - 2),
    data: Number(isSessionData(seen)),
    receiver: transportReceiver(seen, bytes.length),
    socks: socks5HeaderLength(seen),
  });
  lookAtSegment(checks, seen);
  lookAtDatagram(checks, seen, bytes.length);
}

/** What the trace says of a segment that was shown to no fingerprint. */
function lookAtSegment(checks: ByteChecks, seen: Uint8Array): void {
  const isOpening = openingOf(seen) !== Opening.NOTHING || isRecordStart(seen);
  const first = Buffer.concat([seen, Buffer.alloc(4)]).readInt32BE(0);
  checks.exports.traceSegment();
  const [reason, value] = isOpening ? [Shortfall.STREAM_INCOMPLETE, seen.length] : [Shortfall.STREAM_OPENING, first];
  expect(checks.traceRecord()).toEqual([reason, 0, 0, 0, 0, value]);
}

/** A datagram's payload begins after the header of a SOCKS proxy; ESP and AH have none. */
function lookAtDatagram(checks: ByteChecks, seen: Uint8Array, length: number): void {
  const transport = noise.pick([Transport.UDP, Transport.UDP, Transport.ESP, Transport.AH]);
  const at = checks.place(new DataView(seen.buffer, seen.byteOffset), 0, seen.length);
  checks.exports.datagram(at, seen.length, length, transport);
  const header = transport === Transport.UDP ? socks5HeaderLength(seen) : 0;
  const framings = { [Transport.UDP]: Framing.DATAGRAM, [Transport.ESP]: Framing.ESP, [Transport.AH]: Framing.AH };
  const framing = framings[transport];
  expect(checks.results(5)).toEqual([at + header, seen.length - header, length - header, header, framing]);
}

describe('checks of bytes', () => {
  it.each([
    ['release', 60_000],
    ['debug', 6000],
  ] as const)('answer as plain ones do (%s)', async (build, rounds) => {
    const { checks } = await FingerprintInstance.make(build);
    for (let round = 0; round < rounds; round++) {
      const bytes = someBytes();
      look(checks, bytes, noise.chance(0.7) ? bytes.length : noise.below(bytes.length + 1));
    }
  });
});
