/** A live capture: `sluice run` on one end of the virtual link, and generated traffic that is sent into the other. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineTimes } from './line-times.mjs';
import { ReplayedTraffic } from './replayed-traffic.mjs';
import { RunningSluice } from './running-sluice.mjs';
import { linkCounter } from './virtual-link.mjs';

const LAST_PACKETS_MS = 10_000;
const COUNTS_MS = 2500;

/** Writes a capture of generated traffic into a folder; returns its path. */
export function generatedCapture(folder, kind, packets) {
  const capture = join(folder, 'traffic.pcap');
  const generator = join(import.meta.dirname, '../generate/main.mjs');
  const made = spawnSync(process.execPath, [generator, '--kind', kind, '--packets', String(packets), capture], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(made.stderr);
  return capture;
}

export class LiveRun {
  /** Resolves once packets arrive. The history and, unless it is `none`, the state are in the folder. */
  static async begin({ capture, rate, folder, args = [], state = 'none' }) {
    const run = new LiveRun();
    run.sluice = await new RunningSluice(
      [
        ...['--interface', 'right', '--capture-with', 'tcpdump', '--decisions', '-', '--stats-every', 'never'],
        ...['--on-full', 'wait', '--history', join(folder, 'history.db'), ...args],
      ],
      'pipe',
      state,
    ).started();
    run.times = new LineTimes(run.sluice.child.stdout);
    run.traffic = new ReplayedTraffic('left', capture, rate);
    while (linkCounter('right', 'rx_packets') === 0) await sleep(50);
    return run;
  }

  /** Measures the delays of decisions for a while; returns the packets/s that reached the device meanwhile. */
  async measure(seconds) {
    this.times.begin();
    const [before, since] = [linkCounter('right', 'rx_packets'), performance.now()];
    await sleep(seconds * 1000);
    const [after, took] = [linkCounter('right', 'rx_packets'), (performance.now() - since) / 1000];
    this.times.end();
    return { seconds: took, packetsPerSecond: (after - before) / took };
  }

  /** Stops traffic, then Sluice once it has seen what was sent. Resolves to the counts of the whole run. */
  async end() {
    const { sluice, traffic } = this;
    const sent = await traffic.stop();
    const lastBy = performance.now() + LAST_PACKETS_MS;
    while ((await sluice.metrics()).sum('sluice_packets_total') < sent.packets && performance.now() < lastBy)
      await sleep(50);
    await sleep(COUNTS_MS);
    const metrics = await sluice.metrics();
    await sluice.stop();
    return {
      metrics,
      packetsSent: sent.packets,
      packetsLost: sent.packets - metrics.sum('sluice_packets_total'),
      droppedByKernel: metrics.sum('sluice_capture_dropped_packets_total'),
    };
  }
}
