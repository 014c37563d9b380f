/** The figures of an overview, against sums over the minutes that were written. */
import { describe, expect, it } from 'vitest';
import { ClientSketch } from '../../src/history/client-sketch.ts';
import { readOverview } from '../../src/history/query/overview.ts';
import type { Minute } from '../../src/history/roll-up.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { IN_MEMORY } from '../../src/history/store/in-memory.ts';
import { FOREVER } from '../../src/history/store/retention.ts';
import { SeededRandom } from '../kit/random.mjs';

const DAY = 86_400;
const START = 20_000 * DAY;
const OUTCOMES = ['would', 'prevented', 'done'];

/** A minute at random; clients are numbers below 40, so that their count is exact. */
function minuteOf(random: SeededRandom, minuteS: number): { minute: Minute; clients: readonly number[] } {
  const clients = Array.from({ length: random.below(4) }, () => random.below(40));
  const sketch = new ClientSketch();
  for (const client of clients) sketch.add(client + 1, client * 77 + 5);
  const packets = random.below(10_000);
  const minute: Minute = {
    place: { site: 'a', isp: '', link: '' },
    minuteS,
    hourS: minuteS - (minuteS % 3600),
    dayS: minuteS - (minuteS % DAY),
    series: [],
    coverage: {
      seconds: random.between(1, 60),
      packets,
      bytes: packets * 100,
      lost_packets: random.below(20),
      undecoded_packets: random.below(20),
      lost_lines: random.below(3),
      lag_us: random.below(1e6),
      active_flows: random.below(500),
    },
    clients: [{ action: 'block', sketch: sketch.toBytes() }],
    harm: random.chance(0.1) ? [{ kind: 'in_force', outcome: random.pick(OUTCOMES), count: random.between(1, 5) }] : [],
  };
  return { minute, clients };
}

describe('figures of an overview', () => {
  const random = new SeededRandom(151);
  const written = Array.from({ length: 3 * 24 * 60 }, (_, at) => at)
    .filter(() => random.chance(0.7))
    .map((at) => minuteOf(random, START + at * 60));
  const store = new HistoryStore({ path: IN_MEMORY, zone: 'UTC', retention: FOREVER });
  store.write({ session: 'test', number: 1, minutes: written.map(({ minute }) => minute), changes: [] });
  const read = (query: { from?: number; to?: number }) => store.read((history) => readOverview(history, query));

  const clientsOf = (blocked: number): object => ({ block: blocked, decided: blocked });

  /** From whole hours or days where the figures are read from those. */
  function expected(from: number, to: number) {
    const inside = written.filter(({ minute: { minuteS } }) => minuteS >= from && minuteS < to);
    const sum = (value: (minute: Minute) => number): number =>
      inside.reduce((all, { minute }) => all + value(minute), 0);
    const most = (value: (minute: Minute) => number): number =>
      Math.max(0, ...inside.map(({ minute }) => value(minute)));
    const harm: Record<string, number> = {};
    for (const { minute } of inside)
      for (const { outcome, count } of minute.harm) harm[outcome] = (harm[outcome] ?? 0) + count;
    return {
      watched: sum(({ coverage }) => coverage.seconds),
      packets: sum(({ coverage }) => coverage.packets),
      bytes: sum(({ coverage }) => coverage.bytes),
      lost_packets: sum(({ coverage }) => coverage.lost_packets),
      undecoded_packets: sum(({ coverage }) => coverage.undecoded_packets),
      lost_lines: sum(({ coverage }) => coverage.lost_lines),
      lag_us: most(({ coverage }) => coverage.lag_us),
      active_flows: most(({ coverage }) => coverage.active_flows),
      harm: Object.keys(harm).length === 0 ? {} : { in_force: harm },
      clients: clientsOf(new Set(inside.flatMap(({ clients }) => clients)).size),
      error: 0,
    };
  }

  it('are those of the minutes of some hours', () => {
    const [from, to] = [START + DAY + 61 * 60, START + DAY + 200 * 60];
    expect(read({ from, to })).toEqual({ from, to, ...expected(from, to) });
  });

  it('of a day begin with the whole hour in which it begins', () => {
    const [from, to] = [START + DAY + 3600 + 1500, START + 2 * DAY + 3600 + 1500];
    expect(read({ from, to })).toEqual({ from, to, ...expected(from - 1500, to - (to % 3600) + 3600) });
  });

  it('without a span are those of everything, from the first minute to the end of the last', () => {
    const [first, last] = [written[0]!.minute.minuteS, written.at(-1)!.minute.minuteS];
    expect(read({})).toEqual({ from: first, to: last + 60, ...expected(0, Infinity) });
  });

  it('of a span without a row are 0, with nothing watched', () => {
    const none = read({ from: START + 10 * DAY, to: START + 11 * DAY });
    expect([none.watched, none.packets, none.harm, none.clients]).toEqual([0, 0, {}, {}]);
  });
});
