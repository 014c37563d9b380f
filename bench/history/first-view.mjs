/**
 * How long the first view of the console takes with a year of history: a daemon with the file that `year.mjs` makes, a
 * Chromium without cache, and the time from navigation until the Overview is complete. Prints Markdown; `--output` writes it.
 *
 *   node bench/history/first-view.mjs FILE [--rounds 15] [--limit 1000] [--output bench/history/FIRST-VIEW.md]
 *
 * `npm run build` comes before. Complete: nothing loads any more, the state is there in a sentence, each chart is drawn, and two
 * frames were shown after that. Each round has another span, so that no answer is kept from the round before. Exit code 1 where
 * the 95th percentile of a span is over the limit, in ms.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { findChromium } from '../../dist/study/report/print-pdf.js';
import { RunningSluice } from '../live/running-sluice.mjs';
import { END_S, PLACE, ZONE } from './year.mjs';

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const SUMMARY = '.summary .sign';
/** Name, seconds of the span, address before it, charts, and what a complete view has besides. */
const VIEWS = [
  ['Overview, a day', DAY_S, '/?', 5, SUMMARY],
  ['Overview, a week', 7 * DAY_S, '/?', 5, SUMMARY],
  ['Overview, a month', 30 * DAY_S, '/?', 5, SUMMARY],
  ['Overview, a year', 365 * DAY_S, '/?', 5, SUMMARY],
  ['Incidents, a year', 365 * DAY_S, '/incidents?', 0, 'tbody tr'],
  ['an incident', 0, '/incidents/ID?', 4, 'h1'],
  ['Reports, a month for the public', 0, '/reports?kind=month&audience=public&', 0, '[aria-busy="false"]'],
  ['Reports, a year', 0, '/reports?kind=year&', 0, '[aria-busy="false"]'],
];
const MONTHS = [
  '2026-10',
  '2026-09',
  '2026-08',
  '2026-07',
  '2026-06',
  '2026-05',
  '2026-04',
  '2026-03',
  '2026-02',
  '2026-01',
];
/** Queries of reports; each is another one, because the latest are kept. */
const REPORTS = {
  'a month for the public': MONTHS.map((month) => `audience=public&period=${month}`),
  'a month for the operator': MONTHS.map((month) => `audience=operator&period=${month}`),
  'a year for the operator': MONTHS.map(
    (_, at) => `audience=operator&from=${END_S - 365 * DAY_S + at * HOUR_S}&to=${END_S}`,
  ),
};
const { fetch } = globalThis;
const TIMEOUT_MS = 30_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    limit: { type: 'string', default: '1000' },
    output: { type: 'string' },
  },
});
const [file] = positionals;
const rounds = Number(values.rounds);
const place = Object.entries(PLACE).flatMap(([name, value]) => [`--${name}`, value]);
const sluice = await new RunningSluice(['-', '--history', file, '--zone', ZONE, ...place]).started();
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });

const lines = [];
print('# The first view of the console with a year of history\n');
print(
  `Written by \`bench/history/first-view.mjs\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.versions.node}, Chromium ${browser.version()}, ${availableParallelism()} cores, load average ${loadavg()[0].toFixed(1)} at the beginning. ${rounds} rounds.`,
);
print('Times in ms from navigation to the complete Overview; shown: the first content.\n');
print('| first view of | p50 | p95 | longest | first round | shown | requests | kB | slowest answers |');
print('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
const { incidents } = await (await fetch(`${sluice.url}/api/v1/incidents`)).json();
let isSlow = false;
for (const [name, seconds, start, charts, sign] of VIEWS) {
  const views = [];
  for (let round = 0; round < rounds; round++) {
    const to = END_S - (round + 1) * HOUR_S;
    const path = start.replace('ID', incidents[0].id) + `from=${to - seconds}&to=${to}`;
    views.push(await firstView(sluice.url + path, charts, sign));
  }
  const times = views.map(({ ms }) => ms);
  isSlow ||= percentile(times, 0.95) > Number(values.limit);
  const { requests, bytes, answers } = views.at(-1);
  const slowest = answers
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 2)
    .map(({ path, ms }) => `${path} ${ms.toFixed(0)}`);
  const shown = views.map(({ shownMs }) => shownMs);
  const figures = [
    percentile(times, 0.5),
    percentile(times, 0.95),
    Math.max(...times),
    times[0],
    percentile(shown, 0.5),
  ];
  print(
    `| ${name} | ${figures.map((ms) => ms.toFixed(0)).join(' | ')} | ${requests} | ${(bytes / 1000).toFixed(0)} | ${slowest.join(', ')} |`,
  );
}
print('\n| report, made | p50 | p95 | longest |\n| --- | --- | --- | --- |');
for (const [name, queries] of Object.entries(REPORTS)) {
  const times = [];
  for (const query of queries) {
    const began = performance.now();
    const answer = await fetch(`${sluice.url}/api/v1/reports/made?format=html&${query}`);
    if (!answer.ok) throw new Error(await answer.text());
    await answer.text();
    times.push(performance.now() - began);
  }
  print(`| ${name} | ${[0.5, 0.95, 1].map((share) => percentile(times, share).toFixed(0)).join(' | ')} |`);
}
await browser.close();
await sluice.stop();
if (values.output !== undefined) writeFileSync(values.output, `${lines.join('\n')}\n`);
process.exitCode = isSlow ? 1 : 0;

async function firstView(url, charts, sign) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const completed = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`not complete after ${TIMEOUT_MS / 1000} s: ${url}`)), TIMEOUT_MS).unref();
    void page.exposeFunction('complete', resolve);
  });
  await page.addInitScript(noteWhenComplete, { charts, sign });
  await page.goto(url, { waitUntil: 'commit' });
  const ms = await completed;
  const seen = await page.evaluate(() => ({
    shownMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    all: performance.getEntriesByType('resource').map(({ name, duration, transferSize }) => ({
      path:
        new URL(name).pathname.replace('/api/v1', '') + new URL(name).search.replace(/[?&](from|to|points)=\d+/g, ''),
      ms: duration,
      bytes: transferSize,
    })),
  }));
  await context.close();
  const bytes = seen.all.reduce((sum, one) => sum + one.bytes, 0);
  return { ms, shownMs: seen.shownMs, answers: seen.all, requests: seen.all.length + 1, bytes };
}

/** Runs in the page, before its own script. */
function noteWhenComplete({ charts, sign }) {
  const { document, requestAnimationFrame } = globalThis;
  const isComplete = () =>
    document.querySelectorAll('.plot canvas').length === charts &&
    document.querySelector('.skeleton') === null &&
    document.querySelector(sign) !== null;
  const look = () => {
    if (!isComplete()) return requestAnimationFrame(look);
    requestAnimationFrame(() => requestAnimationFrame(() => globalThis.complete(performance.now())));
  };
  look();
}

function percentile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

function print(line) {
  lines.push(line);
  process.stdout.write(`${line}\n`);
}
