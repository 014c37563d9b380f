// An upgrade and the way back, with a daemon built from an earlier commit of this repository: npm run build first, then
//   node test/daemon/upgrade-from.mjs COMMIT [--keep FOLDER] [--without-steps]
// The old, new, old and new program run one after the other on one spool, state, log, policy and registry; between two of them the
// steps of "Upgrade and rollback" in deploy/RUNBOOK.md are taken. Each gets one more file of 8 clients. Checked each time: the
// breaker stays tripped, no file is read twice or left out, the log has every decision once and no torn line. Exit 1 where
// something else comes. --keep leaves a copy of what the first old program left: test/daemon/upgrade/ was made so. --without-steps
// leaves the steps out: every file is then read again after the way back, and its decisions come twice.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const CLIENTS_PER_FILE = 8;
const DECISIONS_PER_CLIENT = 2;
const START_US = 1_731_261_600_000_000;
const WAIT_MS = 20_000;
const ARGUMENTS =
  'run --spool spool --settle 50ms --state state --policy policy.yaml --registry registry.csv --decisions decisions.jsonl --rotate-size 20kB --stats-every never --listen 127.0.0.1:0';
const POLICY =
  'name: test\nmode: enforce\nrules:\n  - { name: cut, when: { stage: confirmed }, action: block }\nsafety: { window: 60s, max_clients_affected: 5, max_share_affected: 100%, then: observe }\n';

const { values, positionals } = parseArgs({
  options: { keep: { type: 'string' }, 'without-steps': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [commit] = positionals;
if (commit === undefined) throw new Error('which commit?');

const folder = mkdtempSync(join(tmpdir(), 'sluice-upgrade-'));
const tree = join(folder, 'program');
const place = join(folder, 'place');
process.on('exit', () => {
  execFileSync('git', ['worktree', 'remove', '--force', tree], { cwd: PROJECT, stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
});

const capture = readFileSync(join(PROJECT, 'captures/wireguard/handshake-only.pcap'));
const records = [];
for (let at = 24; at < capture.length; at += records.at(-1).length)
  records.push(capture.subarray(at, at + 16 + capture.readUInt32LE(at + 8)));
/** Both packets of the handshake. */
const handshake = records.filter((record) => record.readUInt16BE(16 + 12) === 0x0800);
const client = handshake[0].subarray(16 + 26, 16 + 30);

let fileCount = 0;
const faults = [];

/** One more file of the spool, with new clients. */
function putFile() {
  const first = fileCount * CLIENTS_PER_FILE;
  const packets = Array.from({ length: CLIENTS_PER_FILE }, (_, i) => handshakeOf(first + i)).flat();
  const path = join(place, 'spool', `${fileCount}.pcap`);
  writeFileSync(`${path}.part`, Buffer.concat([capture.subarray(0, 24), ...packets]));
  renameSync(`${path}.part`, path);
  fileCount++;
}

/** The handshake of client 10.0.0.N, at a separate time. */
function handshakeOf(number) {
  const timeUs = START_US + number * 100_000;
  return handshake.map((record) => {
    const copy = Buffer.from(record);
    copy.writeUInt32LE(Math.floor(timeUs / 1e6), 0);
    copy.writeUInt32LE(timeUs % 1e6, 4);
    const isFromClient = record.subarray(16 + 26, 16 + 30).equals(client);
    copy.writeUInt32BE((10 << 24) | number, 16 + (isFromClient ? 26 : 30));
    return copy;
  });
}

/** Runs a program until it has read one more file, and stops it. Returns its metrics and its log. */
async function runOnce(program) {
  putFile();
  const child = spawn(process.execPath, [join(program, 'dist/bin/sluice.js'), ...ARGUMENTS.split(' ')], { cwd: place });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  let metrics = '';
  for (const until = Date.now() + WAIT_MS; !/^sluice_spool_files\{.*"done".*\} [1-9]/m.test(metrics);) {
    const port = /"port":(\d+)/.exec(log)?.[1];
    await sleep(50);
    if (port !== undefined) metrics = await pageOf(port);
    if (Date.now() > until || child.exitCode !== null) throw new Error(`no file was read:\n${log}`);
  }
  await sleep(1500);
  child.kill('SIGTERM');
  expect('exit code', await ended, 0);
  return { metrics, log };
}

function expect(what, found, expected) {
  const isSame = found === expected;
  console.log(`${isSame ? 'as expected' : 'NOT AS EXPECTED'}: ${what}: ${found}${isSame ? '' : `, not ${expected}`}`);
  if (!isSame) faults.push(what);
}

/** All lines of the log, including rotated files. */
function logLines() {
  const names = readdirSync(place).filter((name) => name.startsWith('decisions.jsonl'));
  const texts = names.sort().map((name) => readFileSync(join(place, name), 'utf8'));
  return texts.flatMap((text) => text.split('\n').slice(0, -1));
}

/** A program's page of metrics. */
function pageOf(port) {
  return new Promise((resolve, reject) => {
    const request = get(`http://127.0.0.1:${port}/metrics`, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}

async function stage(name, program) {
  console.log(`== ${name}`);
  const { metrics, log } = await runOnce(program);
  for (const line of log.split('\n')) if (/"level":"?(warn|error|40|50)/.test(line)) console.log(`   ${line}`);
  expect('the breaker has tripped', Number(/^sluice_breaker_tripped.* 1$/m.test(metrics)), 1);
  expect('enforcing', Number(/^sluice_enforcing.* (\d)$/m.exec(metrics)?.[1]), 0);
  const decisions = logLines()
    .map((line) => JSON.parse(line))
    .filter(({ event_type }) => event_type === 'decision')
    .map(({ timestamp, src_ip, vpn }) => `${timestamp} ${src_ip} ${vpn.stage}`);
  const count = fileCount * CLIENTS_PER_FILE * DECISIONS_PER_CLIENT;
  expect('decisions in the log', decisions.length, count);
  expect('of them different', new Set(decisions).size, count);
  console.log(
    `   in the state: ${readdirSync(join(place, 'state')).join(' ')}; logs: ${readdirSync(place)
      .filter((n) => n.startsWith('dec'))
      .join(' ')}`,
  );
}

execFileSync('git', ['worktree', 'add', '--detach', tree, commit], { cwd: PROJECT, stdio: 'ignore' });
symlinkSync(join(PROJECT, 'node_modules'), join(tree, 'node_modules'));
execFileSync('npm', ['run', '-s', 'build'], { cwd: tree });
mkdirSync(join(place, 'spool'), { recursive: true });
writeFileSync(join(place, 'policy.yaml'), POLICY);
writeFileSync(join(place, 'registry.csv'), 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n');

await stage('old', tree);
if (values.keep !== undefined) cpSync(place, values.keep, { recursive: true });
await stage('upgraded', PROJECT);
await stage('upgraded, after a restart', PROJECT);
const kept = join(place, 'state/spool-files.json');
if (existsSync(kept) && !values['without-steps']) {
  const data = readFileSync(kept, 'utf8').split('\n')[1];
  writeFileSync(join(place, 'state/spool.json'), data.replace('{', '{"version":1,'));
}
await stage('rolled back', tree);
await stage('upgraded again', PROJECT);
if (faults.length > 0) console.log(`FAILED: ${faults.join(', ')}`);
process.exitCode = faults.length > 0 ? 1 : 0;
