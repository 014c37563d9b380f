/** Minutes of a spool's files that wait when a daemon is killed: a checkpoint has them, and the history counts each once. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateReader, StateWriter } from '../../src/core/snapshot.ts';
import { decodeRows, WriteQueue } from '../../src/history/process/write-queue.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { countedMinute, RETENTION, START_S } from './sample-minutes.ts';

let folder: ReturnType<typeof temporaryFolder>;
let store: HistoryStore;
beforeEach(() => {
  folder = temporaryFolder();
  store = new HistoryStore({ path: join(folder.path, 'history.db'), zone: 'UTC', retention: RETENTION });
});
afterEach(() => {
  store.close();
  folder.remove();
});

/** Adds minutes of a file, numbered from 1. */
function addFile(queue: WriteQueue, file: string, firstMinute: number, minutes: number): void {
  for (let number = 1; number <= minutes; number++)
    queue.addMinute({ ...countedMinute(START_S + (firstMinute + number) * 60), origin: { file, number } });
}

/** Sends the batch under way, or the next one, as a run of a daemon does. */
function send(queue: WriteQueue, session: string): void {
  const { number, rows } = queue.batch()!;
  store.write({ session, number, ...decodeRows(rows) });
}

/** What a start after a kill has of a queue. */
function restored(queue: WriteQueue): WriteQueue {
  const writer = new StateWriter();
  queue.snapshot(writer);
  const next = new WriteQueue();
  const reader = new StateReader(writer.copy);
  next.snapshot(reader);
  reader.end();
  return next;
}

const minutes = (): [number, number][] =>
  store.read(
    ({ database }) =>
      database.prepare('SELECT time, packets FROM coverage WHERE level = 0 ORDER BY time').raw().all() as [
        number,
        number,
      ][],
  );

describe('minutes that are not known to be written', () => {
  it('go on in the next run, and those that were written after all are counted once', () => {
    const queue = new WriteQueue();
    addFile(queue, 'a.pcap', 0, 3);
    // The answer to this batch never comes: the daemon is killed.
    send(queue, 'killed');
    addFile(queue, 'b.pcap', 3, 2);
    const next = restored(queue);
    expect(next.minuteCount).toBe(5);
    send(next, 'next');
    const { packets } = countedMinute(START_S).coverage;
    expect(minutes()).toEqual([1, 2, 3, 4, 5].map((minute) => [START_S + minute * 60, packets]));
  });

  it('are left behind where nothing says which they are: a live source does not send them again', () => {
    const queue = new WriteQueue();
    queue.addMinute(countedMinute(START_S));
    expect(restored(queue).count).toBe(0);
  });

  it('of many small files are counted once, though as many were read since the last checkpoint', () => {
    const queue = new WriteQueue();
    for (let file = 0; file < 60; file++) addFile(queue, `${file}.pcap`, file, 1);
    send(queue, 'killed');
    const before = minutes();
    expect(before).toHaveLength(60);
    store.close();
    store = new HistoryStore({ path: join(folder.path, 'history.db'), zone: 'UTC', retention: RETENTION });
    send(restored(queue), 'next');
    expect(minutes()).toEqual(before);
  });

  it('are in a checkpoint up to 4 MB, the oldest first', () => {
    const queue = new WriteQueue();
    const note = 'x'.repeat(100_000);
    for (let file = 0; file < 60; file++)
      queue.addMinute({ ...countedMinute(START_S + file * 60), origin: { file: `${file} ${note}`, number: 1 } });
    const rows = decodeRows(restored(queue).batch()!.rows).minutes;
    expect(rows.length).toBeGreaterThan(35);
    expect(rows.length).toBeLessThan(60);
    expect(rows[0]!.minuteS).toBe(START_S);
  });
});
