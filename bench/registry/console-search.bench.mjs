/**
 * Searches of the console in a registry of 1,000,000 rows, as the Registry page asks for them: by reference, by a part of a
 * holder, by address and by prefix. Prints the making of what they need, the times of each, and the longest turn of the
 * thread, in which no packet is processed.
 */
import { setImmediate } from 'node:timers/promises';
import { RegistryIndex } from '../../dist/daemon/console/registry-index.js';
import { searchRegistry } from '../../dist/daemon/console/registry-search.js';
import { parseRegistry } from '../../dist/registry/file/registry-file.js';
import { generated } from '../workload.mjs';

const PREFIXES = 1_000_000;
const ROUNDS = 200;
const ASKED = { timeUs: 1.8e15, protocol: 0 };

const { registry } = parseRegistry(generated('registry.mjs', '--prefixes', String(PREFIXES)), 'registry.csv');
const index = new RegistryIndex(registry);
const rowOf = (round) => registry.registrationAt((round * 4999 + 7) % registry.count);

console.log(`\n${PREFIXES} registrations: time, and longest turn of the thread, ms`);
await timed('make the index of references', () => index.references(), 1);
await timed('make the texts of holders', () => index.holders(), 1);
await timed('search a reference', (round) => searchRegistry(index, rowOf(round).reference, ASKED));
await timed('search a reference that is not there', (round) => searchRegistry(index, `NO-${round}`, ASKED));
await timed('search a part of a holder', (round) => searchRegistry(index, rowOf(round).holder.slice(2), ASKED));
await timed('search an address', (round) => searchRegistry(index, rowOf(round).prefix.split('/')[0], ASKED));
await timed('search a prefix', (round) => searchRegistry(index, rowOf(round).prefix, ASKED));

async function timed(name, work, rounds = ROUNDS) {
  const times = [];
  let longestMs = 0;
  for (let round = 0; round < rounds; round++) {
    let isOver = false;
    const turns = (async () => {
      for (let before = performance.now(); !isOver;) {
        await setImmediate();
        const now = performance.now();
        longestMs = Math.max(longestMs, now - before);
        before = now;
      }
    })();
    const began = performance.now();
    await work(round);
    times.push(performance.now() - began);
    isOver = true;
    await turns;
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.ceil(share * times.length) - 1)].toFixed(2);
  console.log(`  ${name.padEnd(40)} p50 ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)}; turn ${longestMs.toFixed(1)}`);
}
