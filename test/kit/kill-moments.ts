/**
 * Moments at which a daemon over a spool is killed: one is aimed at, and what the daemon has left on disk says which
 * ones the kill has really hit.
 */
import { existsSync, watch } from 'node:fs';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from './random.mjs';
import type { RunningDaemon } from './running-daemon.ts';

export const AIMS = ['any', 'reading', 'writing', 'checkpointing', 'rotating', 'reloading'] as const;
export type Aim = (typeof AIMS)[number];

/** Kills by what they have hit; one kill may hit several. */
export interface Hits {
  /** Before the daemon ran: it was reading its checkpoint and its logs. */
  starting: number;
  /** Decisions of files that were there were not written yet. */
  reading_or_deciding: number;
  /** A log had grown in the last milliseconds. */
  writing: number;
  /** A log ended in a line that was cut. */
  torn_lines: number;
  /** A checkpoint was written in part. */
  checkpointing: number;
  /** A log had just been renamed, and nothing was in the next one. */
  rotating: number;
  /** A reload was asked for, and not done. */
  reloading: number;
  /** The disk was full. */
  disk_full: number;
}

export const noHits = (): Hits => ({
  starting: 0,
  reading_or_deciding: 0,
  writing: 0,
  torn_lines: 0,
  checkpointing: 0,
  rotating: 0,
  reloading: 0,
  disk_full: 0,
});

/** Where a daemon writes. */
export interface KilledPlaces {
  readonly state: string;
  readonly output: string;
}

const LOGS = ['decisions.jsonl', 'flows.jsonl'];
const LONGEST_AIM_MS = 1500;
const JUST_NOW_MS = 10;
const PARTIAL = 'checkpoint.new';

/**
 * Kills it at the moment that is aimed at, or after a while in which that did not come. Resolves to when that was, ms
 * since 1970.
 */
export async function killAt(
  aim: Aim,
  daemon: RunningDaemon,
  { state, output }: KilledPlaces,
  random: SeededRandom,
): Promise<number> {
  let killedMs = Infinity;
  const kill = (): void => {
    killedMs = Math.min(killedMs, Date.now());
    daemon.child.kill('SIGKILL');
  };
  if (aim === 'reloading') {
    daemon.child.kill('SIGHUP');
    await sleep(random.below(60));
  } else if (aim !== 'any') {
    const folder = aim === 'checkpointing' ? state : output;
    const delayMs = aim === 'reading' ? random.below(40) : 0;
    await seen(folder, (kind, name) => isMoment(aim, kind, name), delayMs, kill);
  }
  kill();
  await daemon.ended;
  return killedMs;
}

function isMoment(aim: Aim, kind: string, name: string): boolean {
  if (aim === 'checkpointing') return name === PARTIAL;
  if (aim === 'rotating') return kind === 'rename' && LOGS.includes(name);
  return kind === 'change' && LOGS.includes(name);
}

/** Waits for a change in a folder, and acts `delayMs` after it at once. */
async function seen(
  folder: string,
  holds: (kind: string, name: string) => boolean,
  delayMs: number,
  act: () => void,
): Promise<void> {
  if (!existsSync(folder)) return;
  const watcher = watch(folder);
  const isSeen = new Promise<void>((resolve) => {
    watcher.on('change', (kind, name) => {
      if (!holds(kind, String(name))) return;
      if (delayMs === 0) act();
      resolve();
    });
  });
  await Promise.race([isSeen.then(() => sleep(delayMs)), sleep(LONGEST_AIM_MS)]);
  watcher.close();
}

/** What is known of a kill beside what is left on disk. */
interface Kill {
  /** ms since 1970. */
  readonly killedMs: number;
  /** Reloads that were asked for. */
  readonly reloads: number;
  /** All decisions of the files that are there are in the log. */
  readonly isWritten: boolean;
  /** The disk is full. */
  readonly isFull: boolean;
}

/** Adds what a kill has hit, from what is left. */
export function noteHits(
  hits: Hits,
  daemon: RunningDaemon,
  { state, output }: KilledPlaces,
  { killedMs, reloads, isWritten, isFull }: Kill,
): void {
  const hasRun = daemon.logged('running').length > 0;
  const logs = LOGS.map((name) => join(output, name));
  const found = logs.map((path) => statSync(path, { throwIfNoEntry: false }));
  const newest = Math.max(...found.map((file) => file?.mtimeMs ?? 0));
  const isTorn = logs.some((path, place) => found[place] !== undefined && isCut(path));
  const isRotated = readdirSync(output).some((name) => LOGS.some((log) => name.startsWith(`${log}.`)));
  if (!hasRun) hits.starting++;
  if (hasRun && !isWritten) hits.reading_or_deciding++;
  if (hasRun && killedMs - newest < JUST_NOW_MS) hits.writing++;
  if (isTorn) hits.torn_lines++;
  if (existsSync(join(state, PARTIAL))) hits.checkpointing++;
  if (isRotated && found.some((file) => file === undefined || file.size === 0)) hits.rotating++;
  if (hasRun && reloads > daemon.logged('rules reloaded').length) hits.reloading++;
  if (isFull) hits.disk_full++;
}

function isCut(path: string): boolean {
  const bytes = readFileSync(path);
  return bytes.length > 0 && bytes.at(-1) !== 10;
}
