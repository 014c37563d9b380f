import { describe, expect, it } from 'vitest';
import { Framing } from '../../src/fingerprint/payload.ts';
import { FlowProbe, foundIn, only, reflected, type Step } from './flow-probe.ts';
import * as message from './ike-messages.ts';
import { Noise, octets, u32 } from './octets.ts';

const noise = new Noise(5);
const peers = { initiator: noise.take(8), responder: noise.take(8) };
const others = { initiator: noise.take(8), responder: noise.take(8) };

const v2: Step[] = [
  [0, message.saInit(peers)],
  [1, message.saInitAnswer(peers)],
  [0, message.auth(peers)],
  [1, message.authAnswer(peers)],
  [0, message.informational(peers)],
  [1, message.informationalAnswer(peers)],
];
const v1Main: Step[] = [
  [0, message.mainSa(peers)],
  [1, message.mainSaAnswer(peers)],
  [0, message.mainKey(peers)],
  [1, message.mainKey(peers)],
  [0, message.mainIdentity(peers)],
  [1, message.mainIdentity(peers)],
  [0, message.quick(peers)],
  [1, message.quick(peers)],
];
const v1Aggressive: Step[] = [
  [0, message.aggressive(peers)],
  [1, message.aggressiveAnswer(peers)],
  [0, message.quick(peers)],
  [1, message.quick(peers)],
];

describe('IKE', () => {
  const cases: readonly (readonly [title: string, steps: readonly Step[], found: string])[] = [
    ['v2, from the first message', v2, 'ipsec ikev2 confirmed'],
    ['v2, an opening alone', v2.slice(0, 1), 'ipsec ikev2 suspected'],
    ['v2, an answer alone', v2.slice(1, 2), 'ipsec ikev2 suspected'],
    ['v2, an opening that is answered', v2.slice(0, 2), 'ipsec ikev2 confirmed'],
    ['v2, the answer captured first', [v2[1]!, v2[0]!, v2[2]!], 'ipsec ikev2 confirmed'],
    ['v2, repeated and unanswered', [v2[0]!, v2[0]!, v2[0]!], 'ipsec ikev2 suspected'],
    ['v2, an answer to another opening', [v2[0]!, [1, message.saInitAnswer(others)]], 'ipsec ikev2 suspected'],
    ['v2, a demand for a cookie', [v2[0]!, [1, message.saInitNotify(peers, 16390)]], 'ipsec ikev2 confirmed'],
    ['v2, with a cookie', [[0, message.saInit(peers, noise.take(20))]], 'ipsec ikev2 suspected'],
    ['v2, refused', [v2[0]!, [1, message.saInitNotify(peers, 14)]], 'ipsec ikev2 confirmed'],
    [
      'v2, in fragments, from the middle',
      [
        [0, message.authFragment(peers, 1, 2)],
        [0, message.authFragment(peers, 2, 2)],
      ],
      'ipsec ikev2 suspected',
    ],
    [
      'v2, from the middle',
      [
        [0, message.rekey(peers)],
        [1, message.informationalAnswer(peers)],
      ],
      'ipsec ikev2 confirmed',
    ],
    ['v2, the initiator alone', only(0, v2), 'ipsec ikev2 suspected'],
    ['v2, the responder alone', only(1, v2), 'ipsec ikev2 suspected'],
    ['v1 main mode', v1Main, 'ipsec ikev1-main confirmed'],
    ['v1 main mode, an opening alone', v1Main.slice(0, 1), 'ipsec ikev1-main suspected'],
    ['v1 main mode, the initiator alone', only(0, v1Main), 'ipsec ikev1-main suspected'],
    ['v1 main mode, the responder alone', only(1, v1Main), 'ipsec ikev1-main suspected'],
    ['v1 aggressive mode', v1Aggressive, 'ipsec ikev1-aggressive confirmed'],
    ['v1 aggressive mode, an opening alone', v1Aggressive.slice(0, 1), 'ipsec ikev1-aggressive suspected'],
    ['v1, refused', [v1Main[0]!, [1, message.v1Refusal(peers)]], 'ipsec ikev1-main confirmed'],
    [
      'v1, from the middle',
      [
        [0, message.quick(peers)],
        [1, message.quick(peers)],
      ],
      'ipsec ikev1 confirmed',
    ],
    [
      'v1, from the middle, one side',
      [
        [0, message.quick(peers)],
        [0, message.v1Informational(peers)],
      ],
      'ipsec ikev1 suspected',
    ],
  ];
  it.each(cases)('%s', (_, steps, found) => {
    expect(foundIn(steps)).toBe(found);
    expect(foundIn(steps.map(([way, bytes]) => [way, message.marked(bytes)]))).toBe(found);
    expect(foundIn(steps, { framing: Framing.IKE_RECORD })).toBe(found);
  });

  it('tells the initiator by role, whatever came first', () => {
    for (const steps of [[v2[1]!], [v2[3]!], [v2[2]!], [v1Main[1]!, v1Main[0]!], [v1Aggressive[0]!]]) {
      const probe = new FlowProbe();
      probe.sendAll(steps);
      expect(probe.initiator).toBe(0);
    }
  });

  it.each([
    ['v2', v2],
    ['v1 main mode', v1Main],
    ['v1 aggressive mode', v1Aggressive],
    [
      'v1 informational',
      [
        [0, message.v1Refusal(peers)],
        [0, message.v1Refusal(peers)],
      ] as Step[],
    ],
  ])('%s is not confirmed by its own messages coming back', (_, steps) => {
    for (const side of [0, 1] as const) {
      for (let from = 0; from < 3; from++) {
        const echoed = reflected(only(side, steps).slice(from));
        expect(foundIn(echoed)).not.toContain('confirmed');
      }
    }
  });

  it('shares its flow with ESP and keepalives', () => {
    const esp = (): Uint8Array => octets(u32(noise.index()), u32(1), noise.take(64));
    const steps: Step[] = [
      [0, Uint8Array.of(0xff)],
      [0, message.marked(message.saInit(peers))],
      [0, esp()],
      [1, Uint8Array.of(0xff)],
      [1, message.marked(message.saInitAnswer(peers))],
    ];
    expect(foundIn(steps)).toBe('ipsec ikev2 confirmed');
  });

  it('is told by a header and whole payloads where the rest was cut off', () => {
    const steps = [v2[0]!, v2[1]!];
    expect(foundIn(steps, { captured: 100 })).toBe('ipsec ikev2 confirmed');
    for (let captured = 1; captured < 28; captured++) expect(foundIn(steps, { captured })).toBe('none');
  });
});

