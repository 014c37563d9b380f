import { describe, expect, it } from 'vitest';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { FlowProbe, foundIn, only, reflected, type Step } from '../kit/flow-probe.ts';
import { concat, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import {
  ACK,
  clientHello,
  CLIENT_V2,
  CONTROL,
  CONTROL_WKC,
  SERVER_V2,
  session,
  Side,
  SOFT_RESET,
  type Wrap,
} from '../kit/openvpn-messages.ts';

const noise = new SeededRandom(17);
const NOBODY = new Uint8Array(8);

/** Every way to wrap the control channel, with the HMACs of MD5, SHA1, SHA224, SHA256, SHA384 and SHA512. */
const wraps: readonly (readonly [name: string, wrap: Wrap, hmacLength: number])[] = [
  ['plain', 'plain', 0],
  ...[16, 20, 28, 32, 48, 64].map((length) => [`tls-auth with ${length} bytes`, 'tls-auth', length] as const),
  ['tls-crypt', 'tls-crypt', 0],
  ['tls-crypt-v2', 'tls-crypt-v2', 0],
];

describe.each(wraps)('OpenVPN, %s', (_, wrap, hmacLength) => {
  const steps = session(wrap, hmacLength);
  const suspected = `openvpn ${wrap} suspected`;
  const confirmed = `openvpn ${wrap} confirmed`;

  it('is confirmed by a handshake, over UDP and over TCP', () => {
    expect(foundIn(steps)).toBe(confirmed);
    expect(foundIn(steps, { framing: Framing.OPENVPN_RECORD })).toBe(confirmed);
  });

  it('is suspected at the client’s reset, and however often that is repeated', () => {
    const first = new Side(wrap, hmacLength).clientReset();
    const probe = new FlowProbe();
    for (let i = 0; i < 20; i++) {
      const again = new Side(wrap, hmacLength);
      expect(probe.send(0, i < 10 ? first : again.clientReset())).toBe(suspected);
    }
    expect(probe.initiator).toBe(0);
  });

  it('is suspected from one side alone, never confirmed', () => {
    expect(foundIn(only(0, steps))).toBe(suspected);
    // A server's side looks the same for both kinds of wrapped keys.
    expect(foundIn(only(1, steps))).toMatch(/^openvpn (plain|tls-auth|tls-crypt) suspected$/);
  });

  it('is found without the client’s reset', () => {
    expect(foundIn(steps.slice(1))).toMatch(/^openvpn .* confirmed$/);
  });

  it('is found where answers come before their questions', () => {
    const swapped = [...steps];
    for (let i = 0; i + 1 < 10; i += 2) [swapped[i], swapped[i + 1]] = [swapped[i + 1]!, swapped[i]!];
    expect(foundIn(swapped)).toBe(confirmed);
  });

  it('is found where every packet comes twice', () => {
    expect(foundIn(steps.flatMap((step) => [step, step]))).toBe(confirmed);
  });

  it('tells the client by its role', () => {
    for (const from of [0, 1]) {
      const probe = new FlowProbe();
      probe.sendAll(steps.slice(from, from + 5));
      expect(probe.initiator).toBe(0);
    }
  });

  it('is not confirmed by its own packets coming back', () => {
    const client = new Side(wrap, hmacLength);
    const resets = Array.from({ length: 8 }, (): Step => [0, client.control(CLIENT_V2, [], NOBODY)]);
    expect(foundIn(reflected(resets))).not.toContain('confirmed');
    expect(foundIn(reflected(only(0, steps)))).not.toContain('confirmed');
    expect(foundIn(reflected(only(1, steps)))).not.toContain('confirmed');
  });
});

describe('OpenVPN, other openings', () => {
  it('a server that answers a cookie demand statelessly, then with another session id', () => {
    const client = new Side('tls-crypt');
    const [first, server] = [new Side('tls-crypt'), new Side('tls-crypt')];
    const steps: Step[] = [
      [0, client.clientReset()],
      [1, first.control(SERVER_V2, [0], client.session)],
      [0, client.control(CONTROL, [0], first.session, clientHello())],
      [1, server.control(ACK, [1], client.session)],
      [1, server.control(CONTROL, [], client.session, clientHello())],
      [0, client.control(ACK, [1], server.session)],
    ];
    expect(foundIn(steps)).toBe('openvpn tls-crypt confirmed');
  });

  it('a client that brings its wrapped key once more', () => {
    const client = new Side('tls-crypt-v2');
    const server = new Side('tls-crypt-v2');
    const steps: Step[] = [
      [0, client.clientReset()],
      [1, server.control(SERVER_V2, [0], client.session)],
      [0, client.control(CONTROL_WKC, [0], server.session, clientHello())],
      [1, server.control(CONTROL, [1], client.session, clientHello())],
    ];
    expect(foundIn(steps)).toBe('openvpn tls-crypt-v2 confirmed');
  });

  it.each(['tls-auth', 'tls-crypt'] as const)('%s, one side, from the middle of its handshake', (wrap) => {
    const client = new Side(wrap);
    client.clientReset();
    const steps = Array.from({ length: 6 }, (): Step => [0, client.control(CONTROL, [], NOBODY, noise.bytes(100))]);
    expect(foundIn(steps.slice(0, 3))).toBe(`openvpn ${wrap} suspected`);
    expect(foundIn(steps)).toBe(`openvpn ${wrap} suspected`);
  });

  it('a renegotiation, from the middle of a session in clear', () => {
    const [client, server] = [new Side('plain'), new Side('plain')];
    const steps: Step[] = [
      [0, client.control(SOFT_RESET, [], NOBODY, new Uint8Array(0), 1)],
      [1, server.control(SOFT_RESET, [0], client.session, new Uint8Array(0), 1)],
    ];
    expect(foundIn(steps)).toBe('openvpn plain confirmed');
  });
});

describe('what is no OpenVPN control packet', () => {
  const reset = (): Uint8Array => new Side('plain').clientReset();

  it('a plain reset with anything but zeros at its end', () => {
    for (let at = 9; at < 14; at++) {
      const changed = reset();
      changed[at] = 7;
      expect(foundIn([[0, changed]])).toBe('none');
    }
  });

  it('a reset of another length', () => {
    for (const [, wrap, hmacLength] of wraps) {
      if (wrap === 'tls-crypt-v2') continue;
      const whole = new Side(wrap, hmacLength).clientReset();
      expect(foundIn([[0, whole.subarray(0, -1)]]), wrap).toBe('none');
      expect(foundIn([[0, concat(whole, [0])]]), wrap).toBe('none');
    }
  });

  it('a reset with a key id', () => {
    const changed = reset();
    changed[0]! |= 1;
    expect(foundIn([[0, changed]])).toBe('none');
  });

  it('a session id that is text of one letter, or mostly zeros', () => {
    expect(foundIn([[0, reset().fill(0x61, 1, 9)]])).toBe('none');
    expect(foundIn([[0, reset().fill(0, 2, 9)]])).toBe('none');
  });

  it.each(['tls-auth', 'tls-crypt', 'tls-crypt-v2'] as const)('%s with a time that is none', (wrap) => {
    for (const time of [0, 1000, 0x80000000, 0xffffffff]) {
      const client = new Side(wrap);
      client.time = time;
      expect(foundIn([[0, client.clientReset()]])).toBe('none');
    }
  });

  it('tls-crypt-v2 with a wrapped key of another length than it says', () => {
    const whole = new Side('tls-crypt-v2').clientReset();
    whole[whole.length - 2] = 0x40;
    expect(foundIn([[0, whole]])).toBe('none');
  });

  it('an ack list that acknowledges too much, or ids no handshake reaches', () => {
    const header = concat([SERVER_V2 << 3], noise.bytes(8));
    const remote = noise.bytes(8);
    expect(foundIn([[1, concat(header, [9], ...Array.from({ length: 9 }, () => u32(0)), remote, u32(0))]])).toBe(
      'none',
    );
    expect(foundIn([[1, concat(header, [1], u32(0x10000000), remote, u32(0))]])).toBe('none');
    expect(foundIn([[1, concat(header, [1], u32(0), remote, u32(0x10000000))]])).toBe('none');
  });
});
