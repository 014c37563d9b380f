/** The queue of an event log with destinations that fail, hang or are slow: what is written, dropped and counted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LineQueue, type LineTarget, type OnFull } from '../../src/output/log/line-queue.ts';

/** A destination in memory. While `held`, nothing ends; while `problem` is set, everything fails. */
class Memory implements LineTarget {
  readonly name = 'memory';
  readonly done: string[] = [];
  isDue = true;
  isGone = false;
  problem: string | null = null;
  private held: Promise<void> | null = null;
  private unhold: () => void = () => undefined;

  hold(): void {
    this.held = new Promise((resolve) => (this.unhold = resolve));
  }

  release(): void {
    this.held = null;
    this.unhold();
  }

  private async act(what: string): Promise<void> {
    await this.held;
    if (this.problem !== null) throw new Error(this.problem);
    this.done.push(what);
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.act(Buffer.from(chunk).toString());
  }
  sync(): Promise<void> {
    return this.act('sync');
  }
  rotate(): Promise<void> {
    return this.act('rotate');
  }
  removeOld(): Promise<void> {
    return this.act('remove');
  }
  reopen(): Promise<void> {
    return this.act('reopen');
  }
  close(): Promise<void> {
    return this.act('close');
  }
}

function queue(onFull: OnFull, limit?: number): { target: Memory; lines: LineQueue } {
  const target = new Memory();
  return { target, lines: new LineQueue(target, onFull, limit) };
}

const counts = ({ lineCount, byteCount, droppedCount, failureCount }: LineQueue): number[] => [
  lineCount,
  byteCount,
  droppedCount,
  failureCount,
];

describe('a queue of lines', () => {
  it('writes lines in one chunk, in order, and counts their bytes', async () => {
    const { target, lines } = queue('wait');
    for (const text of ['a\n', 'ü\n', 'c\n']) lines.write(text);
    expect(lines.waitingBytes).toBe(6);
    expect(target.done).toEqual([]);
    expect(await lines.flush(1000)).toBe(true);
    expect(target.done).toEqual(['a\nü\nc\n']);
    expect(counts(lines)).toEqual([3, 7, 0, 0]);
    expect(lines.waitingBytes).toBe(0);
    expect(lines.problem).toBe('');
    expect(lines.name).toBe('memory');
  });

  it('has written nothing when there is nothing to write', async () => {
    const { target, lines } = queue('wait');
    await lines.settle();
    expect(await lines.flush(1000)).toBe(true);
    expect(target.done).toEqual([]);
  });

  it('begins to write by itself once a chunk is full', async () => {
    const { target, lines } = queue('wait');
    const line = `${'x'.repeat((1 << 19) - 1)}\n`;
    lines.write(line);
    await sleep(1);
    expect(target.done).toEqual([]);
    lines.write(line);
    await sleep(1);
    expect(target.done).toEqual([line + line]);
  });
});

describe('a destination that fails', () => {
  it('costs its lines with `drop`, each counted', async () => {
    const { target, lines } = queue('drop');
    target.problem = 'no room';
    lines.write('a\n');
    lines.write('b\n');
    expect(await lines.flush(1000)).toBe(true);
    expect(counts(lines)).toEqual([0, 0, 2, 1]);
    expect(lines.problem).toBe('no room');
    expect(lines.waitingBytes).toBe(0);
    target.problem = null;
    lines.write('c\n');
    await lines.flush(1000);
    expect(target.done).toEqual(['c\n']);
    expect(counts(lines)).toEqual([1, 2, 2, 1]);
  });

  it('is tried again with `wait`, twice a second, until it takes the lines', async () => {
    const { target, lines } = queue('wait');
    target.problem = 'no room';
    lines.write('a\n');
    expect(await lines.flush(700)).toBe(false);
    expect(lines.failureCount).toBe(2);
    target.problem = null;
    expect(await lines.flush(5000)).toBe(true);
    expect(target.done).toEqual(['a\n']);
    expect(lines.droppedCount).toBe(0);
  });

  it('is not tried again where no write can succeed any more', async () => {
    const { target, lines } = queue('wait');
    target.problem = 'closed';
    target.isGone = true;
    lines.write('a\n');
    expect(await lines.flush(5000)).toBe(true);
    expect(counts(lines)).toEqual([0, 0, 1, 1]);
  });

  it('by something that is no error is shown too', async () => {
    const { target, lines } = queue('drop');
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    target.sync = () => Promise.reject('odd');
    await lines.sync();
    expect([lines.failureCount, lines.problem]).toEqual([1, 'odd']);
  });
});

