// A daemon under load for a while: npm run build first, then
//   node test/daemon/soak.mjs [--interface] [--seconds 60] [--rate 50000] [--flows 200000] [--reload-every 10] [--no-hostile]
// VPN flows that begin and end all the time, at the rate given: through a pipe, or with --interface over a virtual link (root;
// Debian's iproute2, util-linux, tcpreplay, tcpdump) sent by tcpreplay and captured by tcpdump. Once the flow table is full the
// measured time begins; meanwhile rules are reloaded, the log of flows is rotated, metrics are scraped each second, and hostile
// requests come each second. Decisions go to standard output, where this program reads them. At the end, as JSON: packets lost,
// errors, the slope of memory over the second half with its 95 % interval, the delay from a packet to the line of its decision.
// Exit 1 where a packet (once the table is full) or a line is lost, an error was logged, a reload fails, a hostile request is served, or memory grows.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LineTimes } from '../../bench/live/line-times.mjs';
import { RunningSluice } from '../../bench/live/running-sluice.mjs';
import { enterOwnNetwork } from '../../bench/live/virtual-link.mjs';
import { HostileRequests } from './soak-hostile.mjs';
import { LinkTraffic } from './soak-link.mjs';
import { PipeTraffic } from './soak-pipe.mjs';
import { slopeOf } from './soak-slope.mjs';

const { values } = parseArgs({
  options: {
    interface: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '50000' },
    flows: { type: 'string', default: '200000' },
    'reload-every': { type: 'string', default: '10' },
    // Maximum growth of memory over the second half of the time, as a fraction.
    growth: { type: 'string', default: '0.05' },
    'no-hostile': { type: 'boolean', default: false },
  },
});
const [seconds, rate, flows, reloadEvery] = [values.seconds, values.rate, values.flows, values['reload-every']].map(
  Number,
);

/** Required share of the requested rate. */
const LEAST_RATE = 0.98;
const FILLED = 0.95;
const FILL_LIMIT_MS = 180_000;
const LAST_PACKETS_MS = 10_000;
const PROGRESS_SECONDS = 60;
const REGISTRY_ROWS = 20_000;

