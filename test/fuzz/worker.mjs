/**
 * The thread that fuzzes: makes inputs, examines them, shrinks what fails. It shares two numbers with run.mjs, which watches over
 * it: the index of the input at hand, and a pulse that goes on as long as anything does.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Coverage } from './coverage.mjs';
import { examine, VARIANTS } from './examine.mjs';
import { loadSeeds, makeInput } from './make-input.mjs';
import { minimise } from './minimise.mjs';

const { seed, firstIndex, endTime, mostInputs } = workerData;
/** Shared: index of the input at hand, pulse. */
const progress = new Int32Array(workerData.progress);

// Whatever an input waits for, this thread is not over: it would end without a word.
const keptAlive = setInterval(() => undefined, 60_000);
const seeds = await loadSeeds();
const coverage = new Coverage();
let mostReads = 0;
const known = new Set();
let octets = 0;
let packets = 0;
let slowest = { index: 0, milliseconds: 0 };

let index = firstIndex;
for (; index < firstIndex + mostInputs && Date.now() < endTime; index++) {
  Atomics.store(progress, 0, index);
  Atomics.add(progress, 1, 1);
  const input = makeInput(seeds, seed, index);
  const begin = performance.now();
  const { failure, end, first, ...examined } = await examine(input, index % VARIANTS);
  mostReads = Math.max(mostReads, examined.mostReads);
  const milliseconds = performance.now() - begin;
  if (milliseconds > slowest.milliseconds) slowest = { index, milliseconds };
  octets += input.length;
  packets += first.counters.packets;
  coverage.note(first, end);
  if (failure !== undefined) await report(input, failure);
  if (index % 64 === 0) postStatistics(false);
}
clearInterval(keptAlive);
postStatistics(true);

/** Failures of the same check at the same place are one. */
async function report(input, failure) {
  const name = `${failure.check} ${failure.detail.replaceAll(/\d+/g, '')}`;
  if (known.has(name.slice(0, 160))) return;
  known.add(name.slice(0, 160));
  const smaller = await minimise(input, async (candidate) => {
    Atomics.add(progress, 1, 1);
    const { failure: again } = await examine(candidate, index % VARIANTS);
    return again?.check === failure.check;
  });
  parentPort.postMessage({ kind: 'failure', index, failure, octets: smaller });
}

function postStatistics(over) {
  parentPort.postMessage({
    kind: 'statistics',
    over,
    executions: index - firstIndex,
    octets,
    packets,
    slowest,
    mostReads,
    reached: coverage.reached,
  });
}
