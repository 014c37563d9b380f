/**
 * A virtual link that only this program sees: the program runs again in a network namespace of its own, in which two devices,
 * `left` and `right`, are the ends of one cable. What is sent on one arrives at the other and nowhere else. All of it goes with the
 * last process in it, however that ends. Needs root and the Debian packages iproute2 and util-linux.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const MARK = 'SLUICE_BENCH_NETWORK';
/** What else the machine does comes after: packets do not wait for a processor. */
const NICENESS = -10;
/** Frames with several encapsulations are longer than what Ethernet carries otherwise. */
const MTU = '9000';

/** Returns within the namespace; outside it runs the program there and ends with its exit code. */
export function enterOwnNetwork() {
  if (process.env[MARK] === undefined) {
    if (process.getuid() !== 0) throw new Error('a virtual link needs root');
    // A view of /sys of its own too: it shows the devices of the namespace that mounted it.
    const inside = 'mount -t sysfs sysfs /sys && exec "$@"';
    const args = ['--net', '--mount', '--fork', '--kill-child', 'sh', '-c', inside, 'sh', process.execPath];
    const { status } = spawnSync('unshare', [...args, ...process.argv.slice(1)], {
      stdio: 'inherit',
      env: { ...process.env, [MARK]: '1' },
    });
    process.exit(status ?? 1);
  }
  setPriority(NICENESS);
  for (const which of ['all', 'default']) execFileSync('sysctl', ['-qw', `net.ipv6.conf.${which}.disable_ipv6=1`]);
  ip('link', 'add', 'left', 'mtu', MTU, 'type', 'veth', 'peer', 'name', 'right', 'mtu', MTU);
  for (const device of ['lo', 'left', 'right']) ip('link', 'set', device, 'up');
}

/** A counter of one end, such as rx_packets. */
export function linkCounter(device, name) {
  return Number(readFileSync(`/sys/class/net/${device}/statistics/${name}`, 'utf8'));
}

function ip(...args) {
  execFileSync('ip', args);
}