describe('what is no IKE', () => {
  const openings = { v2: message.saInit(peers), v1: message.mainSa(peers) };
  const changes: readonly (readonly [title: string, at: number, octet: number])[] = [
    ['an unknown version', 17, 0x30],
    ['a minor version', 17, 0x11],
    ['no exchange', 18, 0],
    ['an unknown exchange', 18, 99],
    ['unknown flags', 19, 0xc0],
    ['a longer length', 27, 0xff],
    ['a huge length', 24, 0x7f],
    ['no next payload', 16, 0],
    ['an unknown next payload', 16, 30],
    ['a reserved octet that is not zero', 29, 1],
    ['a first payload of no length', 31, 0],
    ['a first payload that is one octet longer', 31, -1],
    ['an unknown second payload', 28, 200],
  ];
  it.each(changes)('%s', (_, at, octet) => {
    for (const [version, opening] of Object.entries(openings)) {
      const changed = opening.slice();
      changed[at] = octet === -1 ? changed[at]! + 1 : octet;
      // RFC 2408 gives types from 128 on to everyone: in IKEv1 they are known.
      if (at === 28 && version === 'v1') continue;
      if (at === 29 && version === 'v2') changed[at] = 0x7f;
      expect(foundIn([[0, changed]]), version).toBe('none');
      expect(foundIn([[0, message.marked(changed)]]), version).toBe('none');
    }
  });

  it('an initiator SPI of zero', () => {
    expect(foundIn([[0, message.saInit({ ...peers, initiator: message.NONE })]])).toBe('none');
  });

  it('an opening that lacks one of its payloads', () => {
    const noise16 = noise.take(16);
    for (const missing of [33, 34, 40]) {
      const payloads = [33, 34, 40].filter((type) => type !== missing).map((type) => [type, noise16] as const);
      const opening = message.ike({ initiator: peers.initiator, version: 0x20, exchange: 34, flags: 8, payloads });
      expect(foundIn([[0, opening]])).toBe('none');
    }
  });

  it('a header alone', () => {
    const header = message.ike({ initiator: peers.initiator, version: 0x20, exchange: 34, flags: 8, payloads: [] });
    expect(
      foundIn([
        [0, header],
        [1, header],
      ]),
    ).toBe('none');
  });

  it('a message with an octet more or less than it says', () => {
    for (const opening of Object.values(openings)) {
      expect(foundIn([[0, opening.subarray(0, -1)]])).toBe('none');
      expect(foundIn([[0, octets(opening, [0])]])).toBe('none');
    }
  });

  it('ESP that begins like the marker', () => {
    expect(foundIn([[0, octets([0, 0, 0, 0], noise.take(80))]])).toBe('none');
    expect(foundIn([[0, octets([0, 0, 0, 1], message.saInit(peers))]])).toBe('none');
  });
});
