/** Compiles an entry of the dataplane (test/assembly/entries), once for each state of its sources. Plain JavaScript, for the fuzzer too. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const SOURCE = 'src/dataplane/assembly';
const ENTRIES = 'test/assembly/entries';
const CACHE = 'node_modules/.cache/assembly';

/** The file of a build; that of its text lies beside it. */
export function built(name, build) {
  const file = join(ROOT, CACHE, `${name}-${build}-${hashOfSources()}.wasm`);
  if (existsSync(file)) return file;
  mkdirSync(join(ROOT, CACHE), { recursive: true });
  const made = `${file}.${process.pid}.wasm`;
  const output = ['--outFile', made, '--textFile', textOf(made)];
  const flags = ['--config', `${SOURCE}/asconfig.json`, '--target', build, ...output];
  const options = { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] };
  execFileSync('node_modules/.bin/asc', [join(ENTRIES, `${name}.ts`), ...flags], options);
  renameSync(textOf(made), textOf(file));
  renameSync(made, file);
  return file;
}

/** The file of a build's text. */
export function textOf(file) {
  return file.replace(/wasm$/, 'wat');
}

function hashOfSources() {
  const hash = createHash('sha256');
  for (const folder of [SOURCE, ENTRIES]) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      const path = join(ROOT, folder, name);
      if (statSync(path).isFile()) hash.update(name).update(readFileSync(path));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
