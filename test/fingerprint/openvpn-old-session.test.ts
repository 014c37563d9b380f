/**
 * Rekeys of sessions that started long ago: OpenVPN sets the replay time once, so its age says nothing and its constancy does. And
 * what only looks like one.
 */
import { describe, expect, it } from 'vitest';
import { FlowProbe, foundIn, only, reflected, START_SECONDS, type Step } from '../kit/flow-probe.ts';
import { concat, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import {
  ACK,
  clientHello,
  CONTROL,
  CONTROL_WKC,
  serverHello,
  Side,
  SOFT_RESET,
  type Wrap,
} from '../kit/openvpn-messages.ts';

const noise = new SeededRandom(53);
const DAY = 86_400;
const NOTHING = new Uint8Array(0);

/** New keys as a client and a server agree on them, `days` after their session began; the server's clock is off by `off` seconds. */
function rekey(wrap: Wrap, hmacLength: number, days: number, off = 1): Step[] {
  const client = new Side(wrap, hmacLength);
  const server = new Side(wrap, hmacLength);
  client.time = START_SECONDS - days * DAY;
  server.time = client.time + off;
  client.replay = 90;
  server.replay = 70;
  return [
    [0, client.control(SOFT_RESET, [], server.session, NOTHING, 2)],
    [1, server.control(SOFT_RESET, [0], client.session, NOTHING, 2)],
    [0, client.control(ACK, [0], server.session, NOTHING, 2)],
    [0, client.control(CONTROL, [], server.session, clientHello(), 2)],
    [1, server.control(ACK, [1], client.session, NOTHING, 2)],
    [1, server.control(CONTROL, [], client.session, serverHello(), 2)],
    [0, client.control(ACK, [1], server.session, NOTHING, 2)],
    [1, server.control(CONTROL, [], client.session, noise.bytes(300), 2)],
    [0, client.control(CONTROL, [2], server.session, noise.bytes(200), 2)],
    [1, server.control(CONTROL, [2], client.session, noise.bytes(200), 2)],
  ];
}

const hmacs = [16, 20, 28, 32, 48, 64];

describe.each([0, 4, 300, 4000])('a rekey %i days after the start', (days) => {
  it.each(hmacs)('under tls-auth with %i bytes is confirmed as that', (hmacLength) => {
    const steps = rekey('tls-auth', hmacLength, days);
    expect(foundIn(steps.slice(0, 2))).toBe('openvpn tls-auth confirmed');
    expect(foundIn(steps.slice(2))).toBe('openvpn tls-auth confirmed');
    for (const way of [0, 1] as const) expect(foundIn(only(way, steps))).toBe('openvpn tls-auth suspected');
    expect(foundIn(reflected(only(0, steps)))).not.toContain('confirmed');
  });

  it('under tls-crypt is confirmed', () => {
    const steps = rekey('tls-crypt', 0, days);
    expect(foundIn(steps)).toBe('openvpn tls-crypt confirmed');
    for (const way of [0, 1] as const) expect(foundIn(only(way, steps))).toBe('openvpn tls-crypt suspected');
    expect(foundIn(reflected(only(0, steps)))).not.toContain('confirmed');
  });
});

describe('an old session', () => {
  it('under tls-crypt needs three packets of each side, and an ACK among them', () => {
    const steps = rekey('tls-crypt', 0, 4);
    expect(foundIn(steps.slice(0, 5))).toBe('openvpn tls-crypt suspected');
    expect(foundIn(steps.slice(0, 6))).toBe('openvpn tls-crypt confirmed');
    const withoutAcks = steps.filter(([, bytes]) => bytes[0]! >> 3 !== ACK);
    expect(foundIn(withoutAcks)).toBe('none');
  });

  it('under tls-crypt is not confirmed without the SOFT_RESETs that start the rekey', () => {
    expect(foundIn(rekey('tls-crypt', 0, 4).slice(2))).toBe('openvpn tls-crypt suspected');
  });

  it('shows the time that stays', () => {
    const probe = new FlowProbe();
    probe.sendAll(rekey('tls-crypt', 0, 4));
    const row = probe.entries.find(({ check }) => check === 'openvpn-replay-time-stays')!;
    expect(row).toMatchObject({
      offset: 13,
      expected: String(START_SECONDS - 4 * DAY),
      seen: String(START_SECONDS - 4 * DAY),
    });
  });

  it('under tls-crypt is not confirmed where the sides did not start together', () => {
    expect(foundIn(rekey('tls-crypt', 0, 30, 5 * DAY))).toBe('openvpn tls-crypt suspected');
  });

  it('under tls-crypt is not found where its time is yet to come', () => {
    expect(foundIn(rekey('tls-crypt', 0, -30))).toBe('none');
  });

  it('under tls-auth is found whatever the clocks say', () => {
    expect(foundIn(rekey('tls-auth', 32, 30, 5 * DAY))).toBe('openvpn tls-auth confirmed');
    expect(foundIn(rekey('tls-auth', 32, -30))).toBe('openvpn tls-auth confirmed');
  });

  it.each(['tls-auth', 'tls-crypt'] as const)(
    '%s is not found where the time changes from packet to packet',
    (wrap) => {
      const client = new Side(wrap);
      const steps = Array.from({ length: 30 }, (_, i): Step => {
        client.time = START_SECONDS - 40 * DAY + 3 * DAY * i;
        return [0, client.control(i % 2 === 0 ? CONTROL : ACK, [1], noise.bytes(8), noise.bytes(90))];
      });
      expect(foundIn(steps.slice(0, 12))).toBe('none');
    },
  );
});

describe('what looks like tls-crypt of an old session', () => {
  /** A type, a session of eight bytes, a counter, a word that stays, ciphertext. */
  const game = (types: readonly number[], word: number, lengths: (i: number) => number): Step[] => {
    const sessions = [noise.bytes(8), noise.bytes(8)];
    return Array.from({ length: 60 }, (_, i): Step => {
      const way = (i & 1) as 0 | 1;
      const number = 1 + (i >> 1);
      const type = types[(i >> 1) % types.length]!;
      return [way, concat([type], sessions[way]!, u32(number), u32(word), noise.bytes(lengths(i)))];
    });
  };
  const ascii = 0x4b454550;

  it.each([
    ['of one type', game([0x20], ascii, (i) => 40 + (i % 50))],
    ['of one type and the length of an ACK', game([0x28], ascii, () => 45)],
    ['of two types and lengths that no ACK has', game([0x20, 0x28], ascii, (i) => 46 + 4 * (i % 5))],
    ['whose word is no time', game([0x20, 0x28], 0x00010002, () => 45)],
    ['whose word is a time to come', game([0x20, 0x28], START_SECONDS + 900 * DAY, () => 45)],
    ['of the type that brings a wrapped key', game([CONTROL_WKC << 3], ascii, () => 345)],
  ] as const)('a protocol %s is nothing', (_, steps) => {
    expect(foundIn(steps)).toBe('none');
  });
});
