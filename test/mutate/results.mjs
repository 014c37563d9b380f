/** The results: results/AREA.json for each area, and the page RESULTS.md for all of them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { AREAS } from './areas.mjs';
import { keyOf, reasonOf } from './survivors.mjs';

const FOLDER = join(import.meta.dirname, 'results');
const ROOT = join(import.meta.dirname, '../..');
const COLUMNS = { Killed: 'killed', Timeout: 'timeouts', Survived: 'survived', NoCoverage: 'uncovered' };

/** Counts the mutants of an area by file and status. Survivors include mutants without a test that runs their code. */
export function areaResult(area, mutants, seconds) {
  const files = {};
  const survivors = [];
  const texts = new Map();
  for (const mutant of mutants) {
    const column = COLUMNS[mutant.status];
    // A mutant whose code does not load is not counted.
    if (column === undefined) continue;
    const file = relative(ROOT, mutant.fileName);
    files[file] ??= { killed: 0, timeouts: 0, survived: 0, uncovered: 0 };
    files[file][column]++;
    if (column !== 'survived' && column !== 'uncovered') continue;
    if (!texts.has(file)) texts.set(file, readFileSync(join(ROOT, file), 'utf8').split('\n'));
    const key = keyOf(mutant, texts.get(file));
    survivors.push({
      file,
      line: mutant.location.start.line,
      key,
      ...(column === 'uncovered' ? { uncovered: true } : {}),
    });
  }
  survivors.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.key.localeCompare(b.key));
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => a.localeCompare(b)));
  return {
    area,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    node: process.version,
    seconds: Math.round(seconds),
    files: sorted,
    survivors,
  };
}

/** The percentage of mutants that a test kills. */
export function scoreOf(counts) {
  const sum = summed(counts);
  const noticed = sum.killed + sum.timeouts;
  const all = noticed + sum.survived + sum.uncovered;
  return all === 0 ? 100 : (100 * noticed) / all;
}

function summed(counts) {
  const sum = { killed: 0, timeouts: 0, survived: 0, uncovered: 0 };
  for (const count of counts) for (const column of Object.keys(sum)) sum[column] += count[column];
  return sum;
}

const pathOf = (area) => join(FOLDER, `${area}.json`);

/** Writes the figures of an area. A run with --changed keeps the time of the last complete run. */
export function writeResult(result, isChangedOnly) {
  mkdirSync(FOLDER, { recursive: true });
  const path = pathOf(result.area);
  const seconds = isChangedOnly && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).seconds : result.seconds;
  writeFileSync(path, `${JSON.stringify({ ...result, seconds }, null, 2)}\n`);
}

/** Writes the page of all areas with results. */
export function writePage() {
  const results = Object.keys(AREAS)
    .filter((area) => existsSync(pathOf(area)))
    .map((area) => JSON.parse(readFileSync(pathOf(area), 'utf8')));
  const page = [
    '# Mutation testing: results',
    '',
    '`npm run mutate` writes this page. Score: mutants that a test notices (killed, or so slow that they were ended), as a share of all, also of those that no test comes by.',
    '',
    ...scoreTable(results),
    '',
    ...results.flatMap(fileTable),
    '## Survivors',
    '',
    ...survivorLines(results),
  ];
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), `${page.join('\n').trimEnd()}\n`);
}

const HEAD = 'killed | timeouts | survived | uncovered | score';

function scoreTable(results) {
  const all = results.flatMap(({ files }) => Object.values(files));
  return [
    `| area | ${HEAD} | date | commit | Node | minutes |`,
    '|---|--:|--:|--:|--:|--:|---|---|---|--:|',
    ...results.map(
      ({ area, files, date, commit, node, seconds }) =>
        `| ${area} | ${cells(Object.values(files))} | ${date} | ${commit} | ${node} | ${(seconds / 60).toFixed(1)} |`,
    ),
    `| all | ${cells(all)} | | | | |`,
  ];
}

function fileTable({ area, files }) {
  return [
    `## ${area}`,
    '',
    `| file | ${HEAD} |`,
    '|---|--:|--:|--:|--:|--:|',
    ...Object.entries(files).map(([file, counts]) => `| ${file} | ${cells([counts])} |`),
    '',
  ];
}

function cells(counts) {
  const { killed, timeouts, survived, uncovered } = summed(counts);
  return `${killed} | ${timeouts} | ${survived} | ${uncovered} | ${scoreOf(counts).toFixed(1)} %`;
}

/** Survivors by reason. */
function survivorLines(results) {
  const byReason = new Map();
  for (const survivor of results.flatMap(({ survivors }) => survivors)) {
    const reason = reasonOf(survivor) ?? 'Without a reason so far.';
    byReason.set(reason, [...(byReason.get(reason) ?? []), survivor]);
  }
  return [...byReason].flatMap(([reason, survivors]) => [
    `**${survivors.length}:** ${reason}`,
    '',
    ...survivors.map(({ file, line, key }) => `- ${file}:${line} ${key}`),
    '',
  ]);
}

/** The commit of the tree, with a `+` where src or tests have uncommitted changes. */
function commit() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8', cwd: ROOT }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--', 'src', 'test/**/*.test.ts') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (isChanged ? '+' : '');
  } catch {
    return 'unknown';
  }
}
