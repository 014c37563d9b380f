/** How a daemon stops, with as many open flows as a busy link has: everything is written, within 5 seconds. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

/** A number that ends in time on any machine, and one that may not. */
const SOME_FLOWS = 50_000;
const MANY_FLOWS = 300_000;
const START_US = 1_731_261_600_000_000;
const LONGEST_STOP_MS = 5000;
const initiation = new Conversation('wireguard/handshake-only.pcap', 1);

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  folder.remove();
});

/** Lines of a file that contain a text. */
async function countLines(path: string, text: string): Promise<number> {
  let count = 0;
  for await (const line of createInterface(createReadStream(path))) if (line.includes(text)) count++;
  return count;
}

describe('a stop', () => {
  it.each([
    ['SIGTERM', SOME_FLOWS],
    ['SIGINT', SOME_FLOWS],
    ['SIGTERM', MANY_FLOWS],
  ] as const)(
    'by %s with %i open flows is over within 5 s, with exit code 0; each has a line, or is counted where there was no time',
    async (signal, count) => {
      const flows = join(folder.path, 'flows.jsonl');
      const args = ['-', '--flows', flows, '--stats-every', 'never', '--max-flows', '500000'];
      const daemon = await new RunningDaemon(args).started();
      daemon.child.stdin!.write(initiation.capture(0, count, START_US, 100));
      await until('all flows are open', async () => (await daemon.metric('sluice_flows_active')) === count, 60_000);
      const since = performance.now();
      expect(await daemon.kill(signal)).toEqual({ code: 0, signal: null });
      const took = performance.now() - since;
      const [lost] = daemon.logged('event lines were lost') as { droppedCount: number }[];
      const left = lost?.droppedCount ?? 0;
      process.stdout.write(
        `${signal} with ${count} flows: over after ${Math.round(took)} ms, ${left} without a line\n`,
      );
      expect(took).toBeLessThan(LONGEST_STOP_MS);
      expect(await countLines(flows, '"reason":"shutdown"')).toBe(count - left);
      if (count === SOME_FLOWS) expect(left).toBe(0);
    },
    120_000,
  );

  it('of a pipe that has ended waits for a slow reader, and loses nothing', async () => {
    const count = 60_000;
    const daemon = await new RunningDaemon(['-', '--flows', '-', '--stats-every', 'never']).started();
    daemon.child.stdout!.pause();
    daemon.child.stdin!.end(initiation.capture(0, count, START_US, 100));
    // Long after everything has been processed.
    await until('all flows are ended', async () => (await ended(daemon)) === count, 30_000);
    setTimeout(() => daemon.child.stdout!.resume(), 2500);
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(daemon.standardOutput.split('\n').length - 1).toBe(count);
  }, 60_000);

  it.each(['drop', 'wait'])(
    'of a pipe that has ended is over within 5 s of a signal where nothing reads the log, with all lost lines counted (%s)',
    async (onFull) => {
      const count = 20_000;
      const args = ['-', '--flows', '-', '--stats-every', 'never', '--on-full', onFull];
      const daemon = await new RunningDaemon(args).started();
      daemon.child.stdout!.pause();
      daemon.child.stdin!.end(initiation.capture(0, count, START_US, 100));
      await until('all flows are ended', async () => (await ended(daemon)) === count, 30_000);
      const since = performance.now();
      const end = daemon.kill('SIGTERM');
      setTimeout(() => daemon.child.stdout!.resume(), LONGEST_STOP_MS);
      expect(await end).toEqual({ code: 0, signal: null });
      const [lost] = daemon.logged('event lines were lost') as { lineCount: number; droppedCount: number }[];
      expect(lost!.droppedCount).toBeGreaterThan(0);
      expect(lost!.lineCount + lost!.droppedCount).toBe(count);
      expect(performance.now() - since).toBeLessThan(2 * LONGEST_STOP_MS);
    },
    60_000,
  );
});

async function ended(daemon: RunningDaemon): Promise<number> {
  return daemon.metric('sluice_flows_ended_total');
}
