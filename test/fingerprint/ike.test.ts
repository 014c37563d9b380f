import { describe, expect, it } from 'vitest';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { FlowProbe, foundIn, only, reflected, type Step } from '../kit/flow-probe.ts';
import * as message from './ike-messages.ts';
import { concat, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';

const noise = new SeededRandom(5);
const peers = { initiator: noise.bytes(8), responder: noise.bytes(8) };
const others = { initiator: noise.bytes(8), responder: noise.bytes(8) };

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
    ['v2, the answer captured first', [v2[1]!, v2[0]!], 'ipsec ikev2 confirmed'],
    [
      'v2, an answer to another opening captured first',
      [[1, message.saInitAnswer(others)], v2[0]!],
      'ipsec ikev2 suspected',
    ],
    ['v2, the refusal captured first', [[1, message.saInitNotify(peers, 14)], v2[0]!], 'ipsec ikev2 confirmed'],
    ['v2, an opening of each side', [v2[0]!, [1, message.saInit(peers)]], 'ipsec ikev2 suspected'],
    ['v2, a session resumed', [[0, message.sessionResume(peers)]], 'ipsec ikev2 suspected'],
    [
      'v2, a session resumed, answered',
      [
        [0, message.sessionResume(peers)],
        [1, message.sessionResumeAnswer(peers)],
      ],
      'ipsec ikev2 confirmed',
    ],
    [
      "v2, in Cisco's fragments, from the middle",
      [
        [0, message.ciscoFragment(peers, false)],
        [1, message.ciscoFragment(peers, true)],
      ],
      'ipsec ikev2 confirmed',
    ],
    [
      'v1 base exchange',
      [
        [0, message.baseSa(peers)],
        [1, message.baseSaAnswer(peers)],
      ],
      'ipsec ikev1 confirmed',
    ],
    ['v1 base exchange, an opening alone', [[0, message.baseSa(peers)]], 'ipsec ikev1 suspected'],
    ['v1 main mode, the answer captured first', [v1Main[1]!, v1Main[0]!], 'ipsec ikev1-main confirmed'],
    ['v1, the refusal captured first', [[1, message.v1Refusal(peers)], v1Main[0]!], 'ipsec ikev1-main confirmed'],
    ['v2, repeated and unanswered', [v2[0]!, v2[0]!, v2[0]!], 'ipsec ikev2 suspected'],
    ['v2, an answer to another opening', [v2[0]!, [1, message.saInitAnswer(others)]], 'ipsec ikev2 suspected'],
    ['v2, a demand for a cookie', [v2[0]!, [1, message.saInitNotify(peers, 16390)]], 'ipsec ikev2 confirmed'],
    ['v2, with a cookie', [[0, message.saInit(peers, noise.bytes(20))]], 'ipsec ikev2 suspected'],
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
    const esp = (): Uint8Array => concat(u32(noise.largeWord()), u32(1), noise.bytes(64));
    const steps: Step[] = [
      [0, Uint8Array.of(0xff)],
      [0, message.marked(message.saInit(peers))],
      [0, esp()],
      [1, Uint8Array.of(0xff)],
      [1, message.marked(message.saInitAnswer(peers))],
    ];
    expect(foundIn(steps)).toBe('ipsec ikev2 confirmed');
  });

  it('ignores zeros after the message, as old Cisco clients append them', () => {
    const probe = new FlowProbe();
    for (const [way, bytes] of v2.slice(0, 2)) probe.send(way, concat(bytes, new Uint8Array(16)));
    expect(probe.found).toBe('ipsec ikev2 confirmed');
    const length = v2[0]![1].length;
    expect(probe.entries).toContainEqual({
      packet: 1,
      check: 'ike-trailing-zeros',
      offset: length,
      expected: 'at most 32',
      seen: '16',
    });
  });

  it('ignores reserved bits and the minor version of IKEv2', () => {
    const changed = v2.slice(0, 2).map(([way, bytes]): Step => {
      const copy = bytes.slice();
      copy[17] = 0x25;
      copy[19]! |= 0xc7;
      copy[29]! |= 0x55;
      return [way, copy];
    });
    expect(foundIn(changed)).toBe('ipsec ikev2 confirmed');
  });

  it('is not taken back: its own answers captured first do not confirm it', () => {
    const answers = [message.saInitAnswer(peers), message.authAnswer(peers), message.informationalAnswer(peers)];
    expect(foundIn(reflected(answers.map((bytes): Step => [1, bytes])))).toBe('ipsec ikev2 suspected');
  });
});

