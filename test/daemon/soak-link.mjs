// Traffic of the soak over a virtual link: WireGuard, OpenVPN and IPsec of bench/generate, some wrapped and some with IPv6, all of
// short flows; each time round tcpreplay gives them other addresses, so they are other flows.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ReplayedTraffic } from '../../bench/live/replayed-traffic.mjs';

const GENERATE = join(import.meta.dirname, '../../bench/generate/main.mjs');
const PACKETS = 800_000;
/** Holds about 20 s of the traffic: a reload with 200,000 flows takes a second, and a virtual machine may pause for seconds. */
const KERNEL_BUFFER = '512MB';

export class LinkTraffic {
  source = ['--interface', 'right', '--capture-with', 'tcpdump', '--kernel-buffer', KERNEL_BUFFER];
  kernelBuffer = KERNEL_BUFFER;

  constructor(folder, rate) {
    this.rate = rate;
    this.capture = join(folder, 'traffic.pcap');
    const args = [GENERATE, '--kind', 'all-vpn', '--packets', String(PACKETS), this.capture];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }

  start() {
    this.traffic = new ReplayedTraffic('left', this.capture, this.rate);
  }

  get hasEnded() {
    return this.traffic.hasEnded;
  }

  /** Resolves to how many packets were sent. */
  async stop() {
    return (await this.traffic.stop()).packets;
  }
}
