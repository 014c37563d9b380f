/** Clients that are hit, against a twin that keeps the times of each in a Map and counts all of them each time. */
import { describe, expect, it } from 'vitest';
import { HitClients } from '../../../src/decision/breaker/hit-clients.ts';
import { rounds } from '../../kit/mutated.ts';
import { SeededRandom } from '../../kit/random.mjs';

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const START = 1_700_000_000 * SECOND;
const GROUPS = [0, 1, 2];
const SUSPECTED = 1;
const CONFIRMED = 2;

class PlainHits {
  windows: readonly number[];
  now = -Infinity;
  /** By client and group. */
  hits = new Map<string, { lastUs: number; sinceUs: number }>();

  constructor(windows: readonly number[]) {
    this.windows = windows;
  }

  isNew(client: number, group: number): boolean {
    const hit = this.hits.get(`${client} ${group}`);
    return hit === undefined || this.now - hit.lastUs >= Math.max(DAY, ...this.windows);
  }

  hit(client: number, stage: number): void {
    for (const group of [0, stage]) {
      const sinceUs = this.isNew(client, group) ? this.now : this.hits.get(`${client} ${group}`)!.sinceUs;
      this.hits.set(`${client} ${group}`, { lastUs: this.now, sinceUs });
    }
  }

  touch(client: number, stage: number): void {
    for (const group of [0, stage])
      if (!this.isNew(client, group)) this.hits.get(`${client} ${group}`)!.lastUs = this.now;
  }

  /** Drops the clients that are forgotten: a state does not have them. */
  forget(): void {
    const clientOf = (key: string): number => Number(key.split(' ')[0]);
    const forgotten = [...this.hits.keys()].filter((key) => this.isNew(clientOf(key), 0));
    for (const key of forgotten) this.hits.delete(key);
  }

  /** Clients newly hit in the 61 slices that end with the current one; a slice is a sixtieth of the window. */
  within(windowUs: number, group: number): number {
    const sliceOf = (timeUs: number): number => Math.floor((timeUs * 60) / windowUs);
    return [...this.hits].filter(
      ([key, { sinceUs }]) => key.endsWith(` ${group}`) && sliceOf(this.now) - sliceOf(sinceUs) <= 60,
    ).length;
  }
}

