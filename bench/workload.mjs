/** Inputs that benchmarks of parts share: generated captures held in memory as batches, and prefixes with addresses to look up. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureOf } from '../dist/capture/format/open-capture.js';
import { PacketBatch } from '../dist/capture/packet-batch.js';
import { PrefixColumns } from '../dist/registry/lookup/prefix-columns.js';
import { orderPrefixes } from '../dist/registry/lookup/prefix-order.js';
import { PrefixTrie } from '../dist/registry/lookup/prefix-trie.js';
import { Stream } from './generate/seeded.mjs';

const GENERATORS = join(import.meta.dirname, 'generate');

/** The bytes that a generator writes for these arguments. */
export function generated(script, ...args) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const path = join(folder, 'made');
    const { status, stderr } = spawnSync(process.execPath, [join(GENERATORS, script), ...args, path], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A generated capture as one batch that stays in memory. */
export async function packetsOf(...args) {
  const bytes = generated('main.mjs', ...args);
  let at = 0;
  const source = captureOf('generated', {
    end: { fault: 0, message: '' },
    read: (target, offset, length) => {
      const count = Math.min(length, bytes.length - at);
      bytes.copy(target, offset, at, at + count);
      at += count;
      return Promise.resolve(count);
    },
    close: () => Promise.resolve(),
  });
  const all = {
    data: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    at: [],
    capturedLength: [],
    wireLength: [],
    timeUs: [],
    linkType: [],
  };
  const batch = new PacketBatch();
  // Records have no gaps, so their offsets follow from their lengths.
  let place = 24;
  while (await source.read(batch)) {
    for (let row = 0; row < batch.count; row++) {
      all.at.push(place + 16);
      for (const column of ['capturedLength', 'wireLength', 'timeUs', 'linkType']) all[column].push(batch[column][row]);
      place += 16 + batch.capturedLength[row];
    }
  }
  await source.close();
  return {
    data: all.data,
    count: all.at.length,
    at: Uint32Array.from(all.at),
    capturedLength: Uint32Array.from(all.capturedLength),
    wireLength: Uint32Array.from(all.wireLength),
    timeUs: Float64Array.from(all.timeUs),
    linkType: Uint16Array.from(all.linkType),
  };
}

/** Some rows of a batch with their bytes in one block, which fits into a cache like a block that was just read. */
export function packed(packets, rows) {
  const total = rows.reduce((sum, row) => sum + packets.capturedLength[row], 0);
  const bytes = new Uint8Array(total);
  const from = new Uint8Array(packets.data.buffer, packets.data.byteOffset, packets.data.byteLength);
  const pick = (column) => column.constructor.from(rows, (row) => column[row]);
  const capturedLength = pick(packets.capturedLength);
  const at = new Uint32Array(rows.length);
  let place = 0;
  rows.forEach((row, i) => {
    at[i] = place;
    bytes.set(from.subarray(packets.at[row], packets.at[row] + capturedLength[i]), place);
    place += capturedLength[i];
  });
  const { wireLength, timeUs, linkType } = packets;
  const rest = { wireLength: pick(wireLength), timeUs: pick(timeUs), linkType: pick(linkType) };
  return { data: new DataView(bytes.buffer), count: rows.length, at, capturedLength, ...rest };
}

const IPV4_LENGTHS = [32, 32, 32, 30, 28, 27, 24, 24, 24, 22, 20, 16];
const IPV6_LENGTHS = [128, 128, 64, 64, 56, 48, 48, 40, 32];

/** `count` distinct random prefixes of one family, with the lengths of typical registries, in the trie's order. */
export function randomPrefixes(count, isIpv4, seed) {
  const lengths = isIpv4 ? IPV4_LENGTHS : IPV6_LENGTHS;
  return distinctPrefixes(count, seed, (stream) => ({
    words: randomWords(stream, isIpv4),
    length: lengths[stream.below(lengths.length)] + (isIpv4 ? 96 : 0),
  }));
}

const CLUSTER_SIZE = 5000;
const IPV6_REGIONS = [0x20010000, 0x24000000, 0x26000000, 0x2a000000, 0x2c000000];

/**
 * `count` distinct prefixes as a register of customers has them: a few networks (IPv4 /14, IPv6 /32 in five /12) with some thousands of prefixes in
 * each, the longer the more of them, a third of them counted up from the network's start.
 */
export function clusteredPrefixes(count, isIpv4, seed) {
  const networks = Array.from({ length: Math.max(2, Math.ceil(count / CLUSTER_SIZE)) }, (_, i) => {
    const stream = new Stream(seed + 1000 + i);
    return isIpv4 ? stream.word() & maskOf(14) : IPV6_REGIONS[stream.below(5)] | (stream.word() & 0xfffff);
  });
  const lengths = isIpv4 ? [32, 32, 32, 30, 29, 28, 28, 27, 26] : [128, 64, 64, 60, 56, 56, 48, 48, 44];
  return distinctPrefixes(count, seed, (stream) => {
    const network = networks[stream.below(networks.length)];
    const length = lengths[stream.below(lengths.length)];
    const isCounted = stream.below(3) === 0;
    if (isIpv4) {
      const inside = isCounted ? stream.below(CLUSTER_SIZE) << (32 - length) : stream.word();
      return { words: [0, 0, 0xffff, network | (inside & ~maskOf(14))], length: length + 96 };
    }
    const word1 = isCounted ? stream.below(CLUSTER_SIZE) << Math.max(0, 64 - length) : stream.word();
    return { words: [network, word1, 0, stream.below(1000)], length };
  });
}

function randomWords(stream, isIpv4) {
  if (isIpv4) return [0, 0, 0xffff, stream.word()];
  return [0x20000000 | (stream.word() & 0xffffff), stream.word(), stream.word(), stream.word()];
}

function distinctPrefixes(count, seed, draw) {
  const stream = new Stream(seed);
  const drawn = new PrefixColumns();
  const seen = new Set();
  while (seen.size < count) {
    const { words, length } = draw(stream);
    const [a, b, c, d] = words.map((word, i) => word & maskOf(length - 32 * i));
    const key = `${a} ${b} ${c} ${d} ${length}`;
    if (seen.has(key)) continue;
    seen.add(key);
    drawn.push(a, b, c, d, length);
  }
  const { rows } = orderPrefixes(drawn);
  const ordered = new PrefixColumns(count);
  for (const row of rows)
    ordered.push(drawn.word0[row], drawn.word1[row], drawn.word2[row], drawn.word3[row], drawn.length[row]);
  return ordered;
}

/** The trie over prefixes of one family. */
export function trieOf(prefixes, isIpv4) {
  return new PrefixTrie(prefixes, isIpv4 ? prefixes.count : 0);
}

/** Addresses in four columns of words, each inside a random prefix of the list. */
export function addressesInside(count, prefixes, isIpv4, seed) {
  const stream = new Stream(seed);
  return addressColumns(count, () => {
    const row = stream.below(prefixes.count);
    const words = randomWords(stream, isIpv4);
    return [0, 1, 2, 3].map((w) => {
      const mask = maskOf(prefixes.length[row] - 32 * w);
      return (prefixes[`word${w}`][row] & mask) | (words[w] & ~mask);
    });
  });
}

/** Addresses in four columns of words that no prefix covers: random ones, or, "near", in the same IPv4 /14 or IPv6 /32 as a prefix. */
export function addressesOutside(count, prefixes, trie, isIpv4, isNear, seed) {
  const stream = new Stream(seed);
  return addressColumns(count, () => {
    for (;;) {
      const words = randomWords(stream, isIpv4);
      const row = stream.below(prefixes.count);
      if (isNear && isIpv4) words[3] = (prefixes.word3[row] & maskOf(14)) | (words[3] & ~maskOf(14));
      if (isNear && !isIpv4) words[0] = prefixes.word0[row];
      if (trie.lookup(...words) < 0) return words;
    }
  });
}

/** Mixes two lists of addresses at random, because a processor would predict alternation. */
export function mixed(left, right, seed) {
  const stream = new Stream(seed);
  const picks = Uint8Array.from(left[0], () => stream.below(2));
  return left.map((column, w) => column.map((word, i) => (picks[i] === 0 ? word : right[w][i])));
}

function addressColumns(count, draw) {
  const columns = [0, 1, 2, 3].map(() => new Int32Array(count));
  for (let i = 0; i < count; i++) {
    const words = draw();
    for (let w = 0; w < 4; w++) columns[w][i] = words[w];
  }
  return columns;
}

export function maskOf(bits) {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}
