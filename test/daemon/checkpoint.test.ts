/** The checkpoints of a daemon: what another start takes over, and what it says and counts where it cannot. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const handshake = new Conversation('wireguard/handshake-only.pcap');
const CLIENTS = 50;
const START_US = 1_731_261_600_000_000;

let folder = temporaryFolder();
let spool = '';
beforeEach(() => {
  folder = temporaryFolder();
  spool = join(folder.path, 'spool');
  mkdirSync(spool);
});
afterEach(() => {
  folder.remove();
});

/** A file of the spool with the first packets of each client. */
function put(number: number): void {
  const bytes = handshake.capture(number * CLIENTS, (number + 1) * CLIENTS, START_US + number * 1e6, 100);
  writeFileSync(join(spool, `${number}.pcap`), bytes);
}

const decisions = (): string => join(folder.path, 'decisions.jsonl');

function run(...more: string[]): RunningDaemon {
  const args = ['--spool', spool, '--settle', '50ms', '--checkpoint-every', '100ms', '--stats-every', 'never'];
  return new RunningDaemon([...args, '--decisions', decisions(), ...more]);
}

const packets = (files: number): number => files * CLIENTS * handshake.packets.length;

async function hasRead(daemon: RunningDaemon, files: number): Promise<void> {
  await until('all is read', async () => (await daemon.metric('sluice_packets_total')) === packets(files));
}

const decided = (): number => eventsOf(decisions()).filter(({ event_type }) => event_type === 'decision').length;

describe('a checkpoint', () => {
  it('of two threads goes on in three; in one thread its flows are given up, which is said and counted', async () => {
    put(0);
    let daemon = await run('--workers', '2').started();
    await hasRead(daemon, 1);
    await daemon.kill();
    put(1);
    daemon = await run('--workers', '3').started();
    await hasRead(daemon, 2);
    expect(await daemon.metric('sluice_flows_active')).toBe(2 * CLIENTS);
    expect(await daemon.metric('sluice_restart_lost_flows')).toBe(0);
    await daemon.kill();
    put(2);
    daemon = await run('--workers', '1').started();
    await until('the new file is read', async () => (await daemon.metric('sluice_flows_active')) === CLIENTS);
    expect(await daemon.metric('sluice_restart_lost_flows')).toBe(2 * CLIENTS);
    expect(await daemon.metric('sluice_state_failures_total')).toBe(1);
    expect(daemon.logged('the flows of the last run cannot be taken over: they are lost')).toMatchObject([
      { flows: 2 * CLIENTS, problem: expect.stringContaining('threads=several') as string },
    ]);
    await daemon.kill();
    // The place in the spool is kept: nothing is read twice.
    expect(decided()).toBe(3 * 2 * CLIENTS);
  });
});
