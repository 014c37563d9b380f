/**
 * A Debian with its own systemd, in a container without the machine's network: built once, booted for one command.
 * Needs root.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGES = 'systemd,systemd-sysv,dbus,procps,tcpdump,iproute2';
const SUITE = 'bookworm';
const FALLBACK = 'http://deb.debian.org/debian';

/** A service that runs one command after everything else has started, and then powers the container off. */
const COMMAND_UNIT = `[Unit]
After=multi-user.target dbus.service
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStart=COMMAND
StandardOutput=file:/report.log
StandardError=inherit
`;

/** The package source of this machine. */
function mirror(): string {
  try {
    const text = readFileSync('/etc/apt/sources.list.d/debian.sources', 'utf8');
    return /^URIs: (\S+)$/m.exec(text)?.[1] ?? FALLBACK;
  } catch {
    return FALLBACK;
  }
}

/** Installs a small Debian into an empty folder. */
export function buildRoot(root: string): void {
  const args = ['--variant=minbase', `--include=${PACKAGES}`, SUITE, root, mirror()];
  const { status, stdout, stderr } = spawnSync('debootstrap', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`debootstrap failed: ${stdout.slice(-2000)}${stderr.slice(-2000)}`);
}

/** Writes a file into the container. */
export function put(root: string, path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), 0o644);
}

/** Boots the container, runs the command in it, and resolves when it is off. Binds are `outside:inside`. */
export function boot(root: string, command: string, binds: readonly string[], limitMs: number): Promise<string> {
  put(root, 'etc/systemd/system/test-command.service', COMMAND_UNIT.replace('COMMAND', command));
  const wants = join(root, 'etc/systemd/system/default.target.wants');
  mkdirSync(wants, { recursive: true });
  symlinkSync('/etc/systemd/system/test-command.service', join(wants, 'test-command.service'));
  const args = ['-q', '-D', root, '--register=no', '--keep-unit', '--private-network', '-b'];
  const child = spawn('systemd-nspawn', [...args, ...binds.map((bind) => `--bind-ro=${bind}`)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  return new Promise((resolve) => {
    child.on('close', () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}

/** True if a program is installed. */
export function has(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined;
}

/** Removes the container, including files of any user. */
export function removeRoot(root: string): void {
  execFileSync('rm', ['-rf', '--one-file-system', root]);
}
