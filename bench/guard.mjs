/**
 * Compares the speed of two commits on this machine: see --help. Each is checked out into a folder of its own and built, and they run in
 * turns. The older one runs twice in each round; the ratio of its two runs is the noise of the measurement.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, rounds, runOnce } from './measure.mjs';

const HELP = `npm run bench:guard -- [options]

Fails where HEAD takes more time than another commit over the same generated captures.

  --base COMMIT     what to compare with (the last tag before HEAD, else HEAD's parent)
  --head COMMIT     what to look at (HEAD)
  --threshold PCT   a slowdown over this fails (10)
  --rounds N        runs of each in the first series (7); where the noise is over half of the threshold, up to four series follow
  --packets N       packets of the realistic capture; others have a third (600000)
  --help

Looks at wall-clock and processor time alike. Exit codes: 0 no slowdown; 1 a slowdown, in either, that the noise does not explain;
2 wrong usage; 0 with a remark where the two cannot be compared: no earlier commit, a base that does not build or does not read
the captures, or noise that no number of runs could get below half of the threshold.
`;

const DEFAULTS = { threshold: '10', rounds: '7', packets: '600000', head: 'HEAD' };
const SERIES_LIMIT = 5;
const root = join(import.meta.dirname, '..');

function main() {
  const flags = readFlags();
  if (flags.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const base = flags.base ?? earlierCommit(flags.head);
  if (base === undefined) return remark('there is no earlier commit to compare with');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-guard-'));
  try {
    return compare(flags, resolve(base), resolve(flags.head), folder);
  } finally {
    for (const name of ['base', 'head']) git('worktree', 'remove', '--force', join(folder, name));
    rmSync(folder, { recursive: true, force: true });
  }
}

function readFlags() {
  const options = { help: { type: 'boolean' }, base: { type: 'string' } };
  for (const [name, value] of Object.entries(DEFAULTS)) options[name] = { type: 'string', default: value };
  const { values } = parseArgs({ options });
  for (const name of ['threshold', 'rounds', 'packets']) {
    if (Number(values[name]) > 0) continue;
    process.stderr.write(`--${name} must be a number above 0; see --help\n`);
    process.exit(2);
  }
  return values;
}

function compare(flags, base, head, folder) {
  if (base === head) return remark(`${base.slice(0, 12)} is what it would be compared with`);
  process.stdout.write(`base ${base.slice(0, 12)}, head ${head.slice(0, 12)}\n`);
  build(join(folder, 'head'), head, true);
  if (!build(join(folder, 'base'), base, false)) return remark('the base does not build');
  let slower = 0;
  for (const capture of generate(folder, Number(flags.packets))) {
    if (!runs(folder, 'head', capture)) throw new Error(`the head does not read ${capture.name}`);
    if (!runs(folder, 'base', capture)) {
      remark(`${capture.name}: the base does not read it`);
      continue;
    }
    if (isSlower(flags, folder, capture)) slower++;
  }
  return slower === 0 ? 0 : 1;
}

/** Checks out a commit and builds it. It uses the installed dependencies where the lock file is the same. */
function build(path, commit, mustBuild) {
  const added = git('worktree', 'add', '--detach', '--force', path, commit);
  if (added.status !== 0) throw new Error(`git worktree: ${added.stderr}`);
  const lock = (folder) => {
    const file = join(folder, 'package-lock.json');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  if (lock(path) === lock(root)) symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  else if (!succeeds('npm', ['ci', '--silent', '--no-audit', '--no-fund'], path, mustBuild)) return false;
  return succeeds('npm', ['run', '--silent', 'build'], path, mustBuild);
}

function succeeds(command, args, cwd, must) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0 && must) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return status === 0;
}

/** Generates the captures and a registry with the head's generator. */
function generate(folder, packets) {
  const third = String(Math.max(1000, Math.floor(packets / 3)));
  const kinds = { realistic: String(packets), 'all-vpn': third, 'new-flows': third };
  // The head's own generator may be older than this file: a comparison needs only the captures to be the same for both.
  for (const part of ['bench/generate', 'test/kit']) {
    cpSync(join(root, part), join(folder, 'generator', part), { recursive: true });
  }
  return Object.entries(kinds).map(([name, count]) => {
    const path = join(folder, `${name}.pcap`);
    const args = [join(folder, 'generator/bench/generate/main.mjs'), '--kind', name, '--packets', count, path];
    succeeds(process.execPath, args, folder, true);
    return { name, path };
  });
}

function runs(folder, which, capture) {
  return replay(folder, which, capture).status === 0;
}

/** Decisions are made and written, which every commit with a replay can do by the same flags. */
function replay(folder, which, { path }) {
  const program = programOf(folder, which);
  const events = join(folder, 'events.jsonl');
  // Outputs of the run before: a replay refuses to overwrite it, or does not have the flag that allows it.
  rmSync(events, { force: true });
  const args = ['replay', path, '--quiet', '--decisions', events, ...flagsOf(program)];
  return runOnce(process.execPath, [program, ...args], { cwd: join(folder, which) });
}

