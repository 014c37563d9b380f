#!/usr/bin/env node
/**
 * How long after a packet its event can be read: see --help. The packet's time is the kernel's, on arrival at the device; the event's is
 * when this program reads its line from Sluice's standard output. tcpreplay and tcpdump are processes of their own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readNumberFlags } from './number-flags.mjs';
import { generatedCapture, LiveRun } from './live-run.mjs';
import { PollingPages } from './polling-pages.mjs';
import { enterOwnNetwork } from './virtual-link.mjs';

const HELP = `npm run bench:live -- [options]

Sends generated traffic over a virtual link to "sluice run --interface" and prints how long after its packet each decision could be
read, as a distribution. Root; Debian's iproute2, util-linux, tcpreplay, tcpdump.

  --rate N        packets per second (100000)
  --seconds N     of measuring, after the warm-up (20)
  --warm-up N     seconds (5)
  --kind KIND     of bench/generate: realistic or all-vpn (realistic)
  --packets N     packets of the generated capture, which is sent again and again with other addresses (1000000)
  --limit MS      bound on the 99th percentile (250)
  --pages N       pages of the console that are open meanwhile, each asking once a second (0)
  --burst N       requests of one address beyond that, all at once each ten seconds (0)
  --checkpoint-every TIME
                  checkpoints of all flows meanwhile, as 10s (none)
  --json          print one JSON object instead
  --help

Exit codes: 0 the rate was reached, nothing was lost and the 99th percentile is within the limit; 1 not so; 2 wrong usage.
`;

const DEFAULTS = { rate: '100000', seconds: '20', 'warm-up': '5', packets: '1000000', limit: '250' };
const SHARES = [0.5, 0.9, 0.99, 0.999];
/** A fraction of the rate asked for. */
const LEAST_RATE = 0.99;

const flags = readFlags();
enterOwnNetwork();
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
process.exitCode = report(await measure());

function readFlags() {
  const others = {
    json: { type: 'boolean' },
    kind: { type: 'string', default: 'realistic' },
    pages: { type: 'string', default: '0' },
    burst: { type: 'string', default: '0' },
    'checkpoint-every': { type: 'string' },
  };
  const values = readNumberFlags({ help: HELP, defaults: DEFAULTS, others });
  for (const name of Object.keys(DEFAULTS)) values[name] = Number(values[name]);
  return values;
}

async function measure() {
  const capture = generatedCapture(folder, flags.kind, flags.packets);
  const every = flags['checkpoint-every'];
  const run = await LiveRun.begin({
    ...{ capture, rate: flags.rate, folder },
    ...(every !== undefined && { args: ['--checkpoint-every', every], state: join(folder, 'state') }),
  });
  const { sluice, times } = run;
  const hasPages = flags.pages !== '0' || flags.burst !== '0';
  const pages = hasPages ? new PollingPages(sluice.url, flags.pages, flags.burst) : null;
  await sleep(flags['warm-up'] * 1000);

  const beforePage = await sluice.metrics();
  const { seconds, packetsPerSecond } = await run.measure(flags.seconds);
  const afterPage = await sluice.metrics();
  const polled = await pages?.stop();
  const { metrics, ...counts } = await run.end();
  return {
    kind: flags.kind,
    seconds,
    packetsPerSecond,
    ...counts,
    droppedInWarmUp: beforePage.sum('sluice_capture_dropped_packets_total'),
    stallSeconds: { warmUp: longestStall(beforePage), measured: longestStall(afterPage) },
    flowsPerSecond:
      (afterPage.sum('sluice_flows_started_total') - beforePage.sum('sluice_flows_started_total')) / seconds,
    processorShare: (afterPage.sum('sluice_cpu_seconds_total') - beforePage.sum('sluice_cpu_seconds_total')) / seconds,
    events: times.count,
    eventsPerSecond: times.count / seconds,
    milliseconds: times.distribution(SHARES),
    answers: polled?.answers ?? {},
    checkpoints: checkpointsOf(metrics),
  };
}

/** Null where none were asked for. */
function checkpointsOf(page) {
  if (flags['checkpoint-every'] === undefined) return null;
  return {
    saved: page.sum('sluice_checkpoints_total', 'result="saved"'),
    bytes: page.sum('sluice_checkpoint_bytes'),
    flows: page.sum('sluice_flows_active'),
    longestWaitSeconds: page.sum('sluice_checkpoint_longest_copy_seconds'),
  };
}

/** Since the page before it. */
function longestStall(page) {
  return page.sum('sluice_event_loop_lag_seconds', '"max"');
}

function report(result) {
  if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(asText(result));
  const faults = [
    [result.packetsPerSecond < flags.rate * LEAST_RATE, 'the rate was not reached'],
    [result.packetsLost !== 0 || result.droppedByKernel !== 0, 'packets were lost'],
    [result.events === 0, 'there were no events'],
    [result.checkpoints?.saved === 0, 'no checkpoint was saved'],
    [result.milliseconds.p99 > flags.limit, `the 99th percentile is over ${flags.limit} ms`],
  ].filter(([isSo]) => isSo);
  for (const [, what] of faults) process.stderr.write(`FAILED: ${what}\n`);
  return faults.length > 0 ? 1 : 0;
}

function asText(result) {
  const count = (value) => Math.round(value).toLocaleString('en');
  const lines = [
    `${result.kind} traffic, ${result.seconds.toFixed(1)} s: ${count(result.packetsPerSecond)} packets/s reached the device, ${count(result.flowsPerSecond)} flows/s begun, ${count(result.eventsPerSecond)} decisions/s`,
    `${count(result.packetsSent)} packets sent in all, ${result.packetsLost} lost, ${result.droppedByKernel} of them by the kernel (${result.droppedInWarmUp} in the warm-up); Sluice took ${result.processorShare.toFixed(2)} processors`,
    `from packet to event line, ms, of ${count(result.events)} decisions:`,
  ];
  const { checkpoints } = result;
  if (checkpoints !== null)
    lines.splice(
      2,
      0,
      `${checkpoints.saved} checkpoints, the last of ${(checkpoints.bytes / 1e6).toFixed(0)} MB with ${count(checkpoints.flows)} flows; packets waited for a copy for at most ${(checkpoints.longestWaitSeconds * 1000).toFixed(0)} ms`,
    );
  for (const [name, value] of Object.entries(result.milliseconds))
    lines.push(`  ${name.padEnd(6)} ${value.toFixed(2)}`);
  return `${lines.join('\n')}\n`;
}
