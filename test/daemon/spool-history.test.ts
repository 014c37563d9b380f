/**
 * The history of a spool: minutes watched, not watched and quiet, and each packet once, also after stops and kills at any
 * moment. What is expected is counted from the packets themselves.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/history/store/database.ts';
import { filesRead } from '../kit/checkpoint-of.ts';
import { Conversation } from '../kit/many-clients.ts';
import { SeededRandom } from '../kit/random.mjs';
import { endAll, eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const handshake = new Conversation('wireguard/handshake-only.pcap');
const CLIENTS = 2000;
const FILES = 8;
/** 18:00:20 of a minute, so that no file begins with one. */
const START_S = Date.parse('2024-11-10T18:00:20Z') / 1000;
/** A time without packets that counts as watched, and one that does not: from the end of a file to the next. */
const PAUSES: Readonly<Record<number, number>> = { 3: 240, 5: 1800 };
const FILE_S = 47;

let folder = temporaryFolder();
let spool = '';
beforeEach(() => {
  folder = temporaryFolder();
  spool = join(folder.path, 'spool');
  mkdirSync(spool);
});
afterEach(() => {
  endAll();
  folder.remove();
});

/** Times of the packets of a capture, seconds. */
function timesIn(capture: Buffer): number[] {
  const times: number[] = [];
  for (let at = 24; at < capture.length; at += 16 + capture.readUInt32LE(at + 8))
    times.push(capture.readUInt32LE(at) + capture.readUInt32LE(at + 4) / 1e6);
  return times;
}

const captures: readonly Buffer[] = (() => {
  let beginS = START_S;
  return Array.from({ length: FILES }, (_, number) => {
    beginS += PAUSES[number] ?? 0;
    const capture = handshake.capture(
      number * CLIENTS,
      (number + 1) * CLIENTS,
      beginS * 1e6,
      Math.floor((FILE_S * 1e6) / CLIENTS),
    );
    beginS += FILE_S;
    return capture;
  });
})();

function put(number: number): void {
  writeFileSync(join(spool, `.${number}`), captures[number]!);
  renameSync(join(spool, `.${number}`), join(spool, `${number}.pcap`));
}

interface Row {
  readonly time: number;
  seconds: number;
  packets: number;
}

/** The obvious count: each packet in its minute, each stretch between two packets of 15 minutes at most as watched. */
function expectedRows(): Row[] {
  const rows = new Map<number, Row>();
  const rowOf = (time: number): Row => {
    const minute = Math.floor(time / 60) * 60;
    let row = rows.get(minute);
    if (row === undefined) rows.set(minute, (row = { time: minute, seconds: 0, packets: 0 }));
    return row;
  };
  const times = captures.flatMap(timesIn);
  for (const [at, time] of times.entries()) {
    rowOf(time).packets++;
    const before = times[at - 1] ?? time;
    if (time - before > 900) continue;
    for (let from = before; from < time;) {
      const to = Math.min(time, Math.floor(from / 60) * 60 + 60);
      rowOf(from).seconds += to - from;
      from = to;
    }
  }
  return [...rows.values()].sort((a, b) => a.time - b.time);
}

function run(): RunningDaemon {
  const logs = ['--decisions', join(folder.path, 'd.jsonl'), '--stats-every', 'never', '--checkpoint-every', '100ms'];
  const history = ['--history', join(folder.path, 'history.db'), '--history-minutes', 'forever', '--zone', 'UTC'];
  return new RunningDaemon(['--spool', spool, '--settle', '50ms', ...logs, ...history, '--history-hours', 'forever']);
}

const doneCount = (): number => filesRead(spool);

interface Recorded {
  readonly rows: readonly Row[];
  readonly decisions: number;
  readonly flows: number;
}

/** What the history has recorded by one of its levels; at the level of minutes, coverage too. */
function recorded(): Recorded {
  const database = openDatabase(join(folder.path, 'history.db'));
  try {
    const rows = database
      .prepare('SELECT time, seconds, packets FROM coverage WHERE level = 0 ORDER BY time')
      .all() as Row[];
    const [sums] = database
      .prepare('SELECT sum(decisions) AS decisions, sum(flows) AS flows FROM roll_up WHERE level = 1')
      .all() as [{ decisions: number; flows: number }];
    return { rows, ...sums };
  } finally {
    database.close();
  }
}

/** Seconds are whole in each part of a minute, so they may differ by one for each part. */
function expectRows(rows: readonly Row[], parts: number): void {
  const expected = expectedRows();
  expect(rows.map(({ time, packets }) => [time, packets])).toEqual(
    expected.map(({ time, packets }) => [time, packets]),
  );
  for (const [at, { time, seconds }] of rows.entries())
    expect(Math.abs(seconds - expected[at]!.seconds), `${time - START_S} s`).toBeLessThanOrEqual(parts);
}

describe('the history of a spool', () => {
  it('has what the packets say: minutes with packets, quiet ones, and none for a time that is not known', async () => {
    for (let number = 0; number < FILES; number++) put(number);
    const daemon = await run().started();
    await until('all is read', () => doneCount() === FILES, 40_000);
    await daemon.kill();
    const { rows, decisions, flows } = recorded();
    expectRows(rows, 3);
    expect(rows.filter(({ packets }) => packets === 0).length).toBeGreaterThan(2);
    // The flows go on with the next start: none has ended.
    expect([decisions, flows]).toEqual([2 * FILES * CLIENTS, 0]);
  }, 60_000);

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'counts each packet once over many ends by %s',
    async (signal) => {
      const random = new SeededRandom(15);
      for (let number = 0; number < FILES; number++) put(number);
      let ends = 0;
      while (doneCount() < FILES && ends < 30) {
        const daemon = await run().started();
        const before = doneCount();
        // Each third start reads a file at least, however slow the machine is.
        const leastFiles = ends % 3 === 2 ? before + 1 : before;
        const endMs = performance.now() + random.between(200, 2200);
        const isTime = (): boolean =>
          doneCount() >= Math.min(FILES, before + 2) || (performance.now() > endMs && doneCount() >= leastFiles);
        await until('it is time', isTime, 40_000);
        await daemon.kill(signal);
        ends++;
        // The history process ends by itself, once its last write is done.
        await sleep(100);
      }
      expect(doneCount()).toBe(FILES);
      const daemon = await run().started();
      await daemon.kill();
      const { rows, decisions } = recorded();
      // A pause before a file is not known to have been watched by a process that did not read the file before.
      const withPackets = rows.filter(({ packets }) => packets > 0);
      const expected = expectedRows().filter(({ packets }) => packets > 0);
      expect(withPackets.map(({ time, packets }) => [time, packets])).toEqual(
        expected.map(({ time, packets }) => [time, packets]),
      );
      for (const { time, seconds } of rows) expect(seconds, `${time - START_S} s`).toBeLessThanOrEqual(63);
      expect(decisions).toBe(2 * FILES * CLIENTS);
      const events = eventsOf(join(folder.path, 'd.jsonl')).filter(({ event_type }) => event_type === 'decision');
      expect(events).toHaveLength(2 * FILES * CLIENTS);
      expect(ends).toBeGreaterThan(1);
    },
    300_000,
  );
});
