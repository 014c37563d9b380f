/** Distinct clients of a chart's points, against sets of the clients. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ClientSketch, SKETCH_ERROR } from '../../src/history/client-sketch.ts';
import { chartCsv } from '../../src/history/query/chart-csv.ts';
import { readChart } from '../../src/history/query/chart.ts';
import type { Minute } from '../../src/history/roll-up.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { IN_MEMORY } from '../../src/history/store/in-memory.ts';
import { ZoneClock } from '../../src/history/zone-clock.ts';
import { FOREVER } from '../../src/history/store/retention.ts';

const START = 1_790_000_000 - (1_790_000_000 % 86_400);
const COVERAGE = {
  seconds: 60,
  packets: 100,
  bytes: 1000,
  lost_packets: 0,
  undecoded_packets: 0,
  lost_lines: 0,
  lag_us: 0,
  active_flows: 1,
};

function minuteOf(at: number, clients: Readonly<Record<string, readonly number[]>>): Minute {
  return {
    place: { site: 'a', isp: '', link: '' },
    minuteS: START + at * 60,
    hourS: START + Math.floor(at / 60) * 3600,
    dayS: START,
    series: [],
    coverage: COVERAGE,
    clients: Object.entries(clients).map(([action, ids]) => {
      const sketch = new ClientSketch();
      for (const id of ids) {
        const hash = createHash('sha256').update(String(id)).digest();
        sketch.add(hash.readUInt32BE(0), hash.readUInt32BE(4));
      }
      return { action, sketch: sketch.toBytes() };
    }),
    harm: [],
  };
}

function chartOf(minutes: readonly Minute[], seconds: number) {
  const store = new HistoryStore({ path: IN_MEMORY, zone: 'UTC', retention: FOREVER });
  store.write({ session: 'test', number: 1, minutes, changes: [] });
  const query = { measure: 'clients', by: 'action', from: START, to: START + seconds } as const;
  const data = store.read((history) => readChart(history, query));
  store.close();
  return { data, csv: chartCsv(data, query, new ZoneClock('UTC')) };
}

describe('clients of a chart', () => {
  it('are counted once in a point of several minutes', () => {
    const clients = (at: number): number[] => Array.from({ length: 20 }, (_, i) => (at % 3) * 5 + i);
    const minutes = Array.from({ length: 1440 }, (_, at) => minuteOf(at, { allow: clients(at) }));
    const { data } = chartOf(minutes, 86_400);
    const perPoint = data.step / 60;
    expect(perPoint).toBeGreaterThan(1);
    const expected = data.times.map((_, point) => {
      const seen = Array.from({ length: perPoint }, (__, i) => clients(point * perPoint + i)).flat();
      return new Set(seen).size;
    });
    expect(data.series[0]!.values).toEqual(expected);
    expect(data.error).toBe(0);
  });

  it('are shown as fewer than 5 from 1 to 4, and as 0 for none', () => {
    const { data, csv } = chartOf(
      [
        minuteOf(0, { block: [1] }),
        minuteOf(1, { block: [1, 2, 3] }),
        minuteOf(2, { block: [1, 2, 3, 4, 5] }),
        minuteOf(3, {}),
      ],
      240,
    );
    expect(data.series[0]!.values).toEqual([4, 4, 5, 0]);
    expect(csv.split('\r\n').map((row) => row.split(',').at(-1))).toEqual(['block', '<5', '<5', '5', '0', '']);
  });

  it('have the standard error of their estimate where they are many', () => {
    const ids = Array.from({ length: 5000 }, (_, i) => i);
    const { data } = chartOf([minuteOf(0, { allow: ids })], 60);
    expect(data.error).toBe(SKETCH_ERROR);
    expect(Math.abs(data.series[0]!.values[0]! / ids.length - 1)).toBeLessThan(4 * SKETCH_ERROR);
  });
});