describe('a destination that hangs', () => {
  it('has lines beyond the limit dropped with `drop`, and no caller waits', async () => {
    const { target, lines } = queue('drop', 4);
    target.hold();
    for (const text of ['a\n', 'b\n', 'c\n']) lines.write(text);
    expect([lines.waitingBytes, lines.droppedCount]).toEqual([4, 1]);
    await lines.settle();
    expect(lines.waitedMs).toBe(0);
    target.release();
    await lines.flush(1000);
    expect(target.done).toEqual(['a\nb\n']);
    expect(counts(lines)).toEqual([2, 4, 1, 0]);
  });

  it('has callers wait with `wait` once the limit is reached, for as long as is counted', async () => {
    const { target, lines } = queue('wait', 4);
    target.hold();
    lines.write('a\n');
    await lines.settle();
    expect(lines.waitedMs).toBe(0);
    for (const text of ['b\n', 'c\n']) lines.write(text);
    const since = performance.now();
    const settled = lines.settle().then(() => performance.now() - since);
    await sleep(800);
    // The time so far is counted while the caller still waits.
    expect(lines.waitedMs).toBeGreaterThan(450);
    expect(lines.waitedMs).toBeLessThan(790);
    target.release();
    const waited = await settled;
    expect(waited).toBeGreaterThan(790);
    expect(Math.abs(lines.waitedMs - waited)).toBeLessThan(20);
    await lines.flush(1000);
    expect(counts(lines)).toEqual([3, 6, 0, 0]);
    // The next wait is added to it.
    const before = lines.waitedMs;
    target.hold();
    for (const text of ['d\n', 'e\n']) lines.write(text);
    const again = lines.settle();
    await sleep(50);
    target.release();
    await again;
    expect(lines.waitedMs - before).toBeGreaterThan(45);
    expect(lines.waitedMs - before).toBeLessThan(400);
  });

  it('delays no caller for the last lines, and none of them is dropped', async () => {
    for (const onFull of ['drop', 'wait'] as const) {
      const { target, lines } = queue(onFull, 4);
      target.hold();
      lines.expectLast();
      for (const text of ['a\n', 'b\n', 'c\n', 'd\n']) lines.write(text);
      await lines.settle();
      target.release();
      await lines.close(1000);
      expect(counts(lines)).toEqual([4, 8, 0, 0]);
    }
  });

  it('is given up when the log is closed: what was not written is counted as dropped', async () => {
    const { target, lines } = queue('wait');
    target.hold();
    for (const text of ['a\n', 'b\n']) lines.write(text);
    await lines.settle();
    lines.write('c\n');
    const since = performance.now();
    const closed = lines.close(100);
    await sleep(600);
    expect(lines.droppedCount).toBe(3);
    expect(lines.waitingBytes).toBe(0);
    lines.write('d\n');
    expect(lines.droppedCount).toBe(4);
    target.release();
    await closed;
    expect(performance.now() - since).toBeGreaterThan(590);
    // The write that was under way ended after it had been counted as dropped.
    expect(target.done).toEqual(['a\nb\n', 'close']);
    expect(counts(lines)).toEqual([0, 0, 4, 0]);
  });

  it('is given up together with a rotation that waits, which is no line', async () => {
    const { target, lines } = queue('wait');
    target.hold();
    lines.write('a\n');
    await lines.rotateIfDue();
    lines.write('b\n');
    const closed = lines.close(10);
    await sleep(400);
    target.release();
    await closed;
    expect(lines.droppedCount).toBe(2);
  });

  it('and ends its write a moment after it was given up has those lines counted as written', async () => {
    const { target, lines } = queue('wait');
    target.hold();
    lines.write('a\n');
    await lines.settle();
    lines.write('b\n');
    setTimeout(() => {
      target.release();
    }, 150);
    await lines.close(100);
    expect(target.done).toEqual(['a\n', 'close']);
    expect(counts(lines)).toEqual([1, 2, 1, 0]);
  });

  it('that also fails is not tried again after the log was closed', async () => {
    const { target, lines } = queue('wait');
    target.problem = 'no room';
    lines.write('a\n');
    await lines.close(100);
    expect(lines.droppedCount).toBe(1);
    const { failureCount } = lines;
    await sleep(700);
    expect(lines.failureCount).toBe(failureCount);
  });
});

describe('a rotation', () => {
  it('is done after the lines before it, once, and only if it is due', async () => {
    const { target, lines } = queue('wait');
    lines.write('a\n');
    target.isDue = false;
    await lines.rotateIfDue();
    expect(target.done).toEqual([]);
    target.isDue = true;
    target.hold();
    const first = lines.rotateIfDue();
    const second = lines.rotateIfDue();
    lines.write('b\n');
    await second;
    target.release();
    await first;
    await lines.flush(1000);
    expect(target.done).toEqual(['a\n', 'rotate', 'b\n']);
    expect(lines.rotationCount).toBe(1);
    await lines.rotateIfDue();
    expect(lines.rotationCount).toBe(2);
  });

  it('that fails is counted as a failure, and the next one is tried', async () => {
    const { target, lines } = queue('wait');
    target.problem = 'no right';
    await lines.rotateIfDue();
    expect([lines.rotationCount, lines.failureCount, lines.problem]).toEqual([0, 1, 'no right']);
    target.problem = null;
    await lines.rotateIfDue();
    expect(lines.rotationCount).toBe(1);
  });

  it('that hangs holds its caller up for half a second at most', async () => {
    const { target, lines } = queue('wait');
    target.hold();
    const since = performance.now();
    await lines.reopen();
    expect(performance.now() - since).toBeGreaterThan(450);
    expect(performance.now() - since).toBeLessThan(2000);
    target.release();
    await lines.flush(1000);
    expect(target.done).toEqual(['reopen']);
  });
});

it('lines that are left out are counted as dropped, and the disk is synced on demand', async () => {
  const { target, lines } = queue('wait');
  lines.leaveOut();
  await lines.sync();
  expect(lines.droppedCount).toBe(1);
  expect(target.done).toEqual(['sync']);
});