describe('IKE of which a snap length left little', () => {
  const steps = [v2[0]!, v2[1]!];

  it('is told by a header and whole payloads', () => {
    expect(foundIn(steps, { captured: 100 })).toBe('ipsec ikev2 confirmed');
    expect(foundIn(steps, { captured: 28 })).toBe('ipsec ikev2 confirmed');
  });

  it.each([22, 26, 27])('is told by %i bytes of the first exchange of v2', (captured) => {
    expect(foundIn(steps, { captured })).toBe('ipsec ikev2 confirmed');
    expect(foundIn([v2[1]!, v2[0]!], { captured })).toBe('ipsec ikev2 confirmed');
    expect(foundIn([v2[0]!, [1, message.saInitAnswer(others)]], { captured })).toBe('none');
    expect(foundIn(reflected([v2[0]!]), { captured })).toBe('none');
  });

  it.each([22, 26])('is no more than suspected by %i bytes of the middle of v2 or of v1', (captured) => {
    expect(foundIn(v2.slice(2), { captured })).toBe('ipsec ikev2 suspected');
    expect(foundIn(v1Main, { captured })).toBe('ipsec ikev1-main suspected');
    expect(foundIn(v1Main.slice(4), { captured })).toBe('none');
  });

  it.each([22, 26])('is suspected by %i bytes of two messages of one side, not by one, however often', (captured) => {
    expect(foundIn([v2[0]!, v2[2]!], { captured })).toBe('ipsec ikev2 suspected');
    expect(foundIn([v2[2]!, v2[4]!], { captured })).toBe('ipsec ikev2 suspected');
    for (const step of [v2[0]!, v2[1]!, v2[2]!, v1Main[0]!])
      expect(foundIn([step, step, step], { captured })).toBe('none');
  });

  it('is told behind the marker by four bytes more', () => {
    const markedSteps = v2.map(([way, bytes]): Step => [way, message.marked(bytes)]);
    expect(foundIn(markedSteps, { captured: 26 })).toBe('ipsec ikev2 confirmed');
    expect(foundIn(markedSteps, { captured: 25 })).toBe('none');
  });

  it('is nothing with less', () => {
    for (let captured = 1; captured < 22; captured++) expect(foundIn(v2, { captured })).toBe('none');
  });
});

describe('what is no IKE', () => {
  const openings = { v2: message.saInit(peers), v1: message.mainSa(peers) };
  const changes: readonly (readonly [title: string, at: number, octet: number])[] = [
    ['an unknown version', 17, 0x30],
    ['a minor version of 1', 17, 0x11],
    ['no exchange', 18, 0],
    ['an unknown exchange', 18, 99],
    ['a longer length', 27, 0xff],
    ['a huge length', 24, 0x7f],
    ['no next payload', 16, 0],
    ['an unknown next payload', 16, 30],
    ['a first payload of no length', 31, 0],
    ['a first payload that is one byte longer', 31, -1],
    ['a second payload of the other version', 28, -2],
  ];
  it.each(changes)('%s', (_, at, octet) => {
    for (const [version, opening] of Object.entries(openings)) {
      const changed = opening.slice();
      changed[at] = octet === -1 ? changed[at]! + 1 : octet;
      if (octet === -2) changed[at] = version === 'v1' ? 34 : 1;
      expect(foundIn([[0, changed]]), version).toBe('none');
      expect(foundIn([[0, message.marked(changed)]]), version).toBe('none');
    }
  });

  it('version 1 with what its receivers discard', () => {
    for (const [at, octet] of [
      [17, 0x11],
      [19, 0x40],
      [28, 99],
      [29, 1],
    ] as const) {
      const changed = openings.v1.slice();
      changed[at] = octet;
      expect(foundIn([[0, changed]])).toBe('none');
    }
  });

  it('a payload that is unknown and critical', () => {
    const [unknown, sa, key, nonce] = [200, 33, 34, 40].map((type) => [type, noise.bytes(16)] as const);
    const opening = (payloads: readonly message.PayloadPart[]): Uint8Array =>
      message.ike({ initiator: peers.initiator, version: 0x20, exchange: 34, flags: 8, payloads });
    const lenient = opening([unknown!, sa!, key!, nonce!]);
    expect(foundIn([[0, lenient]])).toBe('ipsec ikev2 suspected');
    lenient[29] = 0x80;
    expect(foundIn([[0, lenient]])).toBe('none');
  });

  it('a message of unknown payloads alone', () => {
    const payloads = [[200, noise.bytes(40)]] as const;
    const steps = [8, 32].map((flags, way): Step => [
      way as 0 | 1,
      message.ike({ ...peers, version: 0x20, exchange: 37, flags, payloads }),
    ]);
    expect(foundIn(steps)).toBe('none');
  });

  it('a session resumed without a ticket, or with the other SPI in its request', () => {
    const fields = { initiator: peers.initiator, version: 0x20, exchange: 38, flags: 8 };
    expect(foundIn([[0, message.ike({ ...fields, payloads: [[40, noise.bytes(32)]] })]])).toBe('none');
    const request = message.sessionResume(peers);
    request.set(peers.responder, 8);
    expect(foundIn([[0, request]])).toBe('none');
  });

  it('an initiator SPI of zero', () => {
    expect(foundIn([[0, message.saInit({ ...peers, initiator: message.NONE })]])).toBe('none');
  });

  it('an opening that lacks one of its payloads', () => {
    const noise16 = noise.bytes(16);
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

  it('a message with a byte more or less than it says', () => {
    for (const opening of Object.values(openings)) {
      expect(foundIn([[0, opening.subarray(0, -1)]])).toBe('none');
      expect(foundIn([[0, concat(opening, [1])]])).toBe('none');
      expect(foundIn([[0, concat(opening, new Uint8Array(33))]])).toBe('none');
      expect(foundIn([[0, concat(opening, new Uint8Array(16))]], { captured: opening.length + 8 })).toBe('none');
    }
  });

  it('ESP that begins like the marker', () => {
    expect(foundIn([[0, concat([0, 0, 0, 0], noise.bytes(80))]])).toBe('none');
    expect(foundIn([[0, concat([0, 0, 0, 1], message.saInit(peers))]])).toBe('none');
  });
});