describe('clients that are hit', () => {
  it.each([
    ['seconds', 3 * SECOND],
    ['minutes', 300 * SECOND],
    ['hours', 5 * HOUR],
  ])('are counted as by their twin, at steps of %s', (_, step) => {
    const random = new SeededRandom(step);
    const choices = [[60 * SECOND], [60 * SECOND, HOUR], [HOUR, DAY, 7 * DAY]];
    let windows = choices[1]!;
    let hits = new HitClients(windows);
    const plain = new PlainHits(windows);
    let timeUs = START;
    for (let i = 0; i < rounds(3000); i++) {
      timeUs += random.below(2) * random.below(step);
      hits.advance(timeUs);
      plain.now = timeUs;
      const client = random.below(80);
      const hash = [client * 7919, client] as const;
      const stage = 1 + random.below(2);
      const isNew = GROUPS.map((group) => hits.isNew(...hash, group));
      expect(isNew).toEqual(GROUPS.map((group) => plain.isNew(client, group)));
      if (random.below(3) > 0) {
        hits.hit(timeUs, ...hash, stage);
        plain.hit(client, stage);
      } else {
        hits.touch(timeUs, ...hash, stage);
        plain.touch(client, stage);
      }
      if (random.below(100) === 0) {
        windows = random.pick(choices);
        hits.useWindows(windows);
        plain.windows = windows;
      }
      if (random.below(100) === 0) {
        const state = hits.exportState();
        plain.forget();
        hits = new HitClients(windows);
        hits.importState(JSON.parse(JSON.stringify(state)) as typeof state, timeUs);
      }
      if (random.below(400) === 0) {
        hits.clear();
        plain.hits.clear();
      }
      const counts = windows.flatMap((window) => GROUPS.map((group) => hits.within(window).upper(group)));
      expect(counts).toEqual(windows.flatMap((window) => GROUPS.map((group) => plain.within(window, group))));
    }
  });

  it('are remembered for exactly a day after their last hit', () => {
    const hits = new HitClients([60 * SECOND]);
    hits.advance(START);
    hits.hit(START, 1, 1, CONFIRMED);
    hits.advance(START + DAY - 1);
    expect([hits.isNew(1, 1, CONFIRMED), hits.isNew(1, 1, SUSPECTED), hits.isNew(2, 1, 0)]).toEqual([
      false,
      true,
      true,
    ]);
    hits.advance(START + DAY);
    expect(hits.isNew(1, 1, CONFIRMED)).toBe(true);
  });

  it('are not made hit, or hit again after a day, by being touched', () => {
    const hits = new HitClients([60 * SECOND]);
    hits.advance(START);
    hits.touch(START, 1, 1, CONFIRMED);
    expect(hits.isNew(1, 1, 0)).toBe(true);
    hits.hit(START, 1, 1, CONFIRMED);
    hits.advance(START + DAY);
    hits.touch(START + DAY, 1, 1, CONFIRMED);
    expect(hits.isNew(1, 1, CONFIRMED)).toBe(true);
  });

  it('that are forgotten are not exported', () => {
    const hits = new HitClients([60 * SECOND]);
    hits.advance(START);
    hits.hit(START, 1, 1, CONFIRMED);
    hits.advance(START + DAY / 2);
    hits.hit(START + DAY / 2, 2, 2, CONFIRMED);
    expect(Buffer.from(hits.exportState().hashes, 'base64').length).toBe(16);
    hits.advance(START + DAY);
    expect(Buffer.from(hits.exportState().hashes, 'base64').length).toBe(8);
  });

  it('beyond the table are still new to it, and the window has no fewer than there are', () => {
    const hits = new HitClients([60 * SECOND], 16);
    hits.advance(START);
    for (let client = 0; client < 64; client++) {
      const low = (client << 26) | client;
      expect(hits.isNew(client, low, 0)).toBe(true);
      hits.hit(START, client, low, CONFIRMED);
    }
    expect(hits.within(60 * SECOND).isExact).toBe(false);
    expect(hits.exportState().level).toBeGreaterThan(1);
    expect(hits.within(60 * SECOND).upper(CONFIRMED)).toBeGreaterThanOrEqual(64);
    // After the hits are forgotten the level falls to 0 and counts are exact again.
    for (let minute = 0; minute < 130; minute++) hits.advance(START + DAY + minute * 60 * SECOND);
    expect([hits.exportState().level, hits.within(60 * SECOND).upper(0)]).toEqual([0, 0]);
    hits.hit(START + DAY + 129 * 60 * SECOND, 1, -1, CONFIRMED);
    expect([hits.within(60 * SECOND).isExact, hits.within(60 * SECOND).upper(CONFIRMED)]).toEqual([true, 1]);
  });

  it('that are cleared leave exact counts of none', () => {
    const hits = new HitClients([60 * SECOND], 16);
    hits.advance(START);
    for (let client = 0; client < 64; client++) hits.hit(START, client, client << 26, CONFIRMED);
    hits.clear();
    const window = hits.within(60 * SECOND);
    expect([window.isExact, window.upper(0), hits.isNew(0, 0, 0)]).toEqual([true, 0, true]);
  });

  it.each([
    ['times for other clients than it has', { times: '' }],
    ['a level that there is not', { level: 25 }],
    [
      'a time that is no number',
      { times: Buffer.from(new Float64Array(6).fill(Number.NaN).buffer).toString('base64') },
    ],
  ])('are refused from a state with %s', (_, fields) => {
    const hits = new HitClients([60 * SECOND]);
    hits.advance(START);
    hits.hit(START, 1, 1, CONFIRMED);
    const state = { ...hits.exportState(), ...fields };
    const target = new HitClients([60 * SECOND]);
    expect(() => {
      target.importState(state, START);
    }).toThrow(new TypeError('the state of hit clients is not valid'));
  });
});
