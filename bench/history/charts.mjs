/**
 * Reads every chart over the usual spans of a history that `year.mjs` makes, and writes minutes to it. Prints Markdown.
 *
 *   node bench/history/charts.mjs FILE          (npm run build comes before)
 *
 * Cold: the file is not in the system's cache, and the database has just been opened. Warm: the best known case, the same
 * chart again, in turns. The times are those of the history process: reading, and writing the answer as JSON.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { END_S, RETENTION, SiteHistory, ZONE } from './year.mjs';

const dist = new URL('../../dist/', import.meta.url);
const { HistoryStore } = await import(new URL('history/store/history-store.js', dist));
const { readChart } = await import(new URL('history/query/chart.js', dist));
const { readChanges } = await import(new URL('history/query/change-list.js', dist));

const [, , path] = process.argv;
const DAY_S = 86_400;
const SPANS = {
  hour: 3600,
  day: DAY_S,
  week: 7 * DAY_S,
  month: 30 * DAY_S,
  year: 365 * DAY_S,
  'two years': 730 * DAY_S,
};
const QUERIES = [
  { measure: 'decisions', by: 'action' },
  { measure: 'decisions', by: 'protocol' },
  { measure: 'decisions', by: 'rule' },
  { measure: 'decisions', by: 'sector', registered: 'source,destination,both' },
  { measure: 'flows', by: 'stage', protocol: 'wireguard' },
  { measure: 'bytes', by: 'protocol', action: 'block' },
  { measure: 'forwarded', by: 'registered' },
  { measure: 'dropped_bytes', by: 'rule', mode: 'enforce' },
  { measure: 'packets' },
  { measure: 'clients', by: 'action' },
  { measure: 'clients' },
  { measure: 'harm', by: 'outcome' },
  { measure: 'watched' },
  { measure: 'lost' },
  { measure: 'undecoded' },
  { measure: 'lag' },
  { measure: 'active' },
];
const TURNS = 7;
const WRITES = 60;

function open() {
  return new HistoryStore({ path, zone: ZONE, retention: RETENTION });
}

/** Takes the file out of the system's cache. */
function forget() {
  for (const ending of ['', '-wal'])
    try {
      execFileSync('dd', [`of=${path}${ending}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none']);
    } catch {
      // There is no such file.
    }
}

function timed(store, query) {
  const processor = process.cpuUsage();
  const began = performance.now();
  const data = store.read((history) => readChart(history, query));
  JSON.stringify(data);
  const ms = performance.now() - began;
  return { ms, processorMs: processorMs(processor), data };
}

/** On a machine that others use too, the time that the process itself has worked. */
function processorMs(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

const figures = (values) => [0.5, 0.95, 1].map((share) => percentile(values, share).toFixed(1)).join(' / ');
const print = (line) => process.stdout.write(`${line}\n`);

const bytes = statSync(path).size;
print(`File: ${(bytes / 1e6).toFixed(0)} MB. Times in ms: p50 / p95 / max over ${QUERIES.length} charts.\n`);
print('| span | level, points | cold | warm | warm, processor | slowest chart |');
print('| --- | --- | --- | --- | --- | --- |');
const all = { cold: [], warm: [], processor: [] };
for (const [name, seconds] of Object.entries(SPANS)) {
  const span = { from: END_S - seconds, to: END_S };
  const cold = QUERIES.map((query) => {
    forget();
    const store = open();
    const { ms } = timed(store, { ...query, ...span });
    store.close();
    return ms;
  });
  const store = open();
  const warm = [];
  const processor = [];
  let slowest = { ms: 0 };
  let shape = '';
  for (let turn = 0; turn <= TURNS; turn++)
    for (const query of QUERIES) {
      const { ms, processorMs: workedMs, data } = timed(store, { ...query, ...span });
      shape ||= `${data.level}, ${data.times.length}`;
      if (turn === 0) continue;
      warm.push(ms);
      processor.push(workedMs);
      if (workedMs > slowest.ms) slowest = { ms: workedMs, query };
    }
  store.close();
  all.cold.push(...cold);
  all.warm.push(...warm);
  all.processor.push(...processor);
  const { measure, by = '' } = slowest.query;
  print(`| ${name} | ${shape} | ${figures(cold)} | ${figures(warm)} | ${figures(processor)} | ${measure} ${by} |`);
}
print(`| all | | ${figures(all.cold)} | ${figures(all.warm)} | ${figures(all.processor)} | |\n`);

const store = open();
const changes = [];
for (let turn = 0; turn < TURNS; turn++) {
  const began = performance.now();
  store.read(({ database }) => readChanges(database, {}));
  changes.push(performance.now() - began);
}
const site = new SiteHistory({ seed: 2 });
const writes = Array.from({ length: WRITES }, (_, at) => {
  const minute = site.minute(END_S + at * 60);
  const batch = { session: String(process.pid), number: at + 1, minutes: [minute], changes: [] };
  const processor = process.cpuUsage();
  const began = performance.now();
  store.write(batch);
  return { ms: performance.now() - began, processorMs: processorMs(processor) };
});
print(
  `Latest changes: ${figures(changes)} ms. A minute's write with ${site.keys.length} series: ${figures(writes.map(({ ms }) => ms))} ms, processor ${figures(writes.map((one) => one.processorMs))} ms.`,
);
store.close();
