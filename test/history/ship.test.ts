/** What a history keeps to be shipped to a fleet: each row once, in order, within a bound, and read back as it was. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change, Minute } from '../../src/history/roll-up.ts';
import type { OutboxLines } from '../../src/history/ship/outbox-table.ts';
import { changeLine, LONGEST_LINE, minuteLines, MOST_SERIES, parseRow } from '../../src/history/ship/row-line.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { SeededRandom } from '../kit/random.mjs';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { countedMinute, PLACE, randomMinute, RETENTION, START_S, UTC } from './sample-minutes.ts';

const random = new SeededRandom(1919);
const change: Change = { timeUs: START_S * 1e6, place: PLACE, kind: 'start', fields: { version: '1', tripped: [] } };
const minuteIn = (line: string): Minute => (parseRow(line.trimEnd(), UTC) as { minute: Minute }).minute;

let folder: ReturnType<typeof temporaryFolder>;
let store: HistoryStore;
let batches = 0;
beforeEach(() => {
  folder = temporaryFolder();
  open();
});
afterEach(() => {
  store.close();
  folder.remove();
});

function open(outboxLength = 1e9): void {
  batches = 0;
  store = new HistoryStore({ path: join(folder.path, 'history.db'), zone: 'UTC', retention: RETENTION, outboxLength });
}

function write(minutes: readonly Minute[], changes: readonly Change[] = [], session = 'one'): void {
  store.write({ session, number: ++batches, minutes, changes });
}

const take = (after: number): OutboxLines => store.read(({ writer }) => writer.outbox!.take(after));

describe('a row as a line', () => {
  it('is read back as it was, for 200 random minutes', () => {
    for (let at = 0; at < 200; at++) {
      const minute = randomMinute(random, START_S + 60 * at, { most: 20, clients: 100 });
      const [line, ...rest] = minuteLines(minute);
      expect(rest).toEqual([]);
      expect(minuteIn(line!)).toEqual(minute);
    }
    expect(parseRow(changeLine(change).trimEnd(), UTC)).toEqual({ change });
  });

  it('is several lines for a minute of many series, whose counts together are those of the minute', () => {
    const one = countedMinute(START_S);
    const { key, counts } = one.series[0]!;
    const series = Array.from({ length: 2 * MOST_SERIES + 1 }, (_, at) => ({ key: { ...key, rule: `${at}` }, counts }));
    const lines = minuteLines({ ...one, series });
    const parts = lines.map(minuteIn);
    expect(parts.map((part) => part.series.length)).toEqual([MOST_SERIES, MOST_SERIES, 1]);
    expect(parts.flatMap((part) => part.series)).toEqual(series);
    expect(parts.map(({ coverage }) => coverage.packets)).toEqual([one.coverage.packets, 0, 0]);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(LONGEST_LINE);
  });

  const good = minuteLines(countedMinute(START_S))[0]!;
  it.each([
    ['is empty', '', 'no JSON'],
    ['is cut', good.slice(0, 100), 'no JSON'],
    ['is something else', '{}', 'neither a minute nor a change'],
    ['is too long', `{"minute":"${'x'.repeat(LONGEST_LINE)}"}`, 'more than'],
    ['has a count below 0', good.replace('"seconds":', '"seconds":-'), 'neither'],
    ['has a count that is no number', good.replace('"decisions":1', '"decisions":"1"'), 'neither'],
    ['begins no minute', good.replace(`"minute_s":${START_S}`, `"minute_s":${START_S + 1}`), 'neither'],
    ['has a field of its own', good.replace('"harm":', '"more":1,"harm":'), 'neither'],
    ['has broken clients', good.replace(/"sketch":"[^"]+"/, '"sketch":"AQ=="'), 'clients cannot be read'],
    ['is a change without a kind', changeLine(change).replace('"kind":"start"', '"kind":7'), 'neither'],
  ])('that %s is refused with the reason', (_what, line, reason) => {
    expect(() => parseRow(line.trimEnd(), UTC)).toThrow(reason);
  });
});

describe('the outbox of a history', () => {
  it('has each minute and change once, in order, also over a batch that comes again and another opening', () => {
    const minutes = Array.from({ length: 300 }, (_, at) => randomMinute(random, START_S + 60 * at));
    write(minutes.slice(0, 200), [change]);
    store.write({ session: 'one', number: 1, minutes, changes: [] });
    store.close();
    open();
    write(minutes.slice(200), [], 'two');
    let text = '';
    for (let after = 0, found = take(after); found.lines > 0; found = take(after)) {
      expect(found.lines).toBeLessThanOrEqual(256);
      expect(take(after)).toEqual(found);
      expect(found.last).toBeGreaterThan(after);
      text += found.text;
      after = found.last;
    }
    expect(text).toBe(
      [
        ...minutes.slice(0, 200).flatMap(minuteLines),
        changeLine(change),
        ...minutes.slice(200).flatMap(minuteLines),
      ].join(''),
    );
    expect(take(Number.MAX_SAFE_INTEGER)).toMatchObject({ lines: 0, waiting: 0, lost: 0 });
  });

  it('gives numbers above those that a stream has, though its database is new or the clock is behind', () => {
    const ahead = Date.now() + 1e9;
    expect(take(ahead).lines).toBe(0);
    write([countedMinute(START_S)]);
    expect(take(ahead)).toMatchObject({ lines: 1, last: ahead + 1 });
    expect(take(ahead + 1).lines).toBe(0);
    store.close();
    open();
    write([countedMinute(START_S)], [], 'two');
    expect(take(ahead + 1)).toMatchObject({ lines: 1, last: ahead + 2 });
  });

  it('removes the oldest rows beyond its bound, and counts them', () => {
    store.close();
    const [line] = minuteLines(countedMinute(START_S));
    open(10 * line!.length);
    write(Array.from({ length: 15 }, () => countedMinute(START_S)));
    expect(take(0)).toMatchObject({ lines: 10, waiting: 10 * line!.length, lost: 5 });
  });

  it('gives rows again that were shipped, with their numbers, to a stream that has lost them, within a bound', () => {
    write(Array.from({ length: 300 }, (_, at) => countedMinute(START_S + 60 * at)));
    const first = take(0);
    const second = take(first.last);
    expect(second.before).toBe(first.last);
    expect(take(second.last)).toMatchObject({ lines: 0, numbers: [], before: null, waiting: 0 });
    expect(take(first.last)).toEqual(second);
    expect(take(0)).toEqual(first);
    expect(first.lines + second.lines).toBe(300);
    expect(take(second.last).waiting).toBe(0);
    const big = Array.from({ length: 30 }, (_, at) => randomMinute(random, START_S + 60 * at, { most: 500 }));
    for (let batch = 0; batch < 20; batch++) write(big);
    let last = second.last;
    for (let found = take(last); found.lines > 0; found = take(last)) ({ last } = found);
    const kept = store.read(({ database }) => database.prepare('SELECT sum(length(line)) FROM outbox').raw().all());
    const [[length]] = kept as [[number]];
    expect(length).toBeGreaterThan(7 << 20);
    expect(length).toBeLessThanOrEqual(8 << 20);
    // What is missing now shows by the number before.
    const { before, numbers, lost } = take(first.last);
    expect(before).toBeGreaterThan(first.last);
    expect([numbers[0]! > before!, lost]).toEqual([true, 0]);
  });

  it('has nothing of a batch that was not written', () => {
    const refused = { ...change, fields: { big: 1n } } as unknown as Change;
    expect(() => {
      write([countedMinute(START_S)], [refused]);
    }).toThrow();
    expect(take(0)).toMatchObject({ lines: 0, waiting: 0 });
  });

  it('is not kept by a history that is not shipped', () => {
    store.close();
    store = new HistoryStore({ path: join(folder.path, 'history.db'), zone: 'UTC', retention: RETENTION });
    write([countedMinute(START_S)]);
    expect(store.read(({ writer }) => writer.outbox)).toBeNull();
    expect(store.read(({ database }) => database.prepare('SELECT * FROM outbox').all())).toEqual([]);
  });
});
