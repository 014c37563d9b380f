/** Which time counts as watched, and that a change holds no address. */
import { describe, expect, it } from 'vitest';
import { changeFields, NO_ADDRESS, withoutAddressText } from '../../src/history/collect/change-fields.ts';
import { FileWatch, LiveWatch, QUIET_LIMIT_S } from '../../src/history/collect/watch.ts';
import { WatchedTime } from '../../src/history/collect/watched-time.ts';
import { SeededRandom } from '../kit/random.mjs';

const MINUTE = 60;
const US = 1e6;
/** The beginning of a minute. */
const START = 1_733_011_200;

function secondsOf(time: WatchedTime, minutes: number): number[] {
  return Array.from({ length: minutes }, (_, minute) => time.take(START + minute * MINUTE));
}

describe('the watched time of files', () => {
  it('is that between packets, up to the limit of a quiet time', () => {
    const time = new WatchedTime();
    const watch = new FileWatch(time);
    for (const second of [50, 70, 200]) watch.reach((START + second) * US);
    expect(secondsOf(time, 4)).toEqual([10, 60, 60, 20]);
    expect(watch.reach((START + 200 + QUIET_LIMIT_S) * US)).toBe(true);
    expect(watch.reach((START + 201 + 2 * QUIET_LIMIT_S) * US)).toBe(false);
    expect(time.take(START + 15 * MINUTE)).toBe(60);
    expect(time.take(START + 20 * MINUTE)).toBe(0);
  });

  it('begins again with another capture', () => {
    const time = new WatchedTime();
    const watch = new FileWatch(time);
    watch.reach(START * US);
    watch.restart();
    watch.reach((START + 30) * US);
    expect(secondsOf(time, 1)).toEqual([0]);
  });

  it('is what a slow twin counts second by second', () => {
    const random = new SeededRandom(7);
    const time = new WatchedTime();
    const watch = new FileWatch(time);
    const watched = new Set<number>();
    let before = NaN;
    let second = 0;
    for (let packet = 0; packet < 60; packet++) {
      second += random.chance(0.1) ? random.between(800, 1000) : random.below(90);
      watch.reach((START + second) * US);
      if (second - before <= 900) for (let one = before; one < second; one++) watched.add(one);
      before = second;
    }
    const minutes = Math.ceil(second / MINUTE) + 1;
    const expected = Array.from(
      { length: minutes },
      (_, minute) => [...watched].filter((one) => Math.floor(one / MINUTE) === minute).length,
    );
    expect(secondsOf(time, minutes)).toEqual(expected);
  });
});

describe('the watched time of a live source', () => {
  it('goes on without packets, and leaves out seconds with a problem and times in which the machine slept', () => {
    const time = new WatchedTime();
    const watch = new LiveWatch(time);
    for (let second = 0; second <= 120; second++) watch.look((START + second) * US, second < 30 || second > 40);
    expect(secondsOf(time, 2)).toEqual([48, 60]);
    watch.look((START + 120 + 3600) * US, true);
    expect(time.take(START + 30 * MINUTE)).toBe(0);
  });

  it('has no second twice where packets come before the next look', () => {
    const time = new WatchedTime();
    const watch = new LiveWatch(time);
    watch.look(START * US, true);
    watch.reach((START + 10) * US);
    watch.look((START + 8) * US, true);
    watch.look((START + 20) * US, true);
    expect(secondsOf(time, 1)).toEqual([20]);
  });

  it('gives up the oldest of many minutes that no row takes', () => {
    const time = new WatchedTime();
    for (let minute = 0; minute < 300; minute++)
      time.add((START + minute * MINUTE) * US, (START + (minute + 1) * MINUTE) * US);
    expect(time.take(START)).toBe(0);
    expect(time.take(START + 299 * MINUTE)).toBe(60);
  });
});

describe('a change', () => {
  it('holds no address, no prefix, no holder and no flow', () => {
    const event = {
      timestamp: '2024-11-10T18:05:00.000000Z',
      event_type: 'shadow',
      src_ip: '10.0.0.7',
      dest_ip: '2001:db8::7',
      src_port: 5,
      flow_id: 'a',
      vpn: { protocol: 'wireguard', evidence: [] },
      registration: {
        source: { prefix: '198.51.100.0/24', holder: 'Bank', sector: 'bank', reference: 'OW-1' },
        destination: null,
      },
      shadow: {
        state: 'registered-hit',
        trip: { flows: ['a'], sources: ['10.0.0.7'], clients_affected: 3 },
        flows: 12,
      },
    };
    expect(changeFields(event)).toEqual({
      registration: { source: { sector: 'bank' }, destination: null },
      shadow: { state: 'registered-hit', trip: { clients_affected: 3 }, flows: 12 },
    });
  });

  it.each([
    ['the card of 192.0.2.7 was changed', `the card of ${NO_ADDRESS} was changed`],
    ['see 198.51.100.0/24.', `see ${NO_ADDRESS}.`],
    ['2001:db8::/32 and fe80::1%eth0', `${NO_ADDRESS} and ${NO_ADDRESS}`],
    ['at 18:05:30 by 1.2.3, 5.0 % of 12.000', 'at 18:05:30 by 1.2.3, 5.0 % of 12.000'],
    ['84ec5f7a1d65280bbb8e15da581d3cc9e11f4559', '84ec5f7a1d65280bbb8e15da581d3cc9e11f4559'],
  ])('replaces addresses in texts alone: %s', (text, without) => {
    expect(withoutAddressText(text)).toBe(without);
  });
});
