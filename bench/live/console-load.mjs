#!/usr/bin/env node
/**
 * What open pages of the console cost a live capture: `npm run bench:live` without and with pages, in turns, each time in fresh
 * processes. Prints packets lost, and the median of the 99th percentile from packet to event line, with their ratio. Exit code 1
 * where a packet is lost, or the ratio is above the limit.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    pages: { type: 'string', default: '100' },
    burst: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '20' },
    limit: { type: 'string', default: '1.2' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(
    'npm run bench:console -- [--pages 100] [--burst 0] [--rounds 5] [--rate 50000] [--seconds 20] [--limit 1.2]; root, for a virtual link\n',
  );
  process.exit(0);
}

const results = { 0: [], [values.pages]: [] };
for (let round = 0; round < Number(values.rounds); round++)
  for (const pages of round % 2 === 0 ? [0, values.pages] : [values.pages, 0]) {
    const result = measure(String(pages));
    results[pages].push(result);
    const { milliseconds, packetsLost, answers } = result;
    process.stdout.write(
      `round ${round + 1}, ${pages} pages: p99 ${milliseconds.p99.toFixed(2)} ms, ${packetsLost} packets lost, answers ${JSON.stringify(answers)}\n`,
    );
  }

const [without, withPages] = [results[0], results[values.pages]].map((all) =>
  median(all.map(({ milliseconds }) => milliseconds.p99)),
);
const lost = Object.values(results)
  .flat()
  .reduce((sum, { packetsLost, droppedByKernel }) => sum + packetsLost + droppedByKernel, 0);
const ratio = withPages / without;
process.stdout.write(
  `p99, median of ${values.rounds} rounds: ${without.toFixed(2)} ms without, ${withPages.toFixed(2)} ms with ${values.pages} pages: ${ratio.toFixed(2)} times; ${lost} packets lost\n`,
);
process.exitCode = lost > 0 || ratio > Number(values.limit) ? 1 : 0;

function measure(pages) {
  const args = ['--json', '--limit', '1000000', '--rate', values.rate, '--seconds', values.seconds, '--pages', pages];
  // Without pages there is no burst either.
  if (pages !== '0') args.push('--burst', values.burst);
  const { stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'latency.mjs'), ...args], {
    encoding: 'utf8',
  });
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(stderr);
  }
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
