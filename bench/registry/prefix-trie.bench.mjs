/**
 * Registry lookups in 20,000 and 1,000,000 prefixes, IPv4 and IPv6, random and clustered. Workloads: addresses inside a
 * registered prefix, outside of all, and either at random; for clustered prefixes also outside but near. Each kind of
 * prefixes has a process of its own. `covers` is the engine's call, which also checks protocols and times. For
 * comparison: a linear search (a hundred addresses), and simple matching with `ipaddr.js` (parsed addresses and
 * prefixes, ten addresses). The last line of each table is the ratio of a million prefixes to 20,000.
 *
 * The ratio uses the processor time of the fastest quarter of the runs, because the machine is shared.
 */
import { spawnSync } from 'node:child_process';
import ipaddr from 'ipaddr.js';
import { formatAddress, formatPrefix } from '../../dist/core/ip-address.js';
import { RegistrationColumns } from '../../dist/registry/lookup/registration-columns.js';
import { Registry } from '../../dist/registry/registry.js';
import { measureParts } from '../part.mjs';
import {
  addressesInside,
  addressesOutside,
  clusteredPrefixes,
  maskOf,
  mixed,
  randomPrefixes,
  trieOf,
} from '../workload.mjs';

const LOOKUPS = 1_000_000;
const RUNS = 12;
const LINEAR_LOOKUPS = 100;
const IPADDR_LOOKUPS = 10;
const SMALL = 20_000;
const LARGE = 1_000_000;
const TIME_US = 1.7e15;
const SHAPES = { random: randomPrefixes, clustered: clusteredPrefixes };

const [shape, family] = process.argv.slice(2);
if (shape === undefined) {
  for (const each of ['IPv4', 'IPv6']) {
    for (const name of Object.keys(SHAPES)) {
      const { status } = spawnSync(process.execPath, [import.meta.filename, name, each], { stdio: 'inherit' });
      if (status !== 0) process.exitCode = 1;
    }
  }
} else {
  const small = await measure(SMALL);
  const large = await measure(LARGE);
  const ratios = small.map((ns, i) => (large[i] / ns).toFixed(1)).join(', ');
  console.log(`\n${family} ${shape}: ${LARGE} prefixes take ${ratios} times as long as ${SMALL}`);
}

/** Nanoseconds for each kind of lookup. */
async function measure(count) {
  const isIpv4 = family === 'IPv4';
  const prefixes = SHAPES[shape](count, isIpv4, 1);
  const trie = trieOf(prefixes, isIpv4);
  const registry = registryOf(prefixes);
  const inside = addressesInside(LOOKUPS, prefixes, isIpv4, 2);
  const outside = addressesOutside(LOOKUPS, prefixes, trie, isIpv4, shape === 'clustered', 3);
  const half = mixed(inside, outside, 4);
  checkAgainstTwin(trie, registry, prefixes, half);
  const size = (trie.byteLength / count).toFixed(1);
  console.log(`\n${count} ${shape} ${family} prefixes; the trie takes ${size} bytes per prefix`);
  const times = [
    ['half inside', () => lookupAll(trie, half)],
    ['inside a prefix', () => lookupAll(trie, inside)],
    ['outside', () => lookupAll(trie, outside)],
    ['covers, half inside', () => coverAll(registry, half)],
  ].map(([name, run]) => {
    const ns = processorTime(run) / LOOKUPS;
    console.log(`  ${name.padEnd(52)} ${ns.toFixed(1).padStart(11)} ns ${(1000 / ns).toFixed(1).padStart(9)} M/s`);
    return ns;
  });
  const slow = [['linear search, half inside', LINEAR_LOOKUPS, () => searchAll(prefixes, half, LINEAR_LOOKUPS)]];
  if (count === SMALL) slow.push(['ipaddr.js match, half inside', IPADDR_LOOKUPS, ipaddrTask(prefixes, half)]);
  await measureParts('the same, searched one by one', slow);
  return times;
}

/** The first quartile of processor time, nanoseconds. */
function processorTime(run) {
  const used = [];
  for (let i = 0; i < RUNS; i++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    used.push(1000 * (user + system));
  }
  return used.toSorted((a, b) => a - b)[RUNS >> 2];
}

/** A registry with one registration for each prefix, not in the order of prefixes. */
function registryOf(prefixes) {
  const columns = new RegistrationColumns();
  const { count } = prefixes;
  for (let i = 0; i < count; i++) {
    const row = (i * 7919) % count;
    columns.push(0, Infinity, i % 4 === 0 ? 0 : 0xff, 0, i + 2);
    columns.holders.push('');
    columns.references.push('');
    columns.prefixes.push(
      prefixes.word0[row],
      prefixes.word1[row],
      prefixes.word2[row],
      prefixes.word3[row],
      prefixes.length[row],
    );
  }
  columns.trim();
  return new Registry(columns, '');
}

function coverAll(registry, [word0, word1, word2, word3]) {
  let sum = 0;
  for (let i = 0; i < LOOKUPS; i++)
    sum = (sum + registry.covers(word0[i], word1[i], word2[i], word3[i], TIME_US, 1)) | 0;
  return sum;
}

function lookupAll(trie, [word0, word1, word2, word3]) {
  let sum = 0;
  for (let i = 0; i < LOOKUPS; i++) sum = (sum + trie.lookup(word0[i], word1[i], word2[i], word3[i])) | 0;
  return sum;
}

/** The most specific prefix that covers an address, by comparing all. */
function search(prefixes, a, b, c, d) {
  let found = -1;
  for (let row = 0; row < prefixes.count; row++) {
    const length = prefixes.length[row];
    if (((prefixes.word3[row] ^ d) & maskOf(length - 96)) !== 0 || ((prefixes.word0[row] ^ a) & maskOf(length)) !== 0)
      continue;
    if (
      ((prefixes.word1[row] ^ b) & maskOf(length - 32)) !== 0 ||
      ((prefixes.word2[row] ^ c) & maskOf(length - 64)) !== 0
    )
      continue;
    if (found < 0 || length > prefixes.length[found]) found = row;
  }
  return found;
}

function searchAll(prefixes, [word0, word1, word2, word3], count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += search(prefixes, word0[i], word1[i], word2[i], word3[i]);
  return sum | 0;
}

function ipaddrTask(prefixes, [word0, word1, word2, word3]) {
  const parsed = Array.from({ length: prefixes.count }, (_, row) =>
    ipaddr.parseCIDR(
      formatPrefix(
        prefixes.word0[row],
        prefixes.word1[row],
        prefixes.word2[row],
        prefixes.word3[row],
        prefixes.length[row],
      ),
    ),
  );
  const asked = Array.from({ length: IPADDR_LOOKUPS }, (_, i) =>
    ipaddr.parse(formatAddress(word0[i], word1[i], word2[i], word3[i])),
  );
  return () => {
    let sum = 0;
    for (const address of asked) sum += parsed.findIndex((prefix) => address.match(prefix));
    return sum;
  };
}

/** Checks that all compared methods give the same results. */
function checkAgainstTwin(trie, registry, prefixes, [word0, word1, word2, word3]) {
  for (let i = 0; i < 50; i++) {
    const expected = search(prefixes, word0[i], word1[i], word2[i], word3[i]);
    const seen = trie.lookup(word0[i], word1[i], word2[i], word3[i]);
    if (seen !== expected) throw new Error(`address ${i}: ${seen}, not ${expected}`);
    const row = registry.covers(word0[i], word1[i], word2[i], word3[i], TIME_US, 1);
    if (row >= 0 !== expected >= 0) throw new Error(`address ${i}: covered by ${row}, not ${expected}`);
  }
}
