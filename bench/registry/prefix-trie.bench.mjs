/**
 * Registry lookups: random addresses against 20,000 and 1,000,000 prefixes, IPv4 and IPv6, inside a registered prefix or not, and
 * half and half. Beside the trie a linear search (a hundred addresses) and `ipaddr.js` matching as one would write it first
 * (addresses and prefixes parsed beforehand, ten addresses).
 */
import ipaddr from 'ipaddr.js';
import { formatAddress } from '../../dist/core/ip-address.js';
import { formatPrefix } from '../../dist/registry/prefix.js';
import { measureParts } from '../part.mjs';
import { addresses, maskOf, randomPrefixes, trieOf } from '../workload.mjs';

const LOOKUPS = 200_000;
const LINEAR_LOOKUPS = 100;
const IPADDR_LOOKUPS = 10;
const SMALL = 20_000;

for (const isIpv4 of [true, false]) {
  for (const count of [SMALL, 1_000_000]) {
    const prefixes = randomPrefixes(count, isIpv4, 1);
    const trie = trieOf(prefixes, isIpv4);
    const hits = addresses(LOOKUPS, prefixes, isIpv4, true, 2);
    const misses = addresses(LOOKUPS, prefixes, isIpv4, false, 3);
    const half = hits.map((column, w) => column.map((word, i) => (i % 2 === 0 ? word : misses[w][i])));
    checkAgainstTwin(trie, prefixes, half);
    const tasks = [
      ['half inside', LOOKUPS, () => lookupAll(trie, half, LOOKUPS)],
      ['inside a prefix', LOOKUPS, () => lookupAll(trie, hits, LOOKUPS)],
      ['random addresses', LOOKUPS, () => lookupAll(trie, misses, LOOKUPS)],
      ['linear search, half inside', LINEAR_LOOKUPS, () => searchAll(prefixes, half, LINEAR_LOOKUPS)],
    ];
    if (count === SMALL) tasks.push(['ipaddr.js match, half inside', IPADDR_LOOKUPS, ipaddrTask(prefixes, half)]);
    const family = isIpv4 ? 'IPv4' : 'IPv6';
    const size = (trie.byteLength / count).toFixed(1);
    await measureParts(`${count} ${family} prefixes; the trie takes ${size} octets per prefix`, tasks);
  }
}

function lookupAll(trie, [word0, word1, word2, word3], count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += trie.lookup(word0[i], word1[i], word2[i], word3[i]);
  return sum | 0;
}

/** The most specific prefix that covers an address, by looking at all. */
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

/** What is compared must give the same answers. */
function checkAgainstTwin(trie, prefixes, [word0, word1, word2, word3]) {
  for (let i = 0; i < 50; i++) {
    const expected = search(prefixes, word0[i], word1[i], word2[i], word3[i]);
    const seen = trie.lookup(word0[i], word1[i], word2[i], word3[i]);
    if (seen !== expected) throw new Error(`address ${i}: ${seen}, not ${expected}`);
  }
}
