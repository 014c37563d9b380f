/** The daemon's event log under load: however often the file is rotated meanwhile, every line is in one file, whole. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RotatingFile } from '../../src/output/log/rotating-file.ts';
import { LineQueue } from '../../src/output/log/line-queue.ts';
import { openFiles } from '../kit/open-files.ts';

const LINES = 60_000;
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function log(bytes: number, kept = 1000): LineQueue {
  return new LineQueue(new RotatingFile(path, { bytes, ageMs: Infinity, kept }), 'wait');
}

/** Lines of all files, in any order, as numbers. */
function written(): number[] {
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return texts.flatMap((text) => text.split('\n').slice(0, -1).map(Number)).sort((a, b) => a - b);
}

describe('an event log that is rotated while it is written', () => {
  it('by size: all lines are there once, the counts are right, and no file stays open', async () => {
    const lines = log(20_000);
    for (let number = 0; number < LINES; number++) {
      lines.write(`${number}\n`);
      if (number % 97 === 0) await lines.settle();
      if (number % 1009 === 0) {
        // One rotation is in the middle however slow the disk is.
        if (number === 30 * 1009) await lines.flush(5000);
        void lines.rotateIfDue();
        // Lets other work run while the disk is busy, as beside the engine.
        if (number % 2 === 0) await sleep(1);
      }
    }
    await lines.flush(5000);
    expect(openFiles(folder)).toHaveLength(1);
    await lines.close(5000);
    expect(openFiles(folder)).toEqual([]);
    expect(written()).toEqual(Array.from({ length: LINES }, (_, number) => number));
    expect(lines).toMatchObject({ lineCount: LINES, droppedCount: 0, failureCount: 0 });
    expect(lines.rotationCount).toBeGreaterThan(0);
    expect(readdirSync(folder)).toHaveLength(lines.rotationCount + 1);
  });

  it('by another program: later lines are in the new file', async () => {
    const lines = log(Infinity);
    for (let number = 0; number < LINES; number++) {
      lines.write(`${number}\n`);
      if (number % 97 === 0) await lines.settle();
      if (number % 6007 === 6006) {
        await lines.flush(5000);
        renameSync(path, `${path}.${number}`);
        await lines.reopen();
      }
    }
    await lines.close(5000);
    expect(openFiles(folder)).toEqual([]);
    expect(written()).toEqual(Array.from({ length: LINES }, (_, number) => number));
    expect(readdirSync(folder)).toHaveLength(Math.floor(LINES / 6007) + 1);
  });

  it('by copytruncate: later lines begin the file, without zeros, also if a write fails', async () => {
    const file = new RotatingFile(path, { bytes: Infinity, ageMs: Infinity, kept: 1 });
    const lines = new LineQueue(file, 'wait');
    for (let number = 0; number < 1000; number++) lines.write(`${number}\n`);
    await lines.flush(5000);
    truncateSync(path, 0);
    // The chunk is truncated away after a failure, as on a full disk.
    const whole = Buffer.from('1000\n');
    const broken = { length: whole.length + 1, buffer: null } as unknown as Uint8Array;
    await expect(file.write(broken)).rejects.toThrow();
    await file.write(whole);
    expect(readFileSync(path, 'utf8')).toBe('1000\n');
    expect(file.position.octets).toBe(5);
    await lines.close(5000);
  });

  it('keeps the configured number of files, the newest', async () => {
    const lines = log(1, 3);
    for (let number = 0; number < 8; number++) {
      lines.write(`${number}\n`);
      await lines.rotateIfDue();
      await lines.flush(5000);
      await lines.rotateIfDue();
      await sleep(5);
    }
    await lines.close(5000);
    expect(written()).toEqual([5, 6, 7]);
  });
});
