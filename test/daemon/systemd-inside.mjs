// The units under a systemd of their own: runs in the container that systemd.test.ts boots, as the command of a service there. It
// writes a line of JSON for each step to the file that is its argument, and ends at the first that fails.
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { appendFileSync, chownSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const CAPTURE = 'sluice-capture@right';
const SOCKET = '/run/sluice-capture/right/packets.sock';
const CAP_NET_RAW = 1n << 13n;
const report = process.argv[2];

/* global fetch */
const run = (...command) => execFileSync(command[0], command.slice(1), { encoding: 'utf8', stdio: 'pipe' }).trim();
const show = (unit, property) => run('systemctl', 'show', '--value', '-p', property, unit);
const mainPid = (unit) => Number(show(unit, 'MainPID'));

async function until(what, holds, limitMs = 15_000) {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await sleep(50);
  }
}

async function metric(name, label = '') {
  const response = await fetch('http://127.0.0.1:9464/metrics').catch(() => null);
  if (response === null) return NaN;
  const lines = (await response.text()).split('\n').filter((line) => /^\S+/.exec(line)?.[0].split('{')[0] === name);
  return lines.filter((line) => line.includes(label)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const readyz = async () => (await fetch('http://127.0.0.1:9464/readyz')).text();
const isUp = () => metric('sluice_source_up').then((value) => value === 1);

/** Sends packets from the left end of the link: there is no machine at the right end, only the capture. */
async function send(count) {
  const socket = createSocket('udp4');
  const payload = Buffer.alloc(100);
  for (let i = 0; i < count; i++) {
    await new Promise((resolve, reject) =>
      socket.send(payload, 40_000, '10.99.0.2', (error) => (error === null ? resolve() : reject(error))),
    );
  }
  socket.close();
}

function childNamed(parent, name) {
  return readdirSync('/proc').find((pid) => {
    try {
      const [, command, ppid] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return command === name && Number(ppid) === parent;
    } catch {
      return false;
    }
  });
}

const tcpdump = () => Number(childNamed(mainPid(CAPTURE), 'tcpdump'));
const capabilities = (pid, set) =>
  BigInt(`0x${new RegExp(`^${set}:\\s+(\\S+)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]}`);
const restarts = () => Number(show('sluice', 'NRestarts')) + Number(show(CAPTURE, 'NRestarts'));

function expect(what, isTrue) {
  if (!isTrue) throw new Error(what);
}

function setUp() {
  run('systemd-sysusers');
  run('ip', 'link', 'add', 'left', 'type', 'veth', 'peer', 'name', 'right');
  for (const device of ['left', 'right']) {
    writeFileSync(`/proc/sys/net/ipv6/conf/${device}/disable_ipv6`, '1');
    run('ip', 'link', 'set', device, 'up');
  }
  run('ip', 'address', 'add', '10.99.0.1/24', 'dev', 'left');
  run('ip', 'neighbour', 'add', '10.99.0.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'left');
  const group = Number(run('id', '-g', 'sluice'));
  for (const name of ['policy.yaml', 'registry.csv']) chownSync(`/etc/sluice/${name}`, 0, group);
  run('systemctl', 'daemon-reload');
}

const steps = {
  'the daemon is ready before anything captures, and says what is missing': async () => {
    run('systemctl', 'start', 'sluice');
    expect('active', show('sluice', 'ActiveState') === 'active');
    expect('why', (await readyz()).includes('sudo systemctl start sluice-capture@right'));
    expect('up', (await metric('sluice_source_up')) === 0);
  },
  'the capture is ready, its socket is for the group, and packets come': async () => {
    run('systemctl', 'start', CAPTURE);
    expect('mode', run('stat', '-c', '%a %U %G', SOCKET) === '660 sluice-capture sluice');
    await until('the daemon reads', isUp);
    await send(1000);
    await until('1000 packets', async () => (await metric('sluice_packets_total')) === 1000);
  },
  'the daemon has no capability, and the capture CAP_NET_RAW alone': () => {
    for (const set of ['CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'])
      expect(set, capabilities(mainPid('sluice'), set) === 0n);
    expect('tcpdump', capabilities(tcpdump(), 'CapEff') === CAP_NET_RAW);
    expect('bound', capabilities(mainPid(CAPTURE), 'CapBnd') === CAP_NET_RAW);
  },
  'systemctl reload reloads the rules of the running process': async () => {
    const pid = mainPid('sluice');
    writeFileSync('/etc/sluice/policy.yaml', `${readFileSync('/etc/sluice/policy.yaml', 'utf8')}\n# changed\n`);
    run('systemctl', 'reload', 'sluice');
    await until('a reload', async () => (await metric('sluice_reloads_total', 'result="success"')) >= 1);
    expect('the same process', mainPid('sluice') === pid);
  },
  'what the kernel loses arrives in the metrics, and nothing else is missing': async () => {
    const before = await metric('sluice_packets_total');
    const sent = 30_000;
    process.kill(tcpdump(), 'SIGSTOP');
    await send(sent);
    process.kill(tcpdump(), 'SIGCONT');
    const dropped = () => metric('sluice_capture_dropped_packets_total', 'by="kernel"');
    await until('losses', async () => (await dropped()) > 0);
    await until('all', async () => (await metric('sluice_packets_total')) - before + (await dropped()) === sent);
    return `${await dropped()} of ${sent} packets lost on purpose`;
  },
  'the interface goes down and comes up': async () => {
    run('ip', 'link', 'set', 'right', 'down');
    await until('it is seen', async () => !(await isUp()));
    run('ip', 'link', 'set', 'right', 'up');
    await until('it is back', isUp);
  },
  'the interface goes away and comes back': async () => {
    run('ip', 'link', 'del', 'right');
    await until('it is seen', async () => (await readyz()).includes('there is no interface right'));
    setUp();
    await until('it is back', isUp);
    expect('a gap', (await metric('sluice_capture_gap_seconds_total')) > 0);
    expect('no service was restarted', restarts() === 0);
  },
  'tcpdump is killed: another one captures, and no service restarts': async () => {
    const [pid, count] = [tcpdump(), await metric('sluice_capture_restarts_total')];
    process.kill(pid, 'SIGKILL');
    await until('another', () => tcpdump() > 0 && tcpdump() !== pid);
    await until('it is counted', async () => (await metric('sluice_capture_restarts_total')) > count);
    expect('no service was restarted', restarts() === 0);
  },
  'sluice capture is killed: systemd starts it, and the daemon reads on': async () => {
    const pid = mainPid('sluice');
    process.kill(mainPid(CAPTURE), 'SIGKILL');
    await until(
      'a restart',
      () => Number(show(CAPTURE, 'NRestarts')) === 1 && show(CAPTURE, 'ActiveState') === 'active',
    );
    await until('the daemon reads', isUp);
    expect('the daemon is the same', mainPid('sluice') === pid);
    const before = await metric('sluice_packets_total');
    await send(100);
    await until('packets', async () => (await metric('sluice_packets_total')) === before + 100);
  },
  'sluice is killed: systemd starts it, and it reads again': async () => {
    process.kill(mainPid('sluice'), 'SIGKILL');
    await until(
      'a restart',
      () => Number(show('sluice', 'NRestarts')) === 1 && show('sluice', 'ActiveState') === 'active',
    );
    await until('it reads', isUp);
    // Its counts go on from the last checkpoint.
    const before = await metric('sluice_packets_total');
    await send(100);
    await until('packets', async () => (await metric('sluice_packets_total')) === before + 100);
  },
  'a daemon that is stuck sends no signs of life, and the watchdog starts another': async () => {
    run('systemctl', 'stop', 'sluice');
    run('mkdir', '-p', '/run/systemd/system/sluice.service.d');
    writeFileSync('/run/systemd/system/sluice.service.d/watchdog.conf', '[Service]\nWatchdogSec=3\n');
    run('systemctl', 'daemon-reload');
    run('systemctl', 'start', 'sluice');
    const pid = mainPid('sluice');
    await sleep(5000);
    expect('signs of life', mainPid('sluice') === pid);
    process.kill(pid, 'SIGSTOP');
    await until('another', () => mainPid('sluice') !== pid && show('sluice', 'ActiveState') === 'active', 25_000);
    await until('it reads', isUp);
  },
  'both stop at once, with exit code 0, and nothing stays': async () => {
    const since = Date.now();
    run('systemctl', 'stop', 'sluice', CAPTURE);
    const seconds = (Date.now() - since) / 1000;
    expect('in 6 s', seconds < 6);
    for (const unit of ['sluice', CAPTURE]) {
      expect(`${unit} is inactive`, show(unit, 'ActiveState') === 'inactive');
      expect(`${unit} ended well`, show(unit, 'ExecMainStatus') === '0' && show(unit, 'Result') === 'success');
    }
    expect('no socket', !existsSync(SOCKET));
    return `${seconds} s`;
  },
};

setUp();
for (const [name, step] of Object.entries(steps)) {
  const since = Date.now();
  try {
    const detail = (await step()) ?? '';
    appendFileSync(report, `${JSON.stringify({ name, problem: '', detail, ms: Date.now() - since })}\n`);
  } catch (error) {
    const journal = run('journalctl', '--no-pager', '-n', '60', '-u', 'sluice', '-u', CAPTURE);
    const problem = `${error.stack}\n${journal}`;
    appendFileSync(report, `${JSON.stringify({ name, problem, detail: '', ms: Date.now() - since })}\n`);
    break;
  }
}