function programOf(folder, which) {
  const built = join(folder, which, 'dist/bin/sluice.js');
  // Commits before the program was bundled into one file.
  return existsSync(built) ? built : join(folder, which, 'dist/cli/main.js');
}

const knownFlags = new Map();

/**
 * The flags, of those that a commit has, that keep a replay in one thread and without hashes: two threads take less time and
 * more work.
 */
function flagsOf(program) {
  if (!knownFlags.has(program)) {
    const { stdout } = spawnSync(process.execPath, [program, 'replay', '--help'], { encoding: 'utf8' });
    const has = (flag) => stdout.includes(flag);
    knownFlags.set(program, [
      ...(has('--workers') ? ['--workers', '1'] : []),
      ...(has('--no-hash') ? ['--no-hash'] : []),
    ]);
  }
  return knownFlags.get(program);
}

/** Runs series until the ratios are worth comparing; says what came out. */
function isSlower(flags, folder, capture) {
  const threshold = Number(flags.threshold) / 100;
  const turns = ['base', 'head', 'again'].map((name) => ({ name, seconds: [], cpuSeconds: [] }));
  const [base, head, again] = turns;
  for (let series = 1; series <= SERIES_LIMIT; series++) {
    for (const order of rounds(turns, Number(flags.rounds))) {
      for (const turn of order) {
        const { seconds, cpuSeconds } = replay(folder, turn === head ? 'head' : 'base', capture);
        turn.seconds.push(seconds);
        turn.cpuSeconds.push(cpuSeconds);
      }
    }
    const verdicts = ['seconds', 'cpuSeconds'].map((metric) => judge(metric, base, head, again, threshold));
    const slow = verdicts.filter(({ isSlow }) => isSlow);
    const isOpen = slow.length === 0 && verdicts.some(({ isClear }) => !isClear);
    if (isOpen && series < SERIES_LIMIT) continue;
    report(capture.name, base.seconds.length, median(head.seconds), verdicts);
    if (verdicts.every(({ isClear }) => !isClear)) remark(`${capture.name}: too noisy to compare`);
    if (slow.length > 0) process.stdout.write(`${capture.name}: SLOWER by more than ${flags.threshold} %\n`);
    return slow.length > 0;
  }
  return false;
}

/**
 * One measure of all runs so far. The noise is how far the base's ratios to itself reach from 1, and the head is slower where its
 * ratio is, and even the lower end of where its true median lies is over what the noise explains.
 */
function judge(metric, base, head, again, threshold) {
  const itself = medianInterval(again[metric].map((value, i) => value / base[metric][i]));
  const noise = Math.max(Math.abs(itself.low - 1), Math.abs(itself.high - 1));
  // The base's two runs together are the better base.
  const bases = base[metric].map((value, i) => (value + again[metric][i]) / 2);
  const ratios = head[metric].map((value, i) => value / bases[i]);
  const slowdown = median(ratios) - 1;
  const isClear = noise <= threshold / 2;
  const isSlow = isClear && slowdown > threshold && medianInterval(ratios).low - 1 > Math.max(noise, threshold / 2);
  return { metric, noise, slowdown, isClear, isSlow };
}

/** The confidence interval of a median at about 95 % (order statistics, normal approximation). */
function medianInterval(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.max(0, Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2));
  return { low: sorted[at], high: sorted[sorted.length - 1 - at] };
}

function report(name, count, seconds, verdicts) {
  const words = { seconds: 'wall-clock', cpuSeconds: 'processor' };
  const parts = verdicts.map(
    ({ metric, noise, slowdown }) => `${words[metric]} ${percent(slowdown)} (noise ±${(noise * 100).toFixed(1)} %)`,
  );
  process.stdout.write(`${name}: ${parts.join(', ')}; median ${seconds.toFixed(2)} s, ${count} runs each\n`);
}

function percent(share) {
  return `${share < 0 ? '-' : '+'}${(Math.abs(share) * 100).toFixed(1)} %`;
}

function earlierCommit(head) {
  const tag = git('describe', '--tags', '--abbrev=0', `${head}^`);
  if (tag.status === 0) return tag.stdout.trim();
  const parent = git('rev-parse', '--verify', '--quiet', `${head}^`);
  return parent.status === 0 ? parent.stdout.trim() : undefined;
}

function resolve(commit) {
  const { status, stdout, stderr } = git('rev-parse', '--verify', `${commit}^{commit}`);
  if (status !== 0) throw new Error(`${commit} is no commit: ${stderr.trim()}`);
  return stdout.trim();
}

function git(...args) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' });
}

function remark(text) {
  process.stdout.write(`not compared: ${text}\n`);
  return 0;
}

process.exitCode = main();
