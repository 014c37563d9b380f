/** Traffic on a device from a capture that tcpreplay sends at a rate, again and again, each time with other addresses. */
import { spawn } from 'node:child_process';

export class ReplayedTraffic {
  report = '';

  constructor(device, capture, packetsPerSecond) {
    const args = ['-q', '-K', '-i', device, '--pps', String(packetsPerSecond)];
    // Its other clocks wait in a loop that takes a processor for itself.
    args.push('--timer', 'nano', '--loop', '0', '--unique-ip', '--no-flow-stats', capture);
    this.child = spawn('tcpreplay', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.report += text));
    }
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    process.on('exit', () => this.child.kill('SIGKILL'));
  }

  get hasEnded() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resolves to how many packets it has sent, and in how many seconds, by its own count. */
  async stop() {
    this.child.kill('SIGINT');
    await this.ended;
    const match = /Actual: (\d+) packets .* sent in ([\d.]+) seconds/.exec(this.report);
    if (match === null) throw new Error(`tcpreplay: ${this.report}`);
    return { packets: Number(match[1]), seconds: Number(match[2]) };
  }
}
