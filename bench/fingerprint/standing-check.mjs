/**
 * What the standing check costs (src/dataplane/assembly/fingerprint/session-opening): `sluice replay` as it is beside the same program without it, on the
 * realistic capture, in fresh processes that take turns. Build first, then
 *
 *     npm run bench:standing -- [--packets N] [--rounds N] [CAPTURE]
 *
 * Prints the median of each, and the median of the ratios of wall-clock and of processor time.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, medianRatio, rounds, runOnce } from '../measure.mjs';

const root = join(import.meta.dirname, '../..');
/** As deep as dist/bin, since the program finds its rules from its own place. */
const WITHOUT = join(root, 'dist/without-standing-check');
const ASSEMBLY = join(root, 'src/dataplane/assembly');

const { values, positionals } = parseArgs({
  options: { packets: { type: 'string', default: '3000000' }, rounds: { type: 'string', default: '7' } },
  allowPositionals: true,
});
buildWithout();
const folder = mkdtempSync(join(tmpdir(), 'sluice-standing-'));
try {
  const capture = positionals[0] ?? generate(join(folder, 'realistic.pcap'));
  report(measure(capture));
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(WITHOUT, { recursive: true, force: true });
}

/** The same program, in which no packet of a given-up flow opens a session. */
function buildWithout() {
  rmSync(WITHOUT, { recursive: true, force: true });
  cpSync(join(root, 'dist/bin'), WITHOUT, { recursive: true });
  const sources = mkdtempSync(join(tmpdir(), 'sluice-assembly-'));
  try {
    cpSync(ASSEMBLY, sources, { recursive: true });
    const check = 'export function opensSession(at: usize, captured: i32, length: i32): bool {\n  return false;\n}\n';
    writeFileSync(join(sources, 'fingerprint/session-opening.ts'), check);
    const flags = ['--config', join(sources, 'asconfig.json'), '--target', 'release'];
    const output = ['--outFile', join(WITHOUT, 'dataplane.wasm')];
    execFileSync(join(root, 'node_modules/.bin/asc'), [join(sources, 'exports.ts'), ...flags, ...output], {
      cwd: root,
    });
  } finally {
    rmSync(sources, { recursive: true, force: true });
  }
}

function generate(path) {
  const flags = ['--packets', values.packets, '--flows', String(Math.ceil(Number(values.packets) / 15))];
  const made = spawnSync(
    process.execPath,
    [join(root, 'bench/generate/main.mjs'), '--kind', 'realistic', ...flags, path],
    {
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  return path;
}

function measure(capture) {
  const turns = { with: join(root, 'dist/bin/sluice.js'), without: join(WITHOUT, 'sluice.js') };
  const wall = { with: [], without: [] };
  const cpu = { with: [], without: [] };
  for (const order of rounds(Object.keys(turns), Number(values.rounds))) {
    for (const name of order) {
      const run = runOnce(process.execPath, [turns[name], 'replay', capture, '--workers', '1', '--quiet']);
      if (run.status !== 0) throw new Error(run.stderr);
      wall[name].push(run.seconds);
      cpu[name].push(run.cpuSeconds);
    }
  }
  return { wall, cpu };
}

function report({ wall, cpu }) {
  for (const [name, times] of [
    ['wall-clock', wall],
    ['processor', cpu],
  ]) {
    const seconds = `${median(times.with).toFixed(2)} s with, ${median(times.without).toFixed(2)} s without`;
    console.log(`${name}: ${seconds}, ratio ${medianRatio(times.with, times.without).toFixed(3)}`);
  }
}
