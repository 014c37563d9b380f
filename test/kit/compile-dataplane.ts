/** Before the tests: compiles the dataplane where its sources are newer than what was compiled last. */
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = 'src/dataplane/assembly';
const COMPILED = 'dist/bin/dataplane.wasm';

export default function compileDataplane(): void {
  const compiled = statSync(COMPILED, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const names = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const isNewer = names.some((name) => statSync(join(SOURCES, name)).mtimeMs > compiled);
  if (isNewer) execFileSync('npm', ['run', '--silent', 'build:dataplane'], { stdio: 'inherit' });
}
