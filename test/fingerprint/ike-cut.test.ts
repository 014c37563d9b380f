/** IKE after the non-ESP marker, of which a snap length left 18 to 21 bytes: what both sides show together, and what they do not. */
import { describe, expect, it } from 'vitest';
import { FlowProbe, foundIn, only, reflected, type Step } from '../kit/flow-probe.ts';
import { auth, ciscoFragment, ike, marked, type Peers, quick, saInit, saInitAnswer } from './ike-messages.ts';
import { concat } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';

const noise = new SeededRandom(71);
const peers: Peers = { initiator: noise.bytes(8), responder: noise.bytes(8) };
/** What 64 bytes of Ethernet and IPv4 leave of a datagram. */
const SNAPPED = { captured: 22 };
const FIRST_WITHOUT = { captured: 21 };
const SK = 46;
const SKF = 53;

/** An encrypted message of `size` bytes after its payload header. */
function message(size: number, from: Peers = peers, type = SK, version = 0x20, exchange = 37, flags = 8): Uint8Array {
  return marked(ike({ ...from, version, exchange, flags, message: 1, payloads: [[type, noise.bytes(size)]] }));
}

const exchange: Step[] = [
  [0, message(200)],
  [1, message(120)],
];

describe('a request and its answer', () => {
  it.each([22, 23, 24, 25])('cut to %i bytes are suspected', (captured) => {
    const probe = new FlowProbe();
    expect(probe.sendAll(exchange.slice(0, 1), { captured })).toBe('none');
    expect(probe.sendAll(exchange.slice(1), { captured })).toBe('ipsec ikev2 suspected');
  });

  it('are suspected in fragments too, whichever was captured first', () => {
    expect(foundIn([...exchange].reverse(), SNAPPED)).toBe('ipsec ikev2 suspected');
    const fragments: Step[] = [
      [0, message(200, peers, SKF)],
      [0, message(90, peers, SKF)],
      [1, message(120)],
    ];
    expect(foundIn(fragments, SNAPPED)).toBe('ipsec ikev2 suspected');
  });

  it('are never confirmed, and the suspicion stays', () => {
    const probe = new FlowProbe();
    for (let i = 0; i < 200; i++) probe.sendAll(exchange, SNAPPED);
    expect(probe.send(0, concat(noise.bytes(100)), SNAPPED)).toBe('ipsec ikev2 suspected');
  });

  it('show what was captured', () => {
    const probe = new FlowProbe();
    probe.sendAll(exchange, SNAPPED);
    expect(probe.entries.map(({ check, offset, seen }) => [check, offset, seen])).toEqual([
      ['ike-cut-next-payload', 20, '0x2e'],
      ['ike-cut-version', 21, '0x20'],
      ['ike-initiator-spi-echo', 4, `0x${Buffer.from(peers.initiator).toString('hex')}`],
      ['ike-responder-spi-echo', 12, `0x${Buffer.from(peers.responder).toString('hex')}`],
    ]);
  });

  it('count from the last SPIs on, where they change', () => {
    const next: Peers = { initiator: noise.bytes(8), responder: noise.bytes(8) };
    expect(
      foundIn(
        [
          [0, message(200)],
          [1, message(120, next)],
        ],
        SNAPPED,
      ),
    ).toBe('none');
    expect(
      foundIn(
        [
          [0, message(200)],
          [1, message(120, next)],
          [0, message(90, next)],
        ],
        SNAPPED,
      ),
    ).toBe('ipsec ikev2 suspected');
  });
});

describe('nothing', () => {
  const long = Array.from({ length: 40 }, (_, i): Step => [0, message(100 + (i % 9) * 8)]);

  it.each([
    ['one side alone', long],
    ['what an echo service returns', reflected(long)],
    [
      'what an echo service returns, captured before it was sent',
      reflected(long).map(([way, bytes]): Step => [way === 0 ? 1 : 0, bytes]),
    ],
    [
      'messages of one length from both sides',
      Array.from({ length: 60 }, (_, i): Step => [(i & 1) as 0 | 1, message(76)]),
    ],
    [
      'another responder SPI from each side',
      [
        [0, message(200)],
        [1, message(120, { ...peers, responder: noise.bytes(8) })],
      ] as Step[],
    ],
    [
      'an SPI of zero',
      (['initiator', 'responder'] as const).flatMap((name) => {
        const zero = { ...peers, [name]: new Uint8Array(8) };
        return [
          [0, message(200, zero)],
          [1, message(120, zero)],
        ] as Step[];
      }),
    ],
    [
      'SPIs that are text',
      [200, 120].map((size, i): Step => [
        i as 0 | 1,
        message(size, { initiator: Buffer.from('sessions'), responder: Buffer.from('session2') }),
      ]),
    ],
    [
      'IKEv1',
      [
        [0, marked(quick(peers))],
        [1, message(300, peers, 8, 0x10, 32, 1)],
      ] as Step[],
    ],
    [
      'another minor version',
      [
        [0, message(200, peers, SK, 0x21)],
        [1, message(120, peers, SK, 0x21)],
      ] as Step[],
    ],
    [
      'payloads in clear',
      [
        [0, marked(saInit(peers))],
        [1, marked(saInitAnswer(peers))],
      ] as Step[],
    ],
    [
      'private payloads',
      [
        [0, marked(ciscoFragment(peers, false))],
        [1, marked(ciscoFragment(peers, true)).subarray(0, 150)],
      ] as Step[],
    ],
    [
      'messages too short for a cipher',
      [
        [0, message(16)],
        [1, message(12)],
      ] as Step[],
    ],
  ] as const)('in %s', (_, steps) => {
    expect(foundIn(steps, SNAPPED)).toBe('none');
  });

  it('without the marker, or without the version', () => {
    expect(
      foundIn(
        [
          [0, auth(peers)],
          [1, message(90).subarray(4)],
        ],
        { captured: 18 },
      ),
    ).toBe('none');
    expect(foundIn(exchange, FIRST_WITHOUT)).toBe('none');
  });

  it('where the captured exchange or flags are those of no encrypted message', () => {
    for (const [type, flags] of [
      [34, 8],
      [99, 8],
      [37, 0x80],
    ] as const) {
      const steps: Step[] = [200, 120].map((size, i): Step => [
        i as 0 | 1,
        message(size, peers, SK, 0x20, type, flags),
      ]);
      expect(foundIn(steps, { captured: 24 })).toBe('none');
    }
  });

  it('where another type comes between two messages', () => {
    const types = [SK, 47, SK, 44, SKF, 99];
    const steps = Array.from({ length: 60 }, (_, i): Step => [0, message(100 + i, peers, types[i % 6])]);
    const answers = steps.map(([, bytes]): Step => [1, bytes]);
    expect(
      foundIn(
        only(0, steps).flatMap((step, i) => [step, answers[(i + 1) % 60]!]),
        SNAPPED,
      ),
    ).toBe('none');
  });
});
