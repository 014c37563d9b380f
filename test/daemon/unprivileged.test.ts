/**
 * A pipe and a spool need no rights: here the daemon runs as an unprivileged user without any capability. Needs root,
 * to change the user.
 */
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { eventsOf, MAIN, PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const NOBODY = 65_534;
const CLIENTS = 500;
const START_US = 1_731_261_600_000_000;
const handshake = new Conversation('wireguard/handshake-only.pcap');

/**
 * The project and Node may be in folders that this user cannot enter, such as root's home: in a mount namespace the
 * process sees both below a folder that is open to all.
 */
const BECOME_NOBODY = `
mount --bind "$1" "$3/project" && mount --bind "$2" "$3/node" || exit 1
node="$3/node/$4" main="$3/project/$5"
shift 7
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --inh-caps=-all --ambient-caps=-all --bounding-set=-all \\
  --no-new-privs "$node" "$main" "$@"
`;

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  for (const name of ['project', 'node', 'own', 'own/spool']) mkdirSync(join(folder.path, name));
  for (const name of ['own', 'own/spool']) chownSync(join(folder.path, name), NOBODY, NOBODY);
});
afterEach(() => {
  folder.remove();
});

function asNobody(...args: string[]): RunningDaemon {
  const nodeFolder = dirname(process.execPath);
  const places = [PROJECT, nodeFolder, folder.path, process.execPath.slice(nodeFolder.length + 1)];
  const command = ['unshare', '--mount', 'sh', '-c', BECOME_NOBODY, 'sh', ...places, MAIN.slice(PROJECT.length)];
  return new RunningDaemon(args, { command });
}

function decisionsOf(path: string): unknown[] {
  return eventsOf(path).filter(({ event_type }) => event_type === 'decision');
}

/** User and capabilities of the process, from the kernel. */
function expectNoRights(daemon: RunningDaemon): void {
  const status = readFileSync(`/proc/${daemon.child.pid!}/status`, 'utf8');
  expect(status).toMatch(new RegExp(`^Uid:\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}$`, 'm'));
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(status).toMatch(/^CapBnd:\t0+$/m);
}

describe.skipIf(process.getuid?.() !== 0 && process.env.CI === undefined)(
  'without rights (root, to give them up)',
  () => {
    it('a pipe is decided, its log written, and the daemon stopped as with them', async () => {
      const decisions = join(folder.path, 'own/decisions.jsonl');
      const daemon = await asNobody('-', '--decisions', decisions, '--state', join(folder.path, 'own/state')).started();
      expectNoRights(daemon);
      daemon.child.stdin!.write(handshake.capture(0, CLIENTS, START_US, 100));
      const packets = CLIENTS * handshake.packets.length;
      await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
      expect(await daemon.ask('reload')).toMatchObject({ ok: true });
      expect(await daemon.kill()).toEqual({ code: 0, signal: null });
      expect(decisionsOf(decisions)).toHaveLength(2 * CLIENTS);
    });

    it('a spool is processed, and a kill -9 costs nothing', async () => {
      const spool = join(folder.path, 'own/spool');
      const decisions = join(folder.path, 'own/decisions.jsonl');
      const args = ['--spool', spool, '--settle', '50ms', '--decisions', decisions, '--stats-every', 'never'];
      for (const number of [0, 1]) {
        writeFileSync(
          join(spool, `${number}.pcap`),
          handshake.capture(number * 100, (number + 1) * 100, START_US, 100),
        );
        const daemon = await asNobody(...args).started();
        expectNoRights(daemon);
        await until('the file is done', async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 1);
        await daemon.kill('SIGKILL');
      }
      // What the last one had decided and not written yet, the next start decides again.
      const daemon = await asNobody(...args).started();
      await until('both are done', async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 2);
      await daemon.kill();
      expect(decisionsOf(decisions)).toHaveLength(2 * 200);
    });

    it('an interface is refused with the command that gives the right to tcpdump alone', async () => {
      const daemon = asNobody('--interface', 'lo', '--capture-with', 'tcpdump');
      expect((await daemon.ended).code).toBe(1);
      expect(daemon.log).toContain('sudo setcap cap_net_raw,cap_net_admin=eip');
    });
  },
);
