/** A named pipe as an event log: without a reader, with one, and with several in turn. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LineQueue } from '../../src/output/log/line-queue.ts';
import { openNamedPipe } from '../../src/output/log/pipe-stream.ts';
import { StreamTarget } from '../../src/output/log/stream-target.ts';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  path = join(folder, 'events');
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function log(onFull: 'drop' | 'wait'): LineQueue {
  return new LineQueue(new StreamTarget(path, () => openNamedPipe(path), true), onFull);
}

/** Copies the pipe into a file until the copying process is ended. */
function reader(copy: string): { end: () => Promise<void>; text: () => string } {
  const child = spawn('sh', ['-c', `exec cat "$1" > "$2"`, 'sh', path, copy]);
  const ended = once(child, 'close');
  return {
    end: async () => {
      child.kill();
      await ended;
    },
    text: () => (existsSync(copy) ? readFileSync(copy, 'utf8') : ''),
  };
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('in vain');
    await sleep(20);
  }
}

describe('a named pipe', () => {
  it('without a reader drops lines, which are counted, and blocks nothing', async () => {
    const lines = log('drop');
    lines.write('one\n');
    await lines.settle();
    await until(() => lines.droppedCount === 1);
    expect(lines.problem).toContain('ENXIO');
    await lines.close(100);
  });

  it('keeps lines for a later reader with --on-full wait', async () => {
    const lines = log('wait');
    lines.write('one\ntwo\n');
    await lines.settle();
    await sleep(100);
    const late = reader(join(folder, 'copy'));
    await until(() => late.text() === 'one\ntwo\n');
    expect(lines).toMatchObject({ lineCount: 1, droppedCount: 0 });
    await lines.close(1000);
    await late.end();
  });

  it('gives whole lines to each of its readers', async () => {
    const lines = log('wait');
    const line = (number: number): string => `${number} ${'x'.repeat(5000)}\n`;
    const first = reader(join(folder, 'first'));
    for (let number = 0; number < 100; number++) lines.write(line(number));
    await lines.settle();
    await until(() => first.text().split('\n').length > 100);
    await first.end();
    for (let number = 100; number < 200; number++) lines.write(line(number));
    await lines.settle();
    // A reader that opens the pipe before the writer has closed its end reads nothing: its end comes with the close. A
    // first failed write closes the pipe, and a second one cannot open it.
    const failures = lines.failureCount;
    await until(() => lines.failureCount >= failures + 2);
    const second = reader(join(folder, 'second'));
    await until(() => second.text().split('\n').length > 100);
    expect(second.text()).toBe(Array.from({ length: 100 }, (_, i) => line(100 + i)).join(''));
    await lines.close(1000);
    await second.end();
  });
});
