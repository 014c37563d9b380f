/** Inputs that once broke something (captures/regression) break nothing any more, in every variant of the fuzzer's checks. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));
/** In a process of its own, so that a hang is a failure and not a hang. */
const TIMEOUT_MS = 60_000;

test('kept inputs pass all checks', { timeout: 2 * TIMEOUT_MS }, () => {
  const output = execFileSync(process.execPath, [RUN, '--replay'], { encoding: 'utf8', timeout: TIMEOUT_MS });
  expect(output).toMatch(/ 0 of them fail\n$/);
});

test('a few hundred fresh inputs break nothing', { timeout: 2 * TIMEOUT_MS }, () => {
  const limits = ['--seed', '1', '--inputs', '200', '--seconds', '40', '--no-keep'];
  const output = execFileSync(process.execPath, [RUN, ...limits], { encoding: 'utf8', timeout: TIMEOUT_MS });
  expect(output).toContain(' 0 findings\n');
});
