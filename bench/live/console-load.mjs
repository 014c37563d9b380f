#!/usr/bin/env node
/** What open pages of the console cost a live capture: see --help. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readNumberFlags } from './number-flags.mjs';
import { generatedCapture, LiveRun } from './live-run.mjs';
import { PollingPages } from './polling-pages.mjs';
import { enterOwnNetwork } from './virtual-link.mjs';

const HELP = `npm run bench:console -- [options]

Captures generated traffic from a virtual link, and opens and closes pages of the console meanwhile: in each round without and with
pages, in turns, in one process of Sluice, whose other half of the rounds is in a second one. Prints of each round the 99th percentile
from packet to event line and the ratio of both, then the medians over rounds with their quartiles; and the same ratio between rounds
without pages, which is what the machine does by itself. Root; the Debian packages of npm run bench:live.

  --pages N       pages, each asking once a second (100)
  --burst N       requests of one address beyond that, all at once each ten seconds (0)
  --rounds N      (12)
  --seconds N     of measuring without pages, and again with them, in a round (9)
  --rate N        packets per second (50000)
  --packets N     packets of the generated capture, which is sent again and again with other addresses (1000000)
  --limit N       bound on the median ratio (1.2)
  --help

Exit codes: 0 no packet is lost, and the median ratio is within the limit; 1 not so; 2 wrong usage. About 5 minutes.
`;

const DEFAULTS = {
  ...{ pages: '100', burst: '0', rounds: '12', seconds: '9', rate: '50000', packets: '1000000', limit: '1.2' },
};
const MAY_BE_ZERO = ['burst'];
const PROCESSES = 2;
const WARM_UP_MS = 8000;
/** Pages have connections by then, or those before have gone. */
const SETTLE_MS = 2000;
const FEWEST_DECISIONS = 1000;

const flags = readFlags();
enterOwnNetwork();
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
process.exitCode = report(await allRounds());

function readFlags() {
  const values = readNumberFlags({ help: HELP, defaults: DEFAULTS, mayBeZero: MAY_BE_ZERO });
  return Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, Number(values[name])]));
}

async function allRounds() {
  const capture = generatedCapture(folder, 'realistic', flags.packets);
  process.stdout.write(`load average ${loadavg()[0].toFixed(1)} at the beginning\n`);
  const rounds = [];
  let lost = 0;
  for (let at = 0; at < PROCESSES; at++) {
    const own = join(folder, String(at));
    mkdirSync(own);
    const run = await LiveRun.begin({ capture, rate: flags.rate, folder: own });
    await sleep(WARM_UP_MS);
    const until = Math.ceil(((at + 1) * flags.rounds) / PROCESSES);
    while (rounds.length < until) rounds.push(await round(run, rounds.length));
    const { packetsLost, droppedByKernel } = await run.end();
    lost += Math.max(packetsLost, droppedByKernel);
  }
  return { rounds, lost };
}

/** Each round begins with the other side than the one before, so that neither is always the later one. */
async function round(run, number) {
  const sides = {};
  for (const side of number % 2 === 0 ? ['without', 'with'] : ['with', 'without']) {
    const pages = side === 'with' ? new PollingPages(run.sluice.url, flags.pages, flags.burst) : null;
    await sleep(SETTLE_MS);
    const { packetsPerSecond } = await run.measure(flags.seconds);
    const { count } = run.times;
    const polled = await pages?.stop();
    sides[side] = { p99: run.times.at(0.99), count, packetsPerSecond, answers: polled?.answers };
  }
  const { without, with: open } = sides;
  process.stdout.write(
    `round ${number + 1}: p99 ${without.p99.toFixed(1)} ms without, ${open.p99.toFixed(1)} ms with pages: ` +
      `${(open.p99 / without.p99).toFixed(2)} times; ${without.count} and ${open.count} decisions, ` +
      `${Math.round(open.packetsPerSecond)} packets/s, answers ${JSON.stringify(open.answers)}\n`,
  );
  return sides;
}

function report({ rounds, lost }) {
  const p99 = (side) => rounds.map((sides) => sides[side].p99);
  const [without, open] = [p99('without'), p99('with')];
  const ratios = rounds.map((_, at) => open[at] / without[at]);
  const idle = without.slice(1).map((value, at) => value / without[at]);
  process.stdout.write(
    [
      `p99, median of ${rounds.length} rounds (quartiles): ${words(without, 1)} ms without, ${words(open, 1)} ms with ${flags.pages} pages`,
      `with pages against without, in the same round: ${words(ratios, 2)} times; the limit is ${flags.limit}`,
      `without pages against the round before, for comparison: ${words(idle, 2)} times`,
      `${lost} packets lost; load average ${loadavg()[0].toFixed(1)} at the end`,
      '',
    ].join('\n'),
  );
  const sides = rounds.flatMap((round) => Object.values(round));
  const faults = [
    [lost > 0, 'packets were lost'],
    [sides.some(({ count }) => count < FEWEST_DECISIONS), `a p99 is of fewer than ${FEWEST_DECISIONS} decisions`],
    [sides.some(({ packetsPerSecond }) => packetsPerSecond < 0.98 * flags.rate), 'the rate was not reached'],
    [!(quantile(ratios, 0.5) <= flags.limit), `the median ratio is over ${flags.limit}`],
  ].filter(([isSo]) => isSo);
  for (const [, what] of faults) process.stderr.write(`FAILED: ${what}\n`);
  return faults.length > 0 ? 1 : 0;
}

function words(values, digits) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(digits));
  return `${middle} (${low} to ${high})`;
}

/** Between two values, in proportion. */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}
