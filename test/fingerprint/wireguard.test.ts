import { describe, expect, it } from 'vitest';
import { FingerprintId } from '../../src/dataplane/fingerprint/claims.ts';
import { FlowProbe, foundIn, only, reflected, type Step } from './flow-probe.ts';
import { Noise } from './octets.ts';
import { cookieReply, disco, initiation, response, transport } from './wireguard-messages.ts';

const SUSPECTED = 'wireguard standard suspected';
const CONFIRMED = 'wireguard standard confirmed';
const [A, B, C, D, OTHER] = [0x5a11ce01, 0x7b0bb1e5, 0xc0ffee11, 0x1337d00d, 0x99887766];
const MAC2 = new Noise(3).take(16);

/** `count` transport messages of one direction. */
function run(direction: 0 | 1, receiver: number, count: number, first = 0, plaintext?: number): Step[] {
  return Array.from({ length: count }, (_, i): Step => [direction, transport(receiver, first + i, plaintext)]);
}

/** Both directions in turn. */
function exchange(each: number, first = 100): Step[] {
  const forth = run(0, B, each, first);
  const back = run(1, A, each, first + 50);
  return forth.flatMap((step, i) => [step, back[i]!]);
}

const session: Step[] = [[0, initiation(A)], [1, response(B, A)], ...exchange(5, 0)];

describe('WireGuard handshakes', () => {
  const cases: readonly (readonly [title: string, steps: readonly Step[], found: string])[] = [
    ['an initiation alone', [[0, initiation(A)]], SUSPECTED],
    ['a response alone', [[1, response(B, A)]], SUSPECTED],
    [
      'a response that echoes the index',
      [
        [0, initiation(A)],
        [1, response(B, A)],
      ],
      CONFIRMED,
    ],
    [
      'the response captured before the initiation',
      [
        [1, response(B, A)],
        [0, initiation(A)],
      ],
      CONFIRMED,
    ],
    [
      'a response to another index',
      [
        [0, initiation(A)],
        [1, response(B, OTHER)],
      ],
      SUSPECTED,
    ],
    [
      'retries with new indexes',
      [
        [0, initiation(A)],
        [0, initiation(C)],
        [0, initiation(D)],
      ],
      SUSPECTED,
    ],
    [
      'the last retry answered',
      [
        [0, initiation(A)],
        [0, initiation(C)],
        [1, response(B, C)],
      ],
      CONFIRMED,
    ],
    [
      'the first try answered late',
      [
        [0, initiation(A)],
        [0, initiation(C)],
        [0, initiation(D)],
        [1, response(B, A)],
      ],
      CONFIRMED,
    ],
    [
      'the same initiation twice',
      [
        [0, initiation(A)],
        [0, initiation(A)],
      ],
      SUSPECTED,
    ],
    [
      'both ends initiate, one is answered',
      [
        [0, initiation(A)],
        [1, initiation(C)],
        [0, response(B, C)],
      ],
      CONFIRMED,
    ],
    [
      'a cookie reply to the index',
      [
        [0, initiation(A)],
        [1, cookieReply(A)],
      ],
      CONFIRMED,
    ],
    [
      'a cookie reply to another index',
      [
        [0, initiation(A)],
        [1, cookieReply(OTHER)],
      ],
      SUSPECTED,
    ],
    ['a cookie reply alone', [[1, cookieReply(A)]], 'none'],
    ['an initiation with a cookie, alone', [[0, initiation(A, MAC2)]], 'none'],
    [
      'an initiation with a cookie, answered',
      [
        [0, initiation(A, MAC2)],
        [1, response(B, A)],
      ],
      CONFIRMED,
    ],
    [
      'a retry with a cookie, 5 s later',
      [
        [0, initiation(A, MAC2)],
        [0, initiation(C, MAC2), 5000],
      ],
      SUSPECTED,
    ],
    [
      'a retry with a cookie before its time',
      [
        [0, initiation(A, MAC2)],
        [0, initiation(C, MAC2), 3000],
      ],
      'none',
    ],
    [
      'the same with a time that runs backwards',
      [
        [0, initiation(A, MAC2), 20_000],
        [0, initiation(C, MAC2), -5000],
      ],
      'none',
    ],
    [
      'initiations with a cookie ten times a second',
      Array.from({ length: 100 }, (_, i): Step => [0, initiation(A + i * 7919, MAC2), 99]),
      'none',
    ],
    ...[1, 2, 3, 5, 7].map((count): [string, Step[], string] => [
      `${count + 1} of them, a pause of 6 s, and as many again`,
      [0, 1].flatMap(() =>
        Array.from({ length: count + 1 }, (_, i): Step => [0, initiation(A + i * 7919, MAC2), i === 0 ? 6000 : 99]),
      ),
      'none',
    ]),
    [
      'the answer to an initiation of index 0',
      [
        [0, initiation(0)],
        [1, response(1, 0)],
      ],
      CONFIRMED,
    ],
    [
      'the answer of index 0 to an initiation of index 0',
      [
        [0, initiation(0)],
        [1, response(0, 0)],
      ],
      CONFIRMED,
    ],
    [
      'an answered handshake after many of them',
      [
        ...Array.from({ length: 100 }, (_, i): Step => [0, initiation(A + i * 7919, MAC2), 99]),
        [0, initiation(C)],
        [1, response(B, C)],
      ],
      CONFIRMED,
    ],
    ['a whole session', session, CONFIRMED],
    ['its first direction', only(0, session), SUSPECTED],
    ['its second direction', only(1, session), SUSPECTED],
    [
      'discovery around the handshake',
      [
        [0, disco()],
        [1, disco()],
        [0, initiation(A)],
        [1, response(B, A)],
      ],
      'wireguard tailscale confirmed',
    ],
    [
      'discovery alone',
      [
        [0, disco()],
        [1, disco()],
        [0, disco()],
      ],
      'none',
    ],
  ];
  it.each(cases)('%s', (_, steps, found) => {
    expect(foundIn(steps)).toBe(found);
  });

  it('tells the initiator by role, whatever came first', () => {
    const probe = new FlowProbe();
    probe.send(1, response(B, A));
    expect(probe.initiator).toBe(0);
    probe.send(0, initiation(A));
    expect(probe.initiator).toBe(0);
  });

  it('that is confirmed learns nothing of data: neither holder nor evidence', () => {
    const probe = new FlowProbe();
    // With a cookie, so that nothing was suspected before.
    probe.sendAll([
      [0, initiation(A, MAC2)],
      [1, response(B, A)],
    ]);
    const { entries } = probe;
    expect(probe.sendAll(exchange(20, 0))).toBe(CONFIRMED);
    expect(probe.entries).toEqual(entries);
    expect(probe.set.holder).toBe(FingerprintId.NONE);
    probe.send(0, initiation(C));
    expect(probe.set.holder).toBe(FingerprintId.WIREGUARD);
  });

  it('is not confirmed by a handshake of one direction, however long', () => {
    const steps = Array.from({ length: 40 }, (_, i): Step[] => [
      [0, initiation(A + i)],
      [0, response(B, A + i)],
      [0, cookieReply(A + i)],
    ]);
    expect(foundIn(steps.flat())).toBe(SUSPECTED);
  });

  it('is not confirmed by its own messages coming back', () => {
    expect(
      foundIn(
        reflected([
          [0, initiation(A)],
          [0, initiation(C)],
          [0, initiation(D)],
        ]),
      ),
    ).toBe(SUSPECTED);
    expect(foundIn(reflected(only(0, session)))).toBe(SUSPECTED);
    expect(foundIn(reflected(only(1, session)))).toBe(SUSPECTED);
    expect(foundIn(reflected(run(0, B, 30)))).toBe('none');
  });
});

