/**
 * A registry at scale: parsing, building and swapping in 1,000,000 mixed prefixes (three tenths IPv6), five times, median. And the
 * memory that it takes.
 */
import { parseRegistry } from '../../dist/registry/registry-file.js';
import { median } from '../measure.mjs';
import { generated } from '../workload.mjs';

const ROUNDS = 5;
const PREFIXES = 1_000_000;

const bytes = generated('registry.mjs', '--prefixes', String(PREFIXES));
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
console.log(`\n${PREFIXES} mixed prefixes, ${(bytes.length / 1e6).toFixed(0)} MB of CSV, parsed, built and swapped in`);
console.log(
  `  median ${median(seconds).toFixed(2)} s, ${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`,
);
console.log(
  `  ${(registry.byteLength / registry.count).toFixed(0)} octets per registration, in typed arrays, with its texts`,
);
console.log(`  first lookup after the swap ${(median(lookupSeconds) * 1e6).toFixed(0)} µs`);
