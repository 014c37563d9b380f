// The fuzzer: seeded, structure-aware inputs through every reader, decoder and fingerprint of the built program.
//
// usage: node test/fuzz/run.mjs [--seconds 60] [--seed N] [--inputs N] [--first N] [--report] [--no-keep]
//        node test/fuzz/run.mjs --replay [FILE…]      the kept inputs, or these files, in every variant
//
// Exit code: 0 no finding, 1 findings (kept in captures/regression with a row in its README), 2 wrong usage.
// This thread only watches: an input that takes more processor time than HANG_SECONDS, one that waits for longer than
// WAIT_SECONDS, or a process beyond MEMORY_LIMIT, is a finding.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { REACHABLE } from './coverage.mjs';
import { examine, VARIANTS } from './examine.mjs';
import { keepInput, REGRESSION } from './keep.mjs';
import { loadSeeds, makeInput } from './make-input.mjs';

/** Processor time, as others may use the machine too. */
const HANG_SECONDS = 45;
/** For an input that takes no processor time: it waits for something that does not come. */
const WAIT_SECONDS = 600;
/** Memory of this process with its two threads. */
const MEMORY_LIMIT = 700e6;
const LOOK_EVERY_MS = 500;

const OPTIONS = {
  seconds: { type: 'string', default: '60' },
  seed: { type: 'string' },
  inputs: { type: 'string', default: '1000000000' },
  first: { type: 'string', default: '0' },
  report: { type: 'boolean', default: false },
  'no-keep': { type: 'boolean', default: false },
  replay: { type: 'boolean', default: false },
};

function usage(message) {
  process.stderr.write(`run.mjs: ${message}\n`);
  process.exit(2);
}

function parse() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return usage(error.message);
  }
}

const { values, positionals } = parse();
const numbers = ['seconds', 'inputs', 'first'].map((name) => Number(values[name]));
if (!numbers.every((number) => Number.isFinite(number) && number >= 0)) usage('numbers must be 0 or more');
const [seconds, mostInputs, firstIndex] = numbers;
process.exitCode = values.replay ? await replay() : await fuzz();

/** Examines files in every variant. */
async function replay() {
  const kept = () => readdirSync(REGRESSION).filter((name) => name !== 'README.md');
  const paths = positionals.length > 0 ? positionals : kept().map((name) => join(REGRESSION, name));
  let failures = 0;
  for (const path of paths) {
    const octets = readFileSync(path);
    for (let variant = 0; variant < VARIANTS; variant++) {
      const { failure } = await examine(octets, variant);
      if (failure === undefined) continue;
      failures++;
      process.stdout.write(`${basename(path)}, variant ${variant}: ${failure.check}: ${failure.detail}\n`);
      break;
    }
  }
  process.stdout.write(`${paths.length} files, ${failures} of them fail\n`);
  return failures === 0 ? 0 : 1;
}

async function fuzz() {
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const begin = Date.now();
  const endTime = begin + seconds * 1000;
  let findingCount = 0;
  const report = ({ index, failure, octets }) => {
    findingCount++;
    const path = values['no-keep'] ? '' : keepInput(Buffer.from(octets), failure, `seed ${seed}, input ${index}`);
    process.stdout.write(`FINDING input ${index}: ${failure.check}: ${failure.detail}\n        ${basename(path)}\n`);
  };
  const totals = [];
  let next = firstIndex;
  const last = firstIndex + mostInputs;
  let mostMemory = 0;
  while (next < last && Date.now() < endTime) {
    const outcome = await watch({ seed, firstIndex: next, endTime, mostInputs: last - next }, report);
    totals.push(outcome.statistics);
    mostMemory = Math.max(mostMemory, outcome.mostMemory);
    if (outcome.stoppedAt === undefined) break;
    const input = makeInput(await loadSeeds(), seed, outcome.stoppedAt);
    report({ index: outcome.stoppedAt, failure: outcome.failure, octets: input });
    next = outcome.stoppedAt + 1;
  }
  print(seed, (Date.now() - begin) / 1000, totals, findingCount, mostMemory);
  return findingCount === 0 ? 0 : 1;
}