describe('what is no WireGuard handshake', () => {
  it.each([1, 2, 3])('a reserved octet %i that is not zero', (octet) => {
    for (const message of [initiation(A), response(B, A)]) {
      message[octet] = 1;
      expect(foundIn([[0, message]])).toBe('none');
    }
  });

  it.each([-16, -1, 1, 16])('a length that is %i off', (off) => {
    for (const message of [initiation(A), response(B, A)]) {
      const wrong = new Uint8Array(message.length + off);
      wrong.set(message.subarray(0, wrong.length));
      expect(foundIn([[0, wrong]])).toBe('none');
    }
  });

  it.each([
    ['zeros', () => 0],
    ['one octet repeated', () => 0x61],
    ['steps', (i: number) => (i * 3) & 255],
    ['text', (i: number) => 97 + (i % 7)],
  ] as const)('%s where keys should be', (_, octet) => {
    for (const message of [initiation(A), response(B, A)]) {
      for (let i = 8; i < message.length - 16; i++) message[i] = octet(i);
      expect(foundIn([[0, message]])).toBe('none');
    }
  });
});

describe('WireGuard fields that are zero', () => {
  it.each([
    ['the ephemeral key', 8, 40],
    ['the encrypted static key', 40, 88],
    ['the encrypted timestamp', 88, 116],
    ['mac1', 116, 132],
  ])('%s of an initiation', (_, from, to) => {
    const message = initiation(A).fill(0, from, to);
    expect(foundIn([[0, message]])).toBe('none');
    expect(
      foundIn([
        [0, message],
        [1, response(B, A)],
      ]),
    ).toBe(SUSPECTED);
  });

  it.each([
    ['the ephemeral key', 12, 44],
    ['the empty ciphertext', 44, 60],
    ['mac1', 60, 76],
  ])('%s of a response', (_, from, to) => {
    const message = response(B, A).fill(0, from, to);
    expect(foundIn([[1, message]])).toBe('none');
    expect(
      foundIn([
        [0, initiation(A)],
        [1, message],
      ]),
    ).toBe(SUSPECTED);
  });
});

