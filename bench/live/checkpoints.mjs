#!/usr/bin/env node
/** What checkpoints of "sluice run --spool" cost, and how long a restart takes: see --help. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../measure.mjs';
import { readNumberFlags } from './number-flags.mjs';
import { RunningSluice } from './running-sluice.mjs';

const HELP = `node bench/live/checkpoints.mjs [options]      (npm run build first)

Reads a capture of active flows from a spool, with a checkpoint each second and with none, in turns, each in a fresh process. Prints
what one checkpoint costs, as a share of the 10 s between two. Then stops a daemon with many flows, and prints how long the next one
takes from its start until it is ready and has these flows.

  --flows N           flows while checkpoints are made (200000)
  --packets N         packets of that capture (12000000)
  --rounds N          (5)
  --restart-flows N   flows of the restart (1000000)
  --help

Exit codes: 0 a checkpoint costs at most 5 % of the time between two, and a restart at most 2 s; 1 not so; 2 wrong usage.
`;

const DEFAULTS = { flows: '200000', packets: '12000000', rounds: '5', 'restart-flows': '1000000' };
const BETWEEN_SECONDS = 10;
const MOST_SHARE = 0.05;
const MOST_RESTART_SECONDS = 2;
const TICKS_PER_SECOND = 100;
const LOOK_MS = 20;

const flags = readFlags();
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const isCheap = await checkpointCost();
const isQuick = await restartTime();
process.exitCode = isCheap && isQuick ? 0 : 1;

function readFlags() {
  return readNumberFlags({ help: HELP, defaults: DEFAULTS });
}

/** A capture of flows that are all active. */
function capture(name, flowCount, packetCount) {
  const path = join(folder, name);
  const args = ['--kind', 'active', '--flows', flowCount, '--packets', packetCount, '--rate', '1000000', path];
  execFileSync(process.execPath, [join(import.meta.dirname, '../generate/main.mjs'), ...args.map(String)]);
  return path;
}

/** Starts a daemon over a spool with one capture. Its state is in the folder of the spool. */
function start(spool, every, maxFlows) {
  const args = ['--spool', spool, '--settle', '1ms', '--checkpoint-every', every, '--max-flows', String(maxFlows)];
  return new RunningSluice([...args, '--history', 'none', '--stats-every', 'never'], 'ignore', join(spool, 'state'));
}

async function until(holds) {
  while (!(await holds())) await sleep(LOOK_MS);
}

/** Seconds of processor time of all threads. */
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function checkpointCost() {
  const path = capture('active.pcap', flags.flows, flags.packets);
  const costs = [];
  for (let round = 0; round < Number(flags.rounds); round++) {
    const order = round % 2 === 0 ? ['1h', '1s'] : ['1s', '1h'];
    const runs = {};
    for (const every of order) runs[every] = await readOnce(path, every, `${round}-${every}`);
    const { '1h': without, '1s': each } = runs;
    const count = each.checkpoints - without.checkpoints;
    costs.push({
      seconds: (each.seconds - without.seconds) / count,
      processor: (each.processor - without.processor) / count,
      longest: each.longest,
    });
    process.stdout.write(
      `round ${round + 1}: ${without.seconds.toFixed(2)} s without, ${each.seconds.toFixed(2)} s with ${count} checkpoints of ` +
        `${(each.bytes / 1e6).toFixed(0)} MB; packets waited at most ${(each.longest * 1000).toFixed(0)} ms\n`,
    );
  }
  const seconds = median(costs.map((cost) => cost.seconds));
  const processor = median(costs.map((cost) => cost.processor));
  const share = seconds / BETWEEN_SECONDS;
  process.stdout.write(
    `a checkpoint with ${flags.flows} flows: ${(seconds * 1000).toFixed(0)} ms, ${(processor * 1000).toFixed(0)} ms of processor ` +
      `time: ${(share * 100).toFixed(2)} % of the time at one each ${BETWEEN_SECONDS} s (at most ${MOST_SHARE * 100} %)\n`,
  );
  return share <= MOST_SHARE;
}

async function readOnce(path, every, name) {
  const spool = join(folder, name);
  mkdirSync(spool);
  linkSync(path, join(spool, '1.pcap'));
  const daemon = await start(spool, every, flags.flows * 2).started();
  const began = performance.now();
  let page;
  await until(async () => {
    page = await daemon.metrics();
    return page.sum('sluice_packets_total') >= Number(flags.packets);
  });
  const result = {
    seconds: (performance.now() - began) / 1000,
    processor: processorSeconds(daemon.child.pid),
    checkpoints: page.sum('sluice_checkpoints_total', 'result="saved"'),
    bytes: page.sum('sluice_checkpoint_bytes'),
    longest: page.sum('sluice_checkpoint_longest_copy_seconds'),
  };
  daemon.child.kill('SIGKILL');
  await daemon.ended;
  rmSync(spool, { recursive: true });
  return result;
}

async function restartTime() {
  const flowCount = Number(flags['restart-flows']);
  const spool = join(folder, 'restart');
  mkdirSync(spool);
  linkSync(capture('many.pcap', flowCount, 2 * flowCount), join(spool, '1.pcap'));
  const first = await start(spool, '10s', 2 * flowCount).started();
  await until(async () => (await first.metrics()).sum('sluice_packets_total') >= 2 * flowCount);
  await first.stop();
  const times = [];
  for (let round = 0; round < Number(flags.rounds); round++) {
    const began = performance.now();
    const daemon = await start(spool, '10s', 2 * flowCount).started();
    times.push((performance.now() - began) / 1000);
    const flows = (await daemon.metrics()).sum('sluice_flows_active');
    if (flows < flowCount) throw new Error(`a restart has ${flows} of ${flowCount} flows`);
    await daemon.stop();
  }
  const seconds = median(times);
  process.stdout.write(
    `a restart with ${flowCount} flows: ${seconds.toFixed(2)} s, ${Math.min(...times).toFixed(2)} to ` +
      `${Math.max(...times).toFixed(2)} (at most ${MOST_RESTART_SECONDS} s)\n`,
  );
  return seconds <= MOST_RESTART_SECONDS;
}
