// Mutation testing: changes src in one place at a time, and a test must fail.
//
//   npm run mutate -- [AREA…] [--changed] [--concurrency N]
//
//   AREA           enforcement, breaker, …: see areas.mjs; all areas where none is given
//   --changed      runs only mutants whose code or tests have changed since the last run here
//   --concurrency  number of processes that run tests (default: 2)
//
// Each area's figures go to results/AREA.json, and RESULTS.md shows all of them. survivors.json has the reason
// for each accepted survivor.
// Exit code: 0 for success, 1 for a score below the minimum or a survivor without a reason, 2 for wrong usage.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { AREAS } from './areas.mjs';
import { areaResult, scoreOf, writePage, writeResult } from './results.mjs';
import { unexplained } from './survivors.mjs';

const LEAST_SCORE = 85;
const ROOT = join(import.meta.dirname, '../..');
/** Copies of the tree, and what --changed compares with. */
const WORK = '.mutate';

const { areas, isChangedOnly, concurrency } = wanted();
process.chdir(ROOT);
let failed = false;
for (const area of areas) {
  const startedMs = Date.now();
  const mutants = await mutate(area);
  const result = areaResult(area, mutants, (Date.now() - startedMs) / 1000);
  writeResult(result, isChangedOnly);
  failed = !report(result) || failed;
}
writePage();
process.exitCode = failed ? 1 : 0;

function wanted() {
  try {
    const { values, positionals } = parseArgs({
      options: { changed: { type: 'boolean', default: false }, concurrency: { type: 'string', default: '2' } },
      allowPositionals: true,
    });
    const strange = positionals.filter((name) => !(name in AREAS));
    if (strange.length > 0)
      throw new Error(`no area ${strange.join(', ')}; there are ${Object.keys(AREAS).join(', ')}`);
    if (!/^[1-9]\d?$/.test(values.concurrency)) throw new Error('--concurrency wants a number from 1 to 99');
    return {
      areas: positionals.length > 0 ? positionals : Object.keys(AREAS),
      isChangedOnly: values.changed,
      concurrency: Number(values.concurrency),
    };
  } catch (error) {
    process.stderr.write(`run.mjs: ${error.message}\n`);
    process.exit(2);
  }
}

/** The mutants of an area, each with its status. */
async function mutate(area) {
  const incrementalFile = join(WORK, `${area}.json`);
  if (!isChangedOnly) rmSync(incrementalFile, { force: true });
  process.env.MUTATE_TESTS = JSON.stringify(AREAS[area].tests);
  const stryker = new Stryker({
    mutate: AREAS[area].mutate,
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutate/vitest.config.ts' },
    coverageAnalysis: 'perTest',
    concurrency,
    incremental: true,
    incrementalFile,
    tempDirName: join(WORK, 'copies'),
    ignorePatterns: ['/.mutate', '/dist', '/bench', '/deploy'],
    reporters: ['progress-append-only'],
    // A mutant that never ends is ended after as long as its tests take without it, and this.
    timeoutMS: 4000,
    timeoutFactor: 2,
    checkers: [],
    plugins: ['@stryker-mutator/vitest-runner', join(ROOT, 'test/mutate/ignore-invariants.mjs')],
    ignorers: ['invariants'],
    allowEmpty: true,
  });
  return stryker.runMutationTest();
}

/** Says how the area fared; false where that is not well enough. */
function report(result) {
  const score = scoreOf(Object.values(result.files));
  const strange = unexplained(result.survivors);
  process.stdout.write(`\n${result.area}: ${score.toFixed(1)} % killed, ${result.survivors.length} survivors\n`);
  for (const { file, line, key } of strange) process.stdout.write(`  without a reason: ${file}:${line}  ${key}\n`);
  return score >= LEAST_SCORE && strange.length === 0;
}
