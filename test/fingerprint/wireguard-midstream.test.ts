/** WireGuard from the middle of a session: transport messages alone. */
import { describe, expect, it } from 'vitest';
import { foundIn, type Step } from '../kit/flow-probe.ts';
import { transport } from './wireguard-messages.ts';
import { A, B, exchange, run } from './wireguard-sessions.ts';

const SUSPECTED = 'wireguard standard suspected';

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
