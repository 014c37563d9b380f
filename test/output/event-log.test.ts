/** The sequence numbers of a daemon's events: they continue over restarts and rotations, and a gap shows lost lines. */
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog, type LogState } from '../../src/output/log/event-log.ts';
import { RotatingFile } from '../../src/output/log/rotating-file.ts';
import { type OnFull, LineQueue } from '../../src/output/log/line-queue.ts';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** `checkpoint`: goes on from it. */
async function open(onFull: OnFull = 'wait', limit?: number, checkpoint?: LogState): Promise<EventLog> {
  const file = new RotatingFile(path, { bytes: Infinity, ageMs: Infinity, kept: 9 });
  const log = new EventLog('events', new LineQueue(file, onFull, limit), file);
  expect(await log.start(checkpoint ?? null, true)).toBe(true);
  return log;
}

const event = (text: string): string => `{"timestamp":"2024-11-10T18:00:00.000000Z","text":"${text}"}\n`;

async function write(...texts: string[]): Promise<void> {
  const log = await open();
  for (const text of texts) log.write(event(text));
  await log.lines.flush(5000);
  await log.lines.close(5000);
}

function eventsIn(name: string): { seq: number; text: string }[] {
  const lines = readFileSync(name, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as { seq: number; text: string });
}

const numbers = (name = path): number[] => eventsIn(name).map(({ seq }) => seq);

describe('the numbers of events', () => {
  it('begin at 1 and continue after a restart', async () => {
    await write('a', 'b');
    await write('c');
    expect(eventsIn(path)).toMatchObject([
      { seq: 1, text: 'a' },
      { seq: 2, text: 'b' },
      { seq: 3, text: 'c' },
    ]);
  });

  it('begin at 1 where the log is no file', async () => {
    const file = new RotatingFile(path, { bytes: Infinity, ageMs: Infinity, kept: 9 });
    const log = new EventLog('events', new LineQueue(file, 'wait'), null);
    await log.start();
    log.write(event('a'));
    await log.lines.close(5000);
    expect(numbers()).toEqual([1]);
  });

  it('continue in a new file: after the daemon’s own rotation, after logrotate’s, and after neither', async () => {
    const log = await open();
    log.write(event('a'));
    await log.lines.flush(5000);
    await log.file!.rotate();
    log.write(event('b'));
    await log.lines.close(5000);
    expect(numbers()).toEqual([2]);

    renameSync(path, `${path}.1`);
    await write('c');
    expect(numbers()).toEqual([3]);
    expect(numbers(`${path}.1`)).toEqual([2]);

    renameSync(path, `${path}.old`);
    rmSync(`${path}.1`);
    await write('d');
    // The file of the first rotation is the only one left with a rotated name.
    expect(numbers()).toEqual([2]);
  });

  it.each([0, 1, 20, 80])(
    'are not written twice when they come again after a checkpoint, %i bytes before the end of the file',
    async (cut) => {
      const lines = ['a', 'b', 'c', 'd'].map(
        (text) => `{"timestamp":"2024-11-10T18:00:00.000000Z","event_type":"decision","text":"${text}"}\n`,
      );
      const first = await open();
      for (const line of lines.slice(0, 2)) first.write(line);
      await first.lines.flush(5000);
      first.write(lines[2]!);
      const { state } = first;
      expect(state.waiting).toContain('"text":"c"');
      first.write(lines[3]!);
      await first.lines.close(5000);
      const whole = readFileSync(path);
      // A kill has left a half line.
      writeFileSync(path, whole.subarray(0, whole.length - cut));
      const again = await open('wait', undefined, state);
      again.write(lines[3]!);
      await again.lines.close(5000);
      expect(readFileSync(path, 'utf8')).toBe(whole.toString());
      expect(again.expectedCount).toBe(0);
    },
  );

  it('show with a gap how many lines were dropped', async () => {
    const log = await open('drop', 300);
    for (let i = 0; i < 50; i++) log.write(event(String(i)));
    await log.lines.flush(5000);
    log.leaveOut();
    log.write(event('last'));
    await log.lines.close(5000);
    const { lineCount, droppedCount } = log.lines;
    expect(lineCount + droppedCount).toBe(52);
    expect(droppedCount).toBeGreaterThan(40);
    expect(eventsIn(path).at(-1)).toMatchObject({ seq: 52, text: 'last' });
    expect(numbers()).toHaveLength(lineCount);
  });

  it('begin at 1 after events without numbers, and after foreign text, which is kept', async () => {
    writeFileSync(path, event('earlier version'));
    await write('a');
    expect(readFileSync(path, 'utf8')).toBe(event('earlier version') + event('a').replace('"}', '","seq":1}'));
    writeFileSync(path, 'notes of someone\nwithout an end');
    await write('b');
    expect(readFileSync(path, 'utf8').startsWith('notes of someone\nwithout an end')).toBe(true);
  });

  it.each([1, 14, 30, 54])(
    'are not used by a line of which a killed process wrote %s bytes: it is cut',
    async (torn) => {
      await write('a', 'b');
      const whole = readFileSync(path, 'utf8');
      appendFileSync(path, event('torn').slice(0, torn));
      await write('c');
      expect(readFileSync(path, 'utf8').startsWith(whole)).toBe(true);
      expect(numbers()).toEqual([1, 2, 3]);
    },
  );

  it('are found after an event longer than a page, and in a file cut in the middle of one', async () => {
    const long = 'x'.repeat(300_000);
    await write('a', long);
    await write('b');
    expect(numbers()).toEqual([1, 2, 3]);
    truncateSync(path, 100_000);
    await write('c');
    expect(eventsIn(path).map(({ seq, text }) => [seq, text])).toEqual([
      [1, 'a'],
      [2, 'c'],
    ]);
  });
});
