/** Keeps an input that failed: a file in captures/regression, named by what it broke, and a row in the README there. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKS } from './examine.mjs';
import { CAPTURES } from './make-input.mjs';

export const REGRESSION = join(CAPTURES, 'regression');
const README = join(REGRESSION, 'README.md');
const HEAD = `# Inputs that broke something once

Found by the fuzzer (\`test/fuzz/run.mjs\`) or by hand, made as small as they go, and replayed by \`test/fuzz/regression.test.ts\`.
They are made of damaged packets of the project's own captures, and have no labels.

| file | what it broke | detail |
|---|---|---|
`;

function endingOf(octets) {
  const magic = octets.length >= 4 ? octets.readUInt32BE(0) : 0;
  if (magic >>> 16 === 0x1f8b) return 'gz';
  if (magic === 0x28b52ffd) return 'zst';
  return magic === 0x0a0d0d0a ? 'pcapng' : 'pcap';
}

/** Writes the file and its row; returns the file's path. An input that is kept already is left alone. */
export function keepInput(octets, { check, detail }, origin) {
  mkdirSync(REGRESSION, { recursive: true });
  if (!existsSync(README)) writeFileSync(README, HEAD);
  const digest = createHash('sha256').update(octets).digest('hex').slice(0, 8);
  const name = `${check}-${digest}.${endingOf(octets)}`;
  const path = join(REGRESSION, name);
  if (existsSync(path)) return path;
  writeFileSync(path, octets);
  const shown = detail.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 300);
  appendFileSync(README, `| ${name} | ${CHECKS[check]} (${origin}) | ${shown} |\n`);
  return path;
}
