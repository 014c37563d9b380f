import { describe, expect, it } from 'vitest';
import { Breaker, SHARE_MINIMUM } from '../../src/policy/breaker.ts';
import { ClientWindow } from '../../src/policy/client-window.ts';
import type { Safety } from '../../src/policy/policy.ts';
import { type Address, randomFrom } from '../registry/random.ts';

const SECOND = 1_000_000;
const DAY_SECONDS = 86_400;
const START = 1_700_000_000 * SECOND;

function limits(maxClientsAffected: number, maxShareAffected = 1): Safety {
  return { windowUs: 60 * SECOND, maxClientsAffected, maxShareAffected, then: 'observe' };
}

const client = (number: number): Address => [0, 0, 0xffff, number];

/** The slow twin: every client's last second, searched through each time. */
class PlainWindow {
  private readonly seen = new Map<number, number>();
  private readonly affected = new Map<number, number>();
  private readonly newly = new Map<number, number>();
  private now = 0;

  see(second: number, number: number): void {
    this.now = Math.max(this.now, second);
    this.seen.set(number, this.now);
  }

  affect(second: number, number: number): void {
    this.see(second, number);
    if (this.now - (this.affected.get(number) ?? -Infinity) >= DAY_SECONDS) this.newly.set(number, this.now);
    this.affected.set(number, this.now);
  }

  count(which: 'seen' | 'newly'): number {
    return [...this[which].values()].filter((second) => second > this.now - 60).length;
  }
}

describe('the window of clients against a plain one', () => {
  it.each([
    ['steps of seconds', 3],
    ['steps of minutes', 90],
    ['steps of days', 50_000],
  ])('%s', (_name, step) => {
    const random = randomFrom(step);
    const window = new ClientWindow(60 * SECOND, 1 << 12);
    const plain = new PlainWindow();
    let second = 100_000;
    for (let i = 0; i < 5000; i++) {
      if (random.below(4) === 0) second += random.below(step) - (random.below(5) === 0 ? 2 : 0);
      const number = random.below(300);
      if (random.below(3) === 0) {
        window.affect(second * SECOND, client(number));
        plain.affect(second, number);
      } else {
        window.see(second * SECOND, client(number));
        plain.see(second, number);
      }
      expect([window.seenCount, window.newlyAffectedCount]).toEqual([plain.count('seen'), plain.count('newly')]);
    }
  });

  it('stays exact when its table is rebuilt without those that no longer matter', () => {
    const window = new ClientWindow(60 * SECOND, 1 << 8);
    const plain = new PlainWindow();
    for (let second = 0; second < 2000; second++) {
      window.see(START + second * SECOND, client(second));
      plain.see(START / SECOND + second, second);
      expect(window.seenCount).toBe(plain.count('seen'));
    }
  });

  it('counts too many rather than too few affected when it is full', () => {
    const window = new ClientWindow(60 * SECOND, 1 << 6);
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < 100; number++) window.affect(START, client(number));
    }
    expect(window.newlyAffectedCount).toBe(48 + 52 * 2);
    expect(window.seenCount).toBe(48);
  });
});

describe('the breaker', () => {
  it('trips instead of hitting the one client too many, and stays so until it is reset', () => {
    const breaker = new Breaker(limits(3));
    for (const number of [1, 2, 2, 3, 1]) expect(breaker.admit(START, client(number))).toBe(true);
    expect(breaker.admit(START, client(4))).toBe(false);
    expect(breaker.trip).toEqual({ timeUs: START, cause: 'clients', affected: 4, seen: 4 });
    expect(breaker.admit(START + 3600 * SECOND, client(1))).toBe(false);
    breaker.reset();
    expect(breaker.trip).toBeNull();
    expect(breaker.admit(START + 3600 * SECOND, client(1))).toBe(true);
  });

  it('lets the same number be hit in the next window', () => {
    const breaker = new Breaker(limits(2));
    for (let minute = 0; minute < 10; minute++) {
      expect(breaker.admit(START + minute * 61 * SECOND, client(2 * minute))).toBe(true);
      expect(breaker.admit(START + minute * 61 * SECOND, client(2 * minute + 1))).toBe(true);
    }
    expect(breaker.affectedCount).toBe(2);
  });

  it('does not count a client anew that retries for hours', () => {
    const breaker = new Breaker(limits(1));
    for (let minute = 0; minute < 600; minute++)
      expect(breaker.admit(START + minute * 60 * SECOND, client(7))).toBe(true);
  });

  it('judges the share only once enough clients are seen', () => {
    const breaker = new Breaker(limits(1e6, 0.05));
    for (let number = 0; number < SHARE_MINIMUM - 50; number++) breaker.see(START, client(number));
    for (let number = 0; number < 49; number++) expect(breaker.admit(START, client(1000 + number))).toBe(true);
    expect(breaker.seenCount).toBe(SHARE_MINIMUM - 1);
    expect(breaker.admit(START, client(2000))).toBe(false);
    expect(breaker.trip?.cause).toBe('share');
  });

  it('allows exactly the share', () => {
    const breaker = new Breaker(limits(1e6, 0.05));
    for (let number = 0; number < 1000; number++) breaker.see(START, client(number));
    for (let number = 0; number < 50; number++) expect(breaker.admit(START, client(number))).toBe(true);
    expect(breaker.admit(START, client(50))).toBe(false);
  });

  it('never lets more than the limit be newly hit in any window', () => {
    const random = randomFrom(9);
    const breaker = new Breaker(limits(20));
    let hits: number[] = [];
    let trips = 0;
    let timeUs = START;
    for (let i = 0; i < 20_000; i++) {
      timeUs += random.below(5.8 * SECOND);
      if (breaker.admit(timeUs, client(random.below(1e6)))) {
        hits.push(timeUs);
        // 59 seconds lie within one window wherever its slices begin.
        expect(hits.filter((hit) => hit > timeUs - 59 * SECOND).length).toBeLessThanOrEqual(20);
      } else {
        trips++;
        breaker.reset();
        hits = [];
      }
      hits = hits.slice(-30);
    }
    expect(trips).toBeGreaterThan(20);
  });
});

describe('the state of a breaker', () => {
  it('survives a restart: who was hit is not new, and the count goes on', () => {
    const before = new Breaker(limits(3));
    before.admit(START, client(1));
    before.admit(START + SECOND, client(-2));
    const after = new Breaker(limits(3));
    after.importState(JSON.parse(JSON.stringify(before.exportState())));
    expect(after.affectedCount).toBe(2);
    expect(after.admit(START + 2 * SECOND, client(1))).toBe(true);
    expect(after.affectedCount).toBe(2);
    expect(after.admit(START + 2 * SECOND, client(3))).toBe(true);
    expect(after.admit(START + 2 * SECOND, client(4))).toBe(false);
    const later = new Breaker(limits(1000));
    later.importState(JSON.parse(JSON.stringify(after.exportState())));
    expect(later.trip).toEqual(after.trip);
    expect(later.admit(START + 9000 * SECOND, client(9))).toBe(false);
  });

  it.each([null, 7, {}, { version: 2 }, { version: 1, trip: null, sliceUs: 1, slice: -1, clients: [] }])(
    'that is none is refused: %j',
    (state) => {
      const breaker = new Breaker(limits(3));
      expect(() => {
        breaker.importState(state);
      }).toThrow(TypeError);
    },
  );
});
