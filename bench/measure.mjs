/**
 * Whole programs, measured: each run is a process of its own; what is compared takes turns, in an order that is reversed from
 * round to round, so that what else the machine does falls on all alike. Medians, and ratios of what ran in one round.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY_INTERVAL_MS = 10;
const LARGEST_OUTPUT = 1 << 28;
/** POSIX `times`: its second line is what the shell's children used, user and system. */
const WITH_TIMES = 'to=$1; shift; "$@"; status=$?; times >"$to"; exit $status';

/** Runs a command to its end: wall-clock and processor seconds, exit status, and what it printed. */
export function runOnce(command, args, options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const timesFile = join(folder, 'times');
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync('sh', ['-c', WITH_TIMES, 'sh', timesFile, command, ...args], {
    encoding: 'utf8',
    maxBuffer: LARGEST_OUTPUT,
    ...options,
  });
  const seconds = (performance.now() - began) / 1000;
  let cpuSeconds = NaN;
  if (error === undefined) cpuSeconds = parseTimes(readFileSync(timesFile, 'utf8'));
  rmSync(folder, { recursive: true });
  return { seconds, cpuSeconds, status, stdout, stderr };
}

function parseTimes(text) {
  const children = text.trim().split('\n').at(-1);
  let sum = 0;
  for (const [, minutes, seconds] of children.matchAll(/(\d+)m([\d.]+)s/g))
    sum += Number(minutes) * 60 + Number(seconds);
  return sum;
}

/** Most memory that a command holds at a time, octets, as the kernel counts it; NaN where it keeps no such count. */
export function peakMemory(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    let peak = NaN;
    const look = () => {
      try {
        const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
        if (found !== null) peak = Number(found[1]) * 1024;
      } catch {
        // Gone already.
      }
    };
    const timer = setInterval(look, MEMORY_INTERVAL_MS);
    child.on('error', () => undefined);
    child.on('close', () => {
      clearInterval(timer);
      resolve(peak);
    });
  });
}

/** Whether a command can be run at all. */
export function isInstalled(command) {
  return spawnSync('sh', ['-c', `command -v "$1" >/dev/null`, 'sh', command]).status === 0;
}

/** The turns of each round, the order turned round from one to the next. */
export function* rounds(turns, count) {
  for (let round = 0; round < count; round++) {
    yield round % 2 === 0 ? turns : turns.toReversed();
  }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of the ratios of two lists, run by run: drifts that last longer than a round cancel out. */
export function medianRatio(values, bases) {
  return median(values.map((value, i) => value / bases[i]));
}
