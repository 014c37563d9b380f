#!/usr/bin/env node
/**
 * Generates registries for benchmarks: distinct prefixes of both families and of all usual lengths, the same for the same
 * options. A tenth of them lies in the networks that the traffic generator's servers are in, so some flows are registered.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { addressText } from './endpoints.mjs';
import { hashOf, shareOf, Stream } from './seeded.mjs';

const HELP = `node bench/generate/registry.mjs [--prefixes N] [--ipv6-share S] [--seed N] OUT.csv

Writes a registry of N distinct prefixes (20000), of which the share S (0.3) is IPv6.
`;

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';
const SECTORS = ['it', 'bank', 'call-centre', 'freelancer', 'university', 'mission', 'enterprise', 'other'];
const PROTOCOLS = ['', '', '', 'wireguard', 'openvpn;ipsec', 'wireguard;openvpn'];
const IPV4_LENGTHS = [32, 32, 32, 32, 30, 29, 28, 27, 26, 24, 24, 24, 22, 20];
const IPV6_LENGTHS = [128, 128, 64, 64, 64, 56, 56, 48, 48, 48, 40, 32];
const NEAR_SHARE = 0.1;
const PIECE_LENGTH = 1 << 20;

main();

function main() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { prefixes: text, 'ipv6-share': text, seed: text, help: { type: 'boolean' } },
  });
  if (values.help === true || positionals.length !== 1) {
    process.stdout.write(HELP);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  const count = Number(values.prefixes ?? 20_000);
  writeRegistry(positionals[0], count, Number(values['ipv6-share'] ?? 0.3), Number(values.seed ?? 1));
}

function writeRegistry(path, count, ipv6Share, seed) {
  const file = openSync(path, 'w');
  const stream = new Stream(seed);
  const seen = new Set();
  let text = `${HEADER}\n`;
  while (seen.size < count) {
    const prefix = stream.share() < ipv6Share ? ipv6Prefix(stream) : ipv4Prefix(stream);
    if (seen.has(prefix)) continue;
    seen.add(prefix);
    text += `${prefix},${rowBehind(seed, seen.size)}\n`;
    if (text.length < PIECE_LENGTH) continue;
    writeSync(file, text);
    text = '';
  }
  writeSync(file, text);
  closeSync(file);
}

function ipv4Prefix(stream) {
  const length = IPV4_LENGTHS[stream.below(IPV4_LENGTHS.length)];
  const near = stream.share() < NEAR_SHARE;
  const word = near ? 0xc6120000 | stream.below(0x20000) : ((1 + stream.below(222)) << 24) | (stream.word() & 0xffffff);
  return `${addressText(length === 32 ? word : word & (-1 << (32 - length)), false, false)}/${length}`;
}

function ipv6Prefix(stream) {
  const length = IPV6_LENGTHS[stream.below(IPV6_LENGTHS.length)];
  if (length === 128 && stream.share() < 0.5) return `${addressText(1 + stream.below(20_000), true, true)}/128`;
  const words = [0x20000000 | (stream.word() & 0x00ffffff), stream.word(), stream.word(), stream.word()];
  const groups = [];
  for (let group = 0; group < 8; group++) {
    const bits = Math.min(16, Math.max(0, length - 16 * group));
    const value = (words[group >> 1] >>> (group % 2 === 0 ? 16 : 0)) & 0xffff;
    groups.push((value & (bits === 0 ? 0 : (0xffff << (16 - bits)) & 0xffff)).toString(16));
  }
  const used = Math.ceil(length / 16);
  return `${groups.slice(0, used).join(':')}${used < 7 ? '::' : used === 7 ? ':0' : ''}/${length}`;
}

/** The fields after the prefix of row `row`. */
function rowBehind(seed, row) {
  const pick = (list, purpose) => list[(hashOf(seed, row, purpose) >>> 0) % list.length];
  const year = 2020 + ((hashOf(seed, row, 3) >>> 0) % 5);
  const until = shareOf(seed, row, 4) < 0.3 ? `${year + 3}-12-31` : '';
  const reference = `OW-${year}-${String(row).padStart(7, '0')}`;
  return `Example Holder ${row},${pick(SECTORS, 1)},${pick(PROTOCOLS, 2)},${year}-03-01,${until},${reference}`;
}
