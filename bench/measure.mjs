/**
 * Measures whole programs. Each run is a process of its own. Compared programs take turns, in an order that is reversed
 * after each round, so that other load on the machine affects all of them alike. Results are medians, and ratios within
 * one round.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY_INTERVAL_MS = 10;
const LARGEST_OUTPUT = 1 << 28;
/** The second line of POSIX `times` is the user and system time of the shell's children. */
const WITH_TIMES = 'to=$1; shift; "$@"; status=$?; times >"$to"; exit $status';

/** Runs a command to its end. Returns wall-clock and processor seconds, exit status and output. */
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

/** The peak memory of a command in bytes, as counted by the kernel; NaN where the kernel has no such count. */
export function peakMemory(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    let peak = NaN;
    const look = () => {
      try {
        const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
        if (found !== null) peak = Number(found[1]) * 1024;
      } catch {
        // The process has ended.
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

/** True when a command is installed. */
export function isInstalled(command) {
  return spawnSync('sh', ['-c', `command -v "$1" >/dev/null`, 'sh', command]).status === 0;
}

/** The turns of each round, in an order that is reversed after each round. */
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

/** The median of the ratios of two lists, run by run, so that drifts longer than a round cancel out. */
export function medianRatio(values, bases) {
  return median(values.map((value, i) => value / bases[i]));
}