/** Lets one thread fuzz to its end, or stops it; `report` takes its findings; resolves to what it did. */
function watch(work, report) {
  const shared = new SharedArrayBuffer(8);
  const progress = new Int32Array(shared);
  const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { ...work, progress: shared } });
  let statistics;
  let pulse = -1;
  let pulseAt = timesNow();
  let mostMemory = 0;
  return new Promise((resolve) => {
    const stop = (failure) => {
      clearInterval(timer);
      const stoppedAt = Atomics.load(progress, 0);
      resolve({ statistics, mostMemory, stoppedAt, failure });
      void worker.terminate();
    };
    const timer = setInterval(() => {
      const { rss } = process.memoryUsage();
      mostMemory = Math.max(mostMemory, rss);
      if (rss > MEMORY_LIMIT) stop({ check: 'memory', detail: `${Math.round(rss / 1e6)} MB` });
      if (Atomics.load(progress, 1) !== pulse) {
        pulse = Atomics.load(progress, 1);
        pulseAt = timesNow();
        return;
      }
      const { worked, passed } = timesNow();
      if (worked - pulseAt.worked > HANG_SECONDS)
        stop({ check: 'hang', detail: `over ${HANG_SECONDS} s of processor time` });
      else if (passed - pulseAt.passed > WAIT_SECONDS) stop({ check: 'hang', detail: `waits for ${WAIT_SECONDS} s` });
    }, LOOK_EVERY_MS);
    worker.on('message', (message) => {
      if (message.kind === 'failure') report(message);
      else statistics = message;
    });
    // It ends by itself: ended from here, it might die in the midst of making a decoder, and this process with it.
    worker.on('exit', () => {
      if (statistics?.over !== true) stop({ check: 'hang', detail: 'the thread ended with nothing left to wait for' });
      clearInterval(timer);
      resolve({ statistics, mostMemory });
    });
    worker.on('error', (error) => {
      stop({ check: 'throw', detail: String(error.stack).split('\n').slice(0, 3).join(' ') });
    });
  });
}

/** Processor time of this process with all its threads, and time of the clock, in seconds. */
function timesNow() {
  const { user, system } = process.cpuUsage();
  return { worked: (user + system) / 1e6, passed: performance.now() / 1e3 };
}

function print(seed, elapsed, totals, findingCount, mostMemory) {
  const done = totals.filter((statistics) => statistics !== undefined);
  const add = (name) => done.reduce((total, statistics) => total + statistics[name], 0);
  const executions = add('executions');
  const slowest = done.map((statistics) => statistics.slowest).sort((a, b) => b.milliseconds - a.milliseconds)[0];
  const most = Math.max(0, ...done.map((statistics) => statistics.mostReads));
  process.stdout.write(
    `seed ${seed}: ${executions} inputs in ${elapsed.toFixed(0)} s, ${(executions / elapsed).toFixed(0)} a second; ` +
      `${add('packets')} packets, ${(add('octets') / 1e6).toFixed(0)} MB, each run five times; ` +
      `most memory ${(mostMemory / 1e6).toFixed(0)} MB; slowest input ${slowest?.index} (${slowest?.milliseconds.toFixed(0)} ms); ` +
      `at most ${most} reads of a packet; ${findingCount} findings\n`,
  );
  for (const [kind, names] of Object.entries(REACHABLE)) {
    const missed = names.filter((name) => !done.some((statistics) => name in statistics.reached[kind]));
    const tail = missed.length > 0 ? `; not reached: ${missed.join(', ')}` : '';
    process.stdout.write(`${kind}: ${names.length - missed.length} of ${names.length}${tail}\n`);
  }
  if (values.report)
    process.stdout.write(
      `${JSON.stringify(
        done.map(({ reached }) => reached),
        null,
        1,
      )}\n`,
    );
}
