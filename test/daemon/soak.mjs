// A daemon under load for a while: npm run build first, then
//   node test/daemon/soak.mjs [--seconds 60] [--rate 50000] [--flows 200000] [--reload-every 10]
// Handshakes of many clients in turn, at the rate given, through a pipe with times of now; rules are reloaded meanwhile. At the
// end: packets lost, errors, the slope of memory over the second half, the lag of events behind their packets. Exit 1 where a
// packet or a line is lost, a reload fails, or memory grows.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { fetch } = globalThis;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '50000' },
    flows: { type: 'string', default: '200000' },
    'reload-every': { type: 'string', default: '10' },
  },
});
const [seconds, rate, flows, reloadEvery] = [values.seconds, values.rate, values.flows, values['reload-every']].map(
  Number,
);

const project = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-soak-'));
const registry = join(folder, 'registry.csv');
const GROWTH_LIMIT = 0.002; // Of the memory, each second, over the second half.
const TURN_MS = 20;

/** The records of a committed handshake: [frame, …]. */
function handshake() {
  const bytes = readFileSync(join(project, 'captures/wireguard/handshake.pcap'));
  const frames = [];
  for (let at = 24; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 8);
    frames.push(bytes.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return { header: bytes.subarray(0, 24), frames };
}

const { header, frames } = handshake();
const client = Buffer.from(frames[0].subarray(26, 30));

/** A client's packets, all of one moment. */
function conversation(number, nowUs) {
  return Buffer.concat(
    frames.map((frame) => {
      const record = Buffer.alloc(16 + frame.length);
      record.writeUInt32LE(Math.floor(nowUs / 1e6), 0);
      record.writeUInt32LE(Math.floor(nowUs % 1e6), 4);
      record.writeUInt32LE(frame.length, 8);
      record.writeUInt32LE(frame.length, 12);
      frame.copy(record, 16);
      const at = 16 + (frame.subarray(26, 30).equals(client) ? 26 : 30);
      record.writeUInt32BE((10 << 24) | number, at);
      return record;
    }),
  );
}

function writeRegistry(round) {
  const rows = [`198.51.100.0/24,Bank ${round},bank,,,,OW-1`];
  for (let i = 0; i < 20_000; i++) rows.push(`20.${i >> 8}.${i & 255}.0/24,Holder,it,,,,`);
  writeFileSync(registry, `prefix,holder,sector,protocols,valid_from,valid_until,reference\n${rows.join('\n')}\n`);
}

writeRegistry(0);
const args = [
  'run',
  '-',
  '--registry',
  registry,
  '--listen',
  '127.0.0.1:0',
  '--max-flows',
  '100000',
  '--rotate-size',
  '50MB',
];
args.push('--rotate-keep', '1', '--decisions', join(folder, 'events.jsonl'), '--flows', join(folder, 'events.jsonl'));
args.push('--on-full', 'wait');
const daemon = spawn(process.execPath, [join(project, 'dist/cli/main.js'), ...args], {
  stdio: ['pipe', 'ignore', 'pipe'],
});
let log = '';
daemon.stderr.setEncoding('utf8').on('data', (text) => (log += text));
const ended = new Promise((resolve) => daemon.on('close', resolve));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
while (!log.includes('"running"')) await pause(20);
const url = `http://127.0.0.1:${/"port":(\d+)/.exec(log)[1]}`;

async function metrics() {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (name, label = '') =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name} `) || (line.startsWith(`${name}{`) && line.includes(label)))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
  return { text, sum };
}

const start = performance.now();
const memory = [];
let sent = 0;
let number = 0;
let round = 0;
let nextReload = reloadEvery;
let nextLook = 1;
daemon.stdin.write(header);
for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - start) / 1000) {
  const due = Math.floor(elapsed * rate) - sent;
  if (due > 0) {
    const nowUs = (performance.timeOrigin + performance.now()) * 1000;
    const pieces = [];
    for (let made = 0; made < due; made += frames.length) {
      pieces.push(conversation(number, nowUs));
      sent += frames.length;
      number = (number + 1) % flows;
    }
    if (!daemon.stdin.write(Buffer.concat(pieces))) await new Promise((resolve) => daemon.stdin.once('drain', resolve));
  }
  if (elapsed >= nextReload) {
    nextReload += reloadEvery;
    writeRegistry(++round);
    void fetch(`${url}/-/reload`, { method: 'POST' });
  }
  if (elapsed >= nextLook) {
    nextLook++;
    memory.push([elapsed, (await metrics()).sum('sluice_resident_memory_bytes')]);
  }
  await pause(TURN_MS);
}
for (let tries = 0; tries < 500 && (await metrics()).sum('sluice_packets_total') < sent; tries++) await pause(20);
const { text, sum } = await metrics();

/** Least squares over the second half, octets per second. */
function slope(points) {
  const half = points.slice(points.length >> 1);
  const mean = (index) => half.reduce((total, point) => total + point[index], 0) / half.length;
  const [x, y] = [mean(0), mean(1)];
  const over = half.reduce((total, point) => total + (point[0] - x) * (point[1] - y), 0);
  return over / half.reduce((total, point) => total + (point[0] - x) ** 2, 0);
}

/** Bound below which a share of the lags lies. */
function quantile(share) {
  const buckets = [...text.matchAll(/sluice_source_lag_seconds_bucket\{le="([^"]+)"\} (\d+)/g)];
  const total = Number(buckets.at(-1)[2]);
  return buckets.find(([, , count]) => Number(count) >= total * share)[1];
}

const result = {
  seconds: Math.round((performance.now() - start) / 1000),
  packets_sent: sent,
  packets_per_second: Math.round(sent / seconds),
  packets_lost: sent - sum('sluice_packets_total'),
  flows: sum('sluice_flows_started_total'),
  decisions: sum('sluice_decisions_total'),
  reloads: sum('sluice_reloads_total', 'result="success"'),
  failed_reloads: sum('sluice_reloads_total', 'result="failure"'),
  lines_dropped: sum('sluice_event_log_dropped_lines_total'),
  memory_mb: Math.round(memory.at(-1)[1] / 1e6),
  memory_slope_kb_per_second: Math.round(slope(memory) / 1000),
  lag_below_seconds: { p50: quantile(0.5), p99: quantile(0.99) },
  errors: log.split('\n').filter((line) => line.includes('"error"')).length,
};
daemon.kill('SIGTERM');
result.exit = await ended;
rmSync(folder, { recursive: true });
console.log(JSON.stringify(result, null, 2));
const grows = slope(memory) > GROWTH_LIMIT * memory.at(-1)[1];
const bad = result.packets_lost + result.failed_reloads + result.lines_dropped + result.errors + result.exit;
if (bad > 0 || grows) process.exitCode = 1;
