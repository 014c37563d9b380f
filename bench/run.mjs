/**
 * Runs the benchmarks of parts, each file in a process of its own. `node bench/run.mjs [words…]` runs the files whose
 * path contains one of the words, or all files. Build first.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const words = process.argv.slice(2);
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.bench.mjs'))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`no benchmark's path has ${words.join(' or ')} in it`);
  process.exitCode = 2;
}
for (const file of files) {
  console.log(`\n== ${relative('.', join(import.meta.dirname, file))}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, file)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
