/**
 * The daemon is killed at random moments while it reads, decides, writes, saves, rotates and reloads. The decisions and
 * ends of flows are, line for line, those of a run that nothing interrupted: none lost, none doubled, none torn.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { KILLED_POLICY, missingIn, putSpool, writtenIn } from '../kit/killed-spool.ts';
import { SeededRandom } from '../kit/random.mjs';
import { PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { isShort, writeResult } from './proof-result.ts';

const SEED = Number(process.env.SEED ?? 17);
const KILLS = Number(process.env.KILLS ?? (isShort ? 14 : 400));
const FULL_DISK_KILLS = Number(process.env.FULL_KILLS ?? (isShort ? 6 : 100));
/** Kills of one spool, after which another one is begun. */
const KILLS_PER_SPOOL = isShort ? 7 : 20;
const CLIENTS = 3000;
const FILES = 40;
const LONGEST_LIFE_MS = 1500;

const random = new SeededRandom(SEED);
const began = performance.now();
const figures: Record<string, unknown> = {};
/** Rows added to registries. */
let rows = 0;
let folder = temporaryFolder();

afterEach(() => {
  folder.remove();
  folder = temporaryFolder();
});

interface Run {
  readonly spool: string;
  readonly output: string;
  readonly policy: string;
  readonly registry: string;
  readonly threads: Threads;
}

type Threads = 'one' | 'several';

/** One spool after the other. */
const threadsFor = (kills: number): Threads => ((kills / KILLS_PER_SPOOL) % 2 === 0 ? 'one' : 'several');

function begin(name: string, source: string, threads: Threads, output = join(folder.path, `${name}-out`)): Run {
  const spool = join(folder.path, name);
  cpSync(source, spool, { recursive: true, preserveTimestamps: true });
  mkdirSync(output, { recursive: true });
  const policy = join(folder.path, `${name}.yaml`);
  writeFileSync(policy, KILLED_POLICY);
  const registry = join(folder.path, `${name}.csv`);
  copyFileSync(join(PROJECT, 'rules/registry.csv'), registry);
  return { spool, output, policy, registry, threads };
}

/** Several threads go on with the flows of another number of several; one has flows of its own. */
const workersOf = (kind: Threads): string => (kind === 'one' ? '1' : random.pick(['2', '3']));

function start({ spool, output, policy, registry, threads }: Run): RunningDaemon {
  return new RunningDaemon([
    ...[
      '--spool',
      spool,
      '--settle',
      '1ms',
      '--policy',
      policy,
      '--registry',
      registry,
      '--on-full',
      'wait',
      '--stats-every',
      '300ms',
    ],
    ...['--decisions', join(output, 'decisions.jsonl'), '--flows', join(output, 'flows.jsonl')],
    ...['--workers', workersOf(threads)],
    ...['--rotate-size', '300kB', '--rotate-keep', '10000', '--checkpoint-every', '150ms', '--max-flows', '20000'],
  ]);
}

/** Reads the rest of the spool, and stops. Returns the log. */
async function finish(run: Run, packets: number): Promise<string> {
  const daemon = await start(run).started();
  await until('all is read', async () => (await daemon.metric('sluice_packets_total')) === packets, 120_000);
  await daemon.kill();
  return daemon.log;
}

/** Lives for a random time, with reloads, and is killed. */
async function live(run: Run): Promise<void> {
  const daemon = start(run);
  const running = daemon.started().catch(() => undefined);
  await Promise.race([running, sleep(10_000)]);
  for (let left = random.below(LONGEST_LIFE_MS); left > 0; left -= 400) {
    await sleep(Math.min(left, 400));
    if (random.chance(0.3)) {
      // Another hash, and no decision that changes: a registration of an address that no packet has.
      appendFileSync(run.registry, `192.0.2.${rows++ % 256}/32,Killed ${rows},it,,,,KILL-${rows}\n`);
      daemon.child.kill('SIGHUP');
    }
  }
  await daemon.kill('SIGKILL');
}

function compare(run: Run, reference: Run, name: string): Record<string, number> {
  const is = writtenIn(run.output, name);
  const should = writtenIn(reference.output, name);
  const lost = missingIn(should.lines, is.lines);
  const doubled = missingIn(is.lines, should.lines);
  expect({
    name,
    lost: lost.length,
    doubled: doubled.length,
    first: (lost[0] ?? doubled[0])?.slice(0, 300),
    torn: is.torn,
    gaps: is.gaps,
  }).toEqual({
    name,
    lost: 0,
    doubled: 0,
    first: undefined,
    torn: 0,
    gaps: 0,
  });
  expect(is.lines.join('\n') === should.lines.join('\n'), `the order of ${name}`).toBe(true);
  return { lines: is.lines.length, lost: lost.length, doubled: doubled.length, torn: is.torn };
}

const total = (counts: readonly Record<string, number>[]): Record<string, number> =>
  Object.fromEntries(Object.keys(counts[0]!).map((key) => [key, counts.reduce((sum, count) => sum + count[key]!, 0)]));

describe('a daemon that is killed', () => {
  it('has written each decision and each end of a flow once', async () => {
    const counts: Record<string, number>[] = [];
    for (let kills = 0; kills < KILLS;) {
      const source = join(folder.path, `source-${kills}`);
      const packets = putSpool(source, random, CLIENTS, FILES);
      const reference = begin(`whole-${kills}`, source, 'one');
      await finish(reference, packets);
      const run = begin(`killed-${kills}`, source, threadsFor(kills));
      for (let life = 0; life < KILLS_PER_SPOOL; life++, kills++) await live(run);
      const log = await finish(run, packets);
      expect(log).not.toContain('are lost');
      for (const name of ['decisions.jsonl', 'flows.jsonl']) counts.push(compare(run, reference, name));
    }
    figures.kills = { kills: KILLS, ...total(counts) };
  });

  const isRoot = process.getuid?.() === 0;
  it.skipIf(!isRoot)('has written them once also where the disk was full', async () => {
    const counts: Record<string, number>[] = [];
    for (let kills = 0; kills < FULL_DISK_KILLS;) {
      const source = join(folder.path, `source-${kills}`);
      const packets = putSpool(source, random, CLIENTS, FILES);
      const reference = begin(`whole-${kills}`, source, 'one');
      await finish(reference, packets);
      const output = join(folder.path, `disk-${kills}`);
      mkdirSync(output);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100k', 'tmpfs', output]);
      try {
        const run = begin(`killed-${kills}`, source, threadsFor(kills), output);
        for (let life = 0; life < KILLS_PER_SPOOL; life++, kills++) {
          // Full for part of a life, then freed.
          const grow = setTimeout(() => {
            execFileSync('mount', ['-o', `remount,size=${200 + life * 400}k`, output]);
          }, random.below(3000));
          await live(run);
          clearTimeout(grow);
        }
        execFileSync('mount', ['-o', 'remount,size=1g', output]);
        await finish(run, packets);
        for (const name of ['decisions.jsonl', 'flows.jsonl']) counts.push(compare(run, reference, name));
      } finally {
        execFileSync('umount', ['-l', output]);
      }
    }
    figures.full_disk = { kills: FULL_DISK_KILLS, ...total(counts) };
  });

  afterAll(() => {
    writeResult('kill', SEED, (performance.now() - began) / 1000, figures);
  });
});
