/** The standing check: true for every message that opens a session, and for next to nothing else. */
import { describe, expect, it } from 'vitest';
import { opensSession } from '../kit/compiled-fingerprints.ts';
import type { Step } from '../kit/flow-probe.ts';
import { saInit, saInitAnswer } from './ike-messages.ts';
import { concat } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { session } from '../kit/openvpn-messages.ts';
import { cookieReply, initiation, response, transport } from './wireguard-messages.ts';

const noise = new SeededRandom(11);
const peers = { initiator: noise.bytes(8), responder: noise.bytes(8) };

/** The first packet of each side. */
function resets(steps: readonly Step[]): Uint8Array[] {
  return [steps.find(([way]) => way === 0)![1], steps.find(([way]) => way === 1)![1]];
}

const openings: readonly (readonly [string, Uint8Array])[] = [
  ['a WireGuard initiation', initiation(0x5a11ce01)],
  ['a WireGuard response', response(0x7b0bb1e5, 0x5a11ce01)],
  ...(['plain', 'tls-auth', 'tls-crypt', 'tls-crypt-v2'] as const).flatMap((mode) =>
    resets(session(mode)).map((bytes, side) => [`an OpenVPN reset, ${mode}, side ${side}`, bytes] as const),
  ),
  ['an IKEv2 request', saInit(peers)],
  ['an IKEv2 answer', saInitAnswer(peers)],
  ['an IKEv2 request after the marker', concat([0, 0, 0, 0], saInit(peers))],
];

describe('the standing check', () => {
  it.each(openings)('sees %s', (_, bytes) => {
    expect(opensSession(bytes)).toBe(true);
  });

  it.each(openings)('sees %s in what a SOCKS proxy relays', (_, bytes) => {
    expect(opensSession(concat([0, 0, 0, 1, 198, 51, 100, 7, 4, 210], bytes))).toBe(true);
  });

  it.each(openings)('reads nothing but what was captured of %s', (_, bytes) => {
    for (let captured = 0; captured <= bytes.length; captured++) {
      expect(() => opensSession(bytes, captured)).not.toThrow();
    }
  });

  it('sees WireGuard and OpenVPN where only 22 bytes were captured', () => {
    for (const [title, bytes] of openings.filter(([name]) => !name.includes('IKE')))
      expect(opensSession(bytes, Math.min(22, bytes.length)), title).toBe(true);
  });

  it('passes over data of the three', () => {
    expect(opensSession(transport(0x5a11ce01, 7))).toBe(false);
    expect(opensSession(cookieReply(0x5a11ce01))).toBe(false);
    expect(opensSession(concat([0x48, 0, 0, 1], noise.bytes(100)))).toBe(false);
    expect(opensSession(concat([0x20], noise.bytes(100)))).toBe(false);
  });

  it('is true for fewer than one random datagram of a hundred', () => {
    let count = 0;
    for (let i = 0; i < 20_000; i++) if (opensSession(noise.bytes(14 + (i % 1400)))) count++;
    expect(count).toBeLessThan(200);
  });
});