if (values.interface) enterOwnNetwork();
const folder = mkdtempSync(join(tmpdir(), 'sluice-soak-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const registry = join(folder, 'registry.csv');
const flowLog = join(folder, 'flows.jsonl');

function writeRegistry(round) {
  const rows = [`198.51.100.0/24,Bank ${round},bank,,,,OW-1`];
  for (let i = 0; i < REGISTRY_ROWS; i++) rows.push(`20.${i >> 8}.${i & 255}.0/24,Holder,it,,,,`);
  writeFileSync(registry, `prefix,holder,sector,protocols,valid_from,valid_until,reference\n${rows.join('\n')}\n`);
}

writeRegistry(0);
const traffic = values.interface ? new LinkTraffic(folder, rate) : new PipeTraffic(rate, flows);
const logs = ['--decisions', '-', '--flows', flowLog, '--rotate-size', '50MB', '--rotate-keep', '1'];
const rules = ['--registry', registry, '--max-flows', String(flows)];
const daemon = await new RunningSluice([...traffic.source, ...rules, '--on-full', 'wait', ...logs], 'pipe').started();
const times = new LineTimes(daemon.child.stdout);
const hostile = values['no-hostile'] ? null : new HostileRequests(Number(new URL(daemon.url).port), daemon.control);
traffic.start(daemon.child);

const fillBy = performance.now() + FILL_LIMIT_MS;
while ((await daemon.metrics()).sum('sluice_flows_active') < flows * FILLED) {
  if (performance.now() > fillBy || traffic.hasEnded) throw new Error(`the flow table does not fill\n${daemon.log}`);
  await sleep(500);
}

const before = await daemon.metrics();
times.begin();
const start = performance.now();
const memory = [];
const reloads = [];
let longestStall = 0;
for (let tick = 1; tick <= seconds; tick++) {
  await sleep(Math.max(0, start + tick * 1000 - performance.now()));
  if (traffic.hasEnded) throw new Error('the traffic has ended');
  if (tick % reloadEvery === 0) {
    writeRegistry(tick);
    reloads.push(daemon.reload());
  }
  hostile?.send();
  const page = await daemon.metrics();
  memory.push([(performance.now() - start) / 1000, page.sum('sluice_resident_memory_bytes')]);
  longestStall = Math.max(longestStall, page.sum('sluice_event_loop_lag_seconds', '"max"'));
  if (tick % PROGRESS_SECONDS === 0) {
    const megabytes = Math.round(memory.at(-1)[1] / 1e6);
    process.stderr.write(`${tick} s: ${page.sum('sluice_packets_total')} packets, ${megabytes} MB\n`);
  }
}
const after = await daemon.metrics();
times.end();
const measured = (performance.now() - start) / 1000;
await Promise.all(reloads);
hostile?.stop();
const sent = await traffic.stop();
const lostWhileFilling = before.sum('sluice_capture_dropped_packets_total');
const lastBy = performance.now() + LAST_PACKETS_MS;
while ((await daemon.metrics()).sum('sluice_packets_total') < sent && performance.now() < lastBy) await sleep(50);
// The kernel's drops are asked for every two seconds.
await sleep(2500);
const last = await daemon.metrics();

const half = memory.slice(memory.length >> 1);
const slope = slopeOf(half);
const inMeasured = (name, label) => after.sum(name, label) - before.sum(name, label);
const result = {
  source: values.interface ? 'interface' : 'pipe',
  kernel_buffer: traffic.kernelBuffer,
  seconds: Math.round(measured),
  packets_per_second: Math.round(inMeasured('sluice_packets_total') / measured),
  packets_sent: sent,
  packets_lost_while_filling: lostWhileFilling,
  packets_lost: sent - last.sum('sluice_packets_total') - lostWhileFilling,
  dropped_by_kernel_or_interface: last.sum('sluice_capture_dropped_packets_total') - lostWhileFilling,
  capture_restarts: last.sum('sluice_capture_restarts_total'),
  flows_active: after.sum('sluice_flows_active'),
  flows_started_per_second: Math.round(inMeasured('sluice_flows_started_total') / measured),
  decisions: inMeasured('sluice_decisions_total'),
  event_lines: inMeasured('sluice_event_log_lines_total'),
  event_lines_dropped: last.sum('sluice_event_log_dropped_lines_total'),
  reloads: last.sum('sluice_reloads_total', '"success"'),
  reloads_failed: last.sum('sluice_reloads_total', '"failure"'),
  longest_event_loop_stall_seconds: Number(longestStall.toFixed(3)),
  rotations: last.sum('sluice_event_log_rotations_total'),
  scrapes: memory.length,
  hostile_requests: hostile?.sent ?? 0,
  hostile_answers: hostile?.answers ?? {},
  packet_to_event_line_ms: times.distribution([0.5, 0.9, 0.99, 0.999]),
  memory_mb: Math.round(memory.at(-1)[1] / 1e6),
  memory_slope_kb_per_second: Math.round(slope.perSecond / 100) / 10,
  memory_slope_interval: [slope.low, slope.high].map((bound) => Math.round(bound / 100) / 10),
  processor_share: Number((inMeasured('sluice_cpu_seconds_total') / measured).toFixed(2)),
  errors: daemon.errors,
  exit: await daemon.stop(),
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);

const served = (result.hostile_answers['2xx'] ?? 0) + (result.hostile_answers['5xx'] ?? 0);
const faults = [
  [result.packets_lost !== 0, 'packets were lost'],
  [result.dropped_by_kernel_or_interface !== 0, 'packets were dropped by kernel or interface'],
  [result.packets_per_second < rate * LEAST_RATE, 'the rate was not reached'],
  [result.event_lines_dropped !== 0, 'event lines were dropped'],
  [result.reloads < Math.floor(seconds / reloadEvery) || result.reloads_failed !== 0, 'a reload failed'],
  [times.count === 0, 'no decision was read'],
  [served > 0, 'hostile requests were served, or met an error of the server'],
  [result.errors.length > 0, 'errors were logged'],
  [result.exit !== 0, 'the daemon did not end as it should'],
  [slope.low * (measured / 2) > Number(values.growth) * memory.at(-1)[1], 'memory grows'],
].filter(([isSo]) => isSo);
for (const [, what] of faults) process.stderr.write(`FAILED: ${what}\n`);
process.exit(faults.length > 0 ? 1 : 0);
