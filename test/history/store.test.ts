/** What a store promises: each minute once, all of a batch or nothing, old intervals removed, copies that can be restored. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readChart } from '../../src/history/query/chart.ts';
import { LEVEL_NAMES, type Level } from '../../src/history/roll-up.ts';
import { FILE_ENDINGS } from '../../src/history/store/database.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import type { Retention } from '../../src/history/store/retention.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { countedMinute, PLACE, RETENTION, START_S } from './sample-minutes.ts';

const DAY_S = 86_400;

let folder: ReturnType<typeof temporaryFolder>;
let store: HistoryStore;
let path = '';
let session = '';
let batches = 0;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'history.db');
  open();
});
afterEach(() => {
  store.close();
  folder.remove();
});

function open(retention: Retention = RETENTION): void {
  // As a daemon that is started again.
  session = randomUUID();
  batches = 0;
  store = new HistoryStore({ path, zone: 'UTC', retention });
}

function write(...times: readonly number[]): void {
  store.write({ session, number: ++batches, minutes: times.map((time) => countedMinute(time)), changes: [] });
}

function timesOf(level: Level): number[] {
  return store.read(({ database }) =>
    (
      database
        .prepare('SELECT time FROM coverage WHERE level = ? ORDER BY time')
        .raw()
        .all(LEVEL_NAMES.indexOf(level)) as [number][]
    ).map(([time]) => time),
  );
}

function decisions(one = store): number {
  return one.read((history) => readChart(history, { measure: 'decisions', from: START_S, to: START_S + 30 * DAY_S }))
    .series[0]!.total;
}

describe('a batch', () => {
  it('that comes again is not added again, from any session', () => {
    const batch = { session: 'a', number: 1, minutes: [countedMinute(START_S)], changes: [] };
    store.write(batch);
    store.write(batch);
    store.write({ ...batch, session: 'b' });
    store.write({ ...batch, session: 'b' });
    store.write({ ...batch, number: 2 });
    expect(decisions()).toBe(3);
  });

  it('is written as a whole or not at all, and the next one is sound', () => {
    write(START_S);
    const bad = { ...countedMinute(START_S + 60), clients: [{ action: 'block', sketch: new Uint8Array([9]) }] };
    const good = { ...countedMinute(START_S + 120), place: { ...PLACE, site: 'new' } };
    expect(() => {
      store.write({ session: 'a', number: 2, minutes: [good, bad], changes: [] });
    }).toThrow('these are no clients');
    expect(timesOf('minute')).toEqual([START_S]);
    store.write({ session: 'a', number: 2, minutes: [good], changes: [] });
    expect(decisions()).toBe(2);
  });
});

describe('retention', () => {
  it('removes minutes and hours that are older than they are kept, and no days', () => {
    open({ minute: DAY_S, hour: 2 * DAY_S, day: Infinity });
    write(START_S, START_S + 60);
    for (let i = 0; i < 20; i++) write(START_S + DAY_S + 3600 + i * 60);
    expect(timesOf('minute')[0]).toBe(START_S + DAY_S + 3600);
    expect(timesOf('hour')).toHaveLength(2);
    for (let i = 0; i < 20; i++) write(START_S + 4 * DAY_S + i * 60);
    expect(timesOf('hour')).toHaveLength(1);
    expect(timesOf('day')).toHaveLength(3);
    const left = store.read(({ database }) =>
      ['roll_up', 'clients', 'harm'].map(
        (table) =>
          database
            .prepare(`SELECT count(*) FROM ${table} WHERE level < 2 AND time < ?`)
            .raw()
            .all(START_S + 2 * DAY_S)[0],
      ),
    );
    expect(left).toEqual([[0], [0], [0]]);
  });

  it('removes a bounded number with each batch', () => {
    open({ minute: DAY_S, hour: Infinity, day: Infinity });
    for (let i = 0; i < 100; i++) write(START_S + i * 60);
    for (let i = 0; i < 9; i++) write(START_S + 3 * DAY_S + i * 60);
    const before = timesOf('minute').length;
    write(START_S + 3 * DAY_S + 600);
    // Ten were removed, and one was written.
    expect(before - timesOf('minute').length).toBe(9);
  });

  it('loses nothing to damaged times far ahead', () => {
    open({ minute: DAY_S, hour: DAY_S, day: Infinity });
    for (let i = 0; i < 60; i++) {
      write(START_S + i * 60);
      if (i % 4 === 0) write(9_000_000_000 + i * 60_000);
    }
    expect(timesOf('minute').filter((time) => time < START_S + DAY_S)).toHaveLength(60);
    expect(timesOf('hour')[0]).toBe(START_S);
  });

  it('keeps an old capture that is read into an old place', () => {
    for (let i = 0; i < 30; i++) write(START_S + i * 60);
    for (let i = 0; i < 30; i++) write(1_000_000_020 + i * 60);
    expect(timesOf('minute')).toHaveLength(60);
  });

  it('gives room back to the file system', () => {
    open({ minute: DAY_S, hour: DAY_S, day: Infinity });
    for (let at = 0; at < 60; at++) write(...Array.from({ length: 100 }, (_, i) => START_S + (at * 100 + i) * 60));
    const pages = (): number =>
      store.read(({ database }) => (database.prepare('PRAGMA page_count').raw().all() as [[number]])[0][0]);
    const before = pages();
    for (let i = 0; i < 700; i++) write(START_S + 20 * DAY_S + i * 60);
    expect(pages()).toBeLessThan(before / 2);
  });
});

describe('a backup', () => {
  it('is a history of its own, made while the other is open, and can be put in its place', () => {
    write(START_S, START_S + 60);
    const copy = join(folder.path, 'copy.db');
    store.backUp(copy);
    write(START_S + 120);
    store.close();
    for (const ending of FILE_ENDINGS) rmSync(path + ending, { force: true });
    copyFileSync(copy, path);
    open();
    expect(decisions()).toBe(2);
    write(START_S + 120);
    expect(decisions()).toBe(3);
  });

  it('replaces no file, and leaves none behind when it fails', () => {
    write(START_S);
    const taken = join(folder.path, 'taken');
    writeFileSync(taken, '');
    expect(() => {
      store.backUp(taken);
    }).toThrow('exists already, and a backup replaces no file');
    expect(statSync(taken).size).toBe(0);
    expect(() => {
      store.backUp(join(folder.path, 'missing', 'copy.db'));
    }).toThrow('unable to open');
    expect(readdirSync(folder.path).filter((name) => name.includes('part'))).toEqual([]);
    expect(existsSync(join(folder.path, 'missing'))).toBe(false);
  });
});
