/** QUIC leaves inspection once one side has sent to the other's connection id, and hides no VPN before that. */
import { describe, expect, it } from 'vitest';
import { FlowProbe, reflected, type Step } from '../kit/flow-probe.ts';
import { saInit, saInitAnswer } from './ike-messages.ts';
import { concat, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { session } from '../kit/openvpn-messages.ts';
import { initiation, response } from './wireguard-messages.ts';

const noise = new SeededRandom(77);
const NONE = new Uint8Array(0);
const [CLIENT, SERVER, MADE_UP] = [noise.bytes(8), noise.bytes(8), noise.bytes(8)];

/** A packet with a long header, 1,200 bytes long. */
function long(destination: Uint8Array, source: Uint8Array, version = 1): Uint8Array {
  const header = concat([0xc3], u32(version), [destination.length], destination, [source.length], source);
  return concat(header, noise.bytes(1200 - header.length));
}

/** How many of the packets are looked at; -1 where the flow is not given up behind the last. */
function lookedAt(steps: readonly Step[]): number {
  const probe = new FlowProbe();
  for (const [i, step] of steps.entries()) {
    probe.sendStep(step);
    if (probe.isRetired) return i + 1;
  }
  return -1;
}

describe('QUIC', () => {
  it.each<readonly [string, Step[], number]>([
    [
      'whose server sends to the id of its client',
      [
        [0, long(MADE_UP, CLIENT)],
        [1, long(CLIENT, SERVER)],
      ],
      2,
    ],
    [
      'whose client has no id, and sends to its server',
      [
        [1, long(MADE_UP, NONE)],
        [0, long(NONE, SERVER)],
        [1, long(SERVER, NONE)],
      ],
      3,
    ],
    [
      'of the second version, whose first packet came twice',
      [
        [0, long(MADE_UP, CLIENT, 0x6b3343cf)],
        [0, long(MADE_UP, CLIENT, 0x6b3343cf)],
        [1, long(CLIENT, SERVER, 0x6b3343cf)],
      ],
      3,
    ],
    [
      'whose server wants a token first',
      [
        [0, long(MADE_UP, CLIENT)],
        [1, long(CLIENT, SERVER).subarray(0, 60)],
      ],
      2,
    ],
  ])('%s leaves inspection', (_, steps, count) => {
    expect(lookedAt(steps)).toBe(count);
  });

  it.each<readonly [string, Step[]]>([
    ['no answer comes', Array.from({ length: 20 }, (): Step => [0, long(MADE_UP, CLIENT)])],
    [
      'the answer goes to another id',
      [
        [0, long(MADE_UP, CLIENT)],
        [1, long(noise.bytes(8), SERVER)],
      ],
    ],
    [
      'the answer is of another version',
      [
        [0, long(MADE_UP, CLIENT)],
        [1, long(CLIENT, SERVER, 0xff00001d)],
      ],
    ],
    [
      'both sides have no ids',
      [
        [0, long(NONE, NONE)],
        [1, long(NONE, NONE)],
      ],
    ],
    [
      'the ids are shorter than chance takes',
      [
        [0, long(MADE_UP, CLIENT.subarray(0, 3))],
        [1, long(CLIENT.subarray(0, 3), SERVER)],
      ],
    ],
    [
      'one side sends to its own id',
      [
        [0, long(CLIENT, CLIENT)],
        [0, long(CLIENT, CLIENT)],
      ],
    ],
    ['what comes back is what went', reflected([[0, long(MADE_UP, CLIENT)]])],
  ])('is not taken for proven where %s', (_, steps) => {
    expect(lookedAt(steps)).toBe(-1);
  });
});

describe('a VPN behind what looks like QUIC', () => {
  const peers = { initiator: noise.bytes(8), responder: noise.bytes(8) };
  const vpns: Record<string, Step[]> = {
    wireguard: [
      [0, initiation(0x5a11ce01)],
      [1, response(0x7b0bb1e5, 0x5a11ce01)],
    ],
    openvpn: session('tls-auth', 32),
    ipsec: [
      [0, saInit(peers)],
      [1, saInitAnswer(peers)],
    ],
  };

  it.each(Object.entries(vpns))('without an answer is found: %s', (protocol, steps) => {
    const probe = new FlowProbe();
    for (let i = 0; i < 10; i++) probe.send(0, long(MADE_UP, noise.bytes(8)));
    expect(probe.sendAll(steps)).toMatch(new RegExp(`^${protocol} .* confirmed$`));
  });

  it('keeps what was suspected, and may be confirmed', () => {
    const probe = new FlowProbe();
    probe.send(0, initiation(0x5a11ce01));
    probe.send(0, long(MADE_UP, CLIENT));
    probe.send(1, long(CLIENT, SERVER));
    expect(probe.send(1, response(0x7b0bb1e5, 0x5a11ce01))).toBe('wireguard standard confirmed');
  });

  it('is given up after as many packets as any other flow, whatever the marks', () => {
    const probe = new FlowProbe();
    let packets = 0;
    for (; packets < 100 && !probe.isRetired; packets++) probe.send(0, long(noise.bytes(8), noise.bytes(8)));
    expect(packets).toBe(24);
  });
});
