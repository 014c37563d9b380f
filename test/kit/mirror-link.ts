/** A virtual cable between two devices of this machine, as from a mirror port to a sensor. Needs root. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

/** Frames with several encapsulations are longer than what Ethernet carries otherwise. */
const MTU = '9000';

export class MirrorLink {
  /** The mirror's end, and the sensor's. */
  readonly sender = `sls${process.pid}`;
  readonly receiver = `slr${process.pid}`;

  constructor() {
    ip('link', 'add', this.sender, 'mtu', MTU, 'type', 'veth', 'peer', 'name', this.receiver, 'mtu', MTU);
    for (const device of [this.sender, this.receiver]) {
      // Without an address of its own a device sends nothing.
      const switchOff = `/proc/sys/net/ipv6/conf/${device}/disable_ipv6`;
      if (existsSync(switchOff)) writeFileSync(switchOff, '1');
      ip('link', 'set', device, 'up');
    }
    process.on('exit', () => {
      this.remove();
    });
  }

  remove(): void {
    try {
      ip('link', 'delete', this.sender);
    } catch {
      // It is removed already.
    }
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
