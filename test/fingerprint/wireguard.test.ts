import { describe, expect, it } from 'vitest';
import { FingerprintId } from '../../src/dataplane/host/holder.ts';
import { FlowProbe, foundIn, only, reflected, type Step } from '../kit/flow-probe.ts';
import { SeededRandom } from '../kit/random.mjs';
import { cookieReply, disco, initiation, response } from './wireguard-messages.ts';
import { A, B, C, D, exchange, OTHER, run, session } from './wireguard-sessions.ts';

const SUSPECTED = 'wireguard standard suspected';
const CONFIRMED = 'wireguard standard confirmed';
const MAC2 = new SeededRandom(3).bytes(16);

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
  it.each([1, 2, 3])('a reserved byte %i that is not zero', (octet) => {
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
    ['one byte repeated', () => 0x61],
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

describe('WireGuard with a snap length', () => {
  it.each([18, 24, 54, 86])('of %i bytes of payload is still confirmed by its echo', (captured) => {
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
