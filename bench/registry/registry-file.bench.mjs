/**
 * Loading a large registry: parses, builds and swaps in 1,000,000 mixed prefixes (30 % IPv6), and prints the median of
 * five runs and the memory. Workloads: simple rows, which the fast path reads; the same rows in quotes, which are
 * parsed as text; and 20,000 rows in a fresh process, as at the start of a replay.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRegistry } from '../../dist/registry/file/registry-file.js';
import { median } from '../measure.mjs';
import { generated } from '../workload.mjs';

const ROUNDS = 5;
const PREFIXES = 1_000_000;
const STARTING_PREFIXES = 20_000;

const bytes = generated('registry.mjs', '--prefixes', String(PREFIXES));
measure('as generated', bytes);
measure('every field in quotes', quoted(bytes));
measureFresh(generated('registry.mjs', '--prefixes', String(STARTING_PREFIXES)));

function measure(form, bytes) {
  const rules = { registry: null };
  const seconds = [];
  const lookupSeconds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const { registry, issues } = parseRegistry(bytes, 'registry.csv');
    if (registry === null) throw new Error(issues.kept[0].message);
    rules.registry = registry;
    seconds.push((performance.now() - began) / 1000);
    const asked = performance.now();
    if (rules.registry.covers(0, 0, 0xffff, 0xc6120001 | 0, 1.7e15, 0) < -1) throw new Error('impossible');
    lookupSeconds.push((performance.now() - asked) / 1000);
  }
  const { registry } = rules;
  const size = (bytes.length / 1e6).toFixed(0);
  console.log(`\n${PREFIXES} mixed prefixes, ${form}, ${size} MB of CSV, parsed, built and swapped in`);
  console.log(
    `  median ${median(seconds).toFixed(2)} s, ${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`,
  );
  console.log(
    `  ${(registry.byteLength / registry.count).toFixed(0)} bytes per registration, in typed arrays, with its texts`,
  );
  console.log(`  first lookup after the swap ${(median(lookupSeconds) * 1e6).toFixed(0)} µs`);
}

function quoted(bytes) {
  const [header, ...rows] = Buffer.from(bytes).toString().trimEnd().split('\n');
  return Buffer.from([header, ...rows.map((row) => `"${row.replaceAll(',', '","')}"`)].join('\n'));
}

/** Wall-clock time, and processor time of all threads, of the first registry that a process loads. */
function measureFresh(bytes) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const path = join(folder, 'registry.csv');
    writeFileSync(path, bytes);
    const script = `
      import { readFileSync } from 'node:fs';
      import { parseRegistry } from ${JSON.stringify(new URL('../../dist/registry/file/registry-file.js', import.meta.url).href)};
      const bytes = readFileSync(${JSON.stringify(path)});
      const began = performance.now();
      const used = process.cpuUsage();
      if (parseRegistry(bytes, 'registry.csv').registry === null) throw new Error('not read');
      const { user, system } = process.cpuUsage(used);
      console.log(JSON.stringify([performance.now() - began, (user + system) / 1000]));`;
    const runs = Array.from({ length: ROUNDS }, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    });
    const [time, used] = [0, 1].map((i) => median(runs.map((run) => run[i])).toFixed(0));
    console.log(
      `\n${STARTING_PREFIXES} mixed prefixes in a fresh process: median ${time} ms, ${used} ms of processor time`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
