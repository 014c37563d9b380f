/** The result of a campaign: its figures, with machine, commit and seed. Only campaigns at full size are written. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

export const isShort = process.env.PROOF !== 'full';

export function writeResult(name: string, seed: number, seconds: number, figures: unknown): void {
  const result = {
    proof: name,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memory_gb: Math.round(totalmem() / 1e9),
      kernel: release(),
      node: process.version,
    },
    seed,
    seconds: Math.round(seconds),
    figures,
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(text);
  if (!isShort) writeFileSync(join(import.meta.dirname, 'results', `${name}.json`), text);
}

/** The commit of the tree, with a `+` if files have been changed since. */
function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--', ':/src') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (isChanged ? '+' : '');
  } catch {
    return 'unknown';
  }
}
