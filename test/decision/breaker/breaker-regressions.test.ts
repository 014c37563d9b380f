/** Regression tests for weaknesses of earlier breakers, with their numbers. */
import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/decision/breaker/breaker.ts';
import { DEFAULT_SAFETY, oneWindow } from '../../../src/policy/limits.ts';
import { IS_MUTATED } from '../../kit/mutated.ts';
import {
  breakerOf,
  client,
  CONFIRMED,
  hitMany,
  HOUR,
  KEY,
  limit,
  MINUTE,
  SECOND,
  START,
  SUSPECTED,
} from './breaker-kit.ts';

describe('the breaker, in cases that an earlier one got wrong,', () => {
  it('takes the share of VPN clients, not of all clients: 20 of 400 are hit, not 400 of 10,400', () => {
    // The older form of limits: 500 clients, 5 %. The 10,000 other clients have no finding, so `see` is not called for
    // them.
    const breaker = new Breaker(oneWindow(60 * SECOND, 500, 0.05), KEY);
    for (let number = 0; number < 400; number++) breaker.see(START, client(number), CONFIRMED);
    expect(hitMany(breaker, 400, () => START)).toBe(20);
    expect(breaker.trips[0]).toMatchObject({ cause: 'share', affected: 21, seen: 400, allowed: 20 });
  });

  it('takes the share of the clients with a finding of the stage', () => {
    const breaker = breakerOf(limit(60 * SECOND, 2, 500, { share: 0.05 }));
    for (let number = 0; number < 10_000; number++) breaker.see(START, client(50_000 + number), SUSPECTED);
    for (let number = 0; number < 400; number++) breaker.see(START, client(number), CONFIRMED);
    expect(hitMany(breaker, 400, () => START)).toBe(20);
  });

  it('stops slow waves by longer windows: 400 clients a minute for 20 minutes pass a limit of 60 s', () => {
    const perMinute = (i: number): number => START + (i * MINUTE) / 400;
    const one = breakerOf(limit(60 * SECOND, 2, 500));
    expect(hitMany(one, 8000, perMinute)).toBe(8000);
    const several = breakerOf(limit(60 * SECOND, 2, 500), limit(HOUR, 2, 2000), limit(24 * HOUR, 0, 5000));
    expect(hitMany(several, 8000, perMinute)).toBe(2000);
    expect(several.trips[0]).toMatchObject({ cause: 'clients', limit: '1h confirmed', affected: 2001 });
    const slower = breakerOf(limit(60 * SECOND, 2, 500), limit(HOUR, 2, 2000), limit(24 * HOUR, 0, 5000));
    expect(hitMany(slower, 8000, (i) => START + (i * HOUR) / 500)).toBe(5000);
  });

  it('stops only the enforcement on suspected flows after a flood of spoofed initiations', () => {
    const breaker = new Breaker(DEFAULT_SAFETY, KEY);
    for (let number = 0; number < 1000; number++) breaker.see(START, client(number), CONFIRMED);
    expect(hitMany(breaker, 30, () => START)).toBe(30);
    expect(hitMany(breaker, 5000, () => START, 100_000, SUSPECTED)).toBe(200);
    expect(breaker.trips).toMatchObject([{ then: 'ignore-suspected', limit: '60s suspected', affected: 201 }]);
    expect([breaker.refuses(SUSPECTED), breaker.refuses(CONFIRMED)]).toEqual([true, false]);
    // Clients with a confirmed finding still have their own limit: 50 of 1,000.
    expect(hitMany(breaker, 100, () => START, 30)).toBe(20);
    expect(breaker.trips.map(({ then }) => then)).toEqual(['ignore-suspected', 'observe']);
  });

  it('keeps its windows when the clock is set by ten years', () => {
    for (const years of [10, -10]) {
      const breaker = breakerOf(limit(60 * SECOND, 2, 100), limit(HOUR, 2, 150));
      expect(hitMany(breaker, 90, () => START)).toBe(90);
      const byUs = years * 365 * 24 * HOUR;
      breaker.clockWasSet(byUs);
      const later = START + byUs;
      expect(breaker.limitCounts().map(({ affected }) => affected)).toEqual([90, 90]);
      // 10 more are admitted at once, and 50 more after the minute. That is the hour's limit of 150.
      expect(hitMany(breaker, 10, () => later, 1000)).toBe(10);
      expect(hitMany(breaker, 100, () => later + 2 * MINUTE, 2000)).toBe(50);
    }
  });

  it('keeps its counts over a reload of the same limits', () => {
    const safety = oneWindow(60 * SECOND, 500, 0.05);
    const breaker = new Breaker(safety, KEY);
    for (let number = 0; number < 1000; number++) breaker.see(START, client(number), CONFIRMED);
    expect(hitMany(breaker, 40, () => START)).toBe(40);
    breaker.useLimits(oneWindow(60 * SECOND, 500, 0.05));
    expect(breaker.limitCounts()).toMatchObject([{ affected: 40, seen: 1000, allowed: 50 }]);
    expect(hitMany(breaker, 100, () => START, 40)).toBe(10);
  });

  it('starts the new windows of a reload with the counts of others', () => {
    const breaker = breakerOf(limit(HOUR, 2, 500, { share: 0.05 }));
    for (let number = 0; number < 1000; number++) breaker.see(START, client(number), CONFIRMED);
    expect(hitMany(breaker, 40, () => START)).toBe(40);
    breaker.useLimits({
      registered: 0,
      limits: [limit(60 * SECOND, 2, 500, { share: 0.05 }), limit(24 * HOUR, 0, 60)],
    });
    expect(breaker.limitCounts()).toMatchObject([
      { affected: 40, seen: 1000, allowed: 50 },
      { affected: 40, seen: 1000, allowed: 60 },
    ]);
    expect(breaker.trips).toEqual([]);
  });

  it.skipIf(IS_MUTATED)('applies its limits throughout a flood, by the stricter bound', () => {
    const breaker = new Breaker(
      {
        registered: 0,
        limits: [limit(60 * SECOND, 2, 500, { share: 0.05 }), limit(60 * SECOND, 0, 5000, { share: 0.02 })],
      },
      KEY,
      { hit: 1 << 12, seen: 1 << 12 },
    );
    for (let number = 0; number < 2000; number++) breaker.see(START, client(number), CONFIRMED);
    // 300,000 spoofed clients in 45 s.
    for (let number = 0; number < 300_000; number++)
      breaker.see(START + (number * 45 * SECOND) / 300_000, client(1e6 + number), SUSPECTED);
    const [confirmed, any] = breaker.limitCounts();
    expect(any!.seen).toBeGreaterThan(250_000);
    expect(any!.seen).toBeLessThanOrEqual(302_000);
    // Confirmed findings are counted apart, and exactly, because they fit into their table.
    expect(confirmed).toMatchObject({ affected: 0, seen: 2000, allowed: 100 });
    expect(hitMany(breaker, 2000, () => START + 46 * SECOND)).toBe(100);
    expect(breaker.trips).toMatchObject([{ cause: 'share', limit: '60s confirmed' }]);
  });

  it('uses the stricter bound for more clients than fit into its table', () => {
    const breaker = new Breaker({ registered: 0, limits: [limit(60 * SECOND, 2, 1e6, { share: 0.05 })] }, KEY, {
      hit: 1 << 12,
      seen: 1 << 10,
    });
    for (let number = 0; number < 20_000; number++) breaker.see(START, client(number), CONFIRMED);
    const hit = hitMany(breaker, 20_000, () => START);
    // 5 % of 20,000 are 1,000; the lower bound of a sample of some hundreds allows fewer.
    expect(hit).toBeGreaterThan(800);
    expect(hit).toBeLessThanOrEqual(1000);
  });

  it('trips at the first registered hit that is not on purpose, or after the allowed number', () => {
    for (const registered of [0, 2]) {
      const breaker = new Breaker({ limits: DEFAULT_SAFETY.limits, registered }, KEY);
      for (let number = 0; number < registered; number++)
        expect(breaker.admit(START, client(number), SUSPECTED, true)).toBe(true);
      expect(breaker.admit(START, client(10), SUSPECTED, true)).toBe(false);
      expect(breaker.trips).toMatchObject([
        { cause: 'registered', then: 'observe', limit: null, affected: registered + 1, allowed: registered },
      ]);
      expect(breaker.refuses(CONFIRMED)).toBe(true);
    }
  });
});