describe('WireGuard from the middle of a session', () => {
  it('is suspected once both directions rose twice, not before', () => {
    expect(foundIn(exchange(3))).toBe(SUSPECTED);
    expect(foundIn(exchange(3).slice(0, -1))).toBe('none');
  });

  it('is suspected once one direction alone rose five times, not before', () => {
    expect(foundIn(run(0, B, 6, 4000))).toBe(SUSPECTED);
    expect(foundIn(run(0, B, 5, 4000))).toBe('none');
  });

  it('is never confirmed', () => {
    expect(foundIn(exchange(500))).toBe(SUSPECTED);
  });

  it('may lose and reorder some', () => {
    const counters = [10, 12, 11, 40, 39, 90, 91, 120, 118];
    expect(foundIn(counters.map((counter): Step => [0, transport(B, counter)]))).toBe(SUSPECTED);
  });

  it('may have lengths that the link clamps, not for the most part', () => {
    const uneven = (each: number): Step[] =>
      run(0, B, 8, 0, 96).map((step, i) => (i % each === 0 ? [0, transport(B, i, 93)] : step));
    expect(foundIn(uneven(3))).toBe(SUSPECTED);
    expect(foundIn(uneven(1))).toBe('none');
  });

  it('may have one length that the link clamps throughout, as bulk does at an MTU of 1420', () => {
    const bulk = run(0, B, 17, 50_000, 1452 - 32);
    expect(foundIn(bulk)).toBe(SUSPECTED);
    expect(foundIn(bulk.slice(0, -1))).toBe('none');
    const acknowledged = bulk.flatMap((step, i): Step[] =>
      i % 2 === 0 ? [step, [1, transport(A, 9000 + i, 80)]] : [step],
    );
    expect(foundIn(acknowledged.slice(0, 8))).toBe(SUSPECTED);
  });

  it('may have lengths without padding, over more messages', () => {
    const unpadded = run(0, B, 17, 0).map((_, i): Step => [0, transport(B, i, 41 + ((i * 37) % 700))]);
    expect(foundIn(unpadded)).toBe(SUSPECTED);
    expect(foundIn(unpadded.slice(0, -1))).toBe('none');
  });

  it('may have small indexes, over more messages', () => {
    const small = (forth: number, back: number, each: number): Step[] =>
      Array.from({ length: each }, (_, i): Step[] => [
        [0, transport(forth, 700 + i)],
        [1, transport(back, 90 + i)],
      ]).flat();
    expect(foundIn(small(1, B, 7))).toBe(SUSPECTED);
    expect(foundIn(small(1, B, 6))).toBe('none');
    expect(foundIn(small(3, 4, 7))).toBe(SUSPECTED);
    expect(foundIn(small(0, 0, 13))).toBe(SUSPECTED);
    expect(foundIn(small(0, 0, 12))).toBe('none');
  });

  const strangers: readonly (readonly [string, readonly Step[]])[] = [
    ['a counter that stands still', Array.from({ length: 20 }, (): Step => [0, transport(B, 7)])],
    ['a counter that falls', run(0, B, 20).reverse()],
    ['a counter with large steps', Array.from({ length: 20 }, (_, i): Step => [0, transport(B, 1000 * i)])],
    ['a receiver that changes', Array.from({ length: 20 }, (_, i): Step => [0, transport(B + i * 7919, 5000 + i)])],
    ['a receiver as small as a length, in few messages', run(0, 0x200, 16)],
    [
      'one number for both directions',
      run(0, B, 20).flatMap(([, bytes]): Step[] => [
        [0, bytes],
        [1, bytes],
      ]),
    ],
    ['lengths below the smallest', run(0, B, 20).map(([way, bytes]): Step => [way, bytes.subarray(0, 31)])],
    [
      'zeros behind the counter',
      run(0, B, 20).map(([way, bytes]): Step => [way, bytes.map((octet, i) => (i < 16 ? octet : 0))]),
    ],
  ];
  it.each(strangers)('is not seen in %s', (_, steps) => {
    expect(foundIn(steps)).toBe('none');
  });
});

describe('WireGuard with a snap length', () => {
  it.each([18, 24, 54, 86])('of %i octets of payload is still confirmed by its echo', (captured) => {
    expect(
      foundIn(
        [
          [0, initiation(A)],
          [1, response(B, A)],
        ],
        { captured },
      ),
    ).toBe(CONFIRMED);
  });

  it('of less than the indexes says nothing', () => {
    for (let captured = 1; captured < 16; captured++) expect(foundIn(session, { captured })).toBe('none');
  });
});
