/** A daemon with several threads writes what one with one thread writes, and takes changes between batches like it. */
import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { eventsOf, PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const MIXED = join(folder.path, 'mixed.pcap');
const PACKETS = 120_000;
execFileSync(process.execPath, [join(PROJECT, 'bench/generate/main.mjs'), '--packets', String(PACKETS), MIXED]);

const handshake = new Conversation('wireguard/handshake-only.pcap');
const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';

function written(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

const REGISTRY = written('registry.csv', HEADER);

/** Runs a daemon over the mixed capture on standard input, to its end. Returns its event log. */
async function logOf(workers: number, ...flags: string[]): Promise<string> {
  const log = join(folder.path, `events-${workers}.jsonl`);
  writeFileSync(log, '');
  const args = ['-', '--decisions', log, '--flows', log, '--stats-every', 'never', '--workers', String(workers)];
  const daemon = await new RunningDaemon([...args, ...flags]).started();
  createReadStream(MIXED).pipe(daemon.child.stdin!);
  expect((await daemon.ended).code).toBe(0);
  return readFileSync(log, 'latin1');
}

describe('the event log of a daemon', () => {
  it.each<[string, string[]]>([
    ['by the example policy', []],
    ['in mode enforce, where the breaker sees every client', ['--mode', 'enforce']],
    ['with room for 500 flows', ['--max-flows', '500']],
    ['with room for 20,000 flows in two tables', ['--max-flows', '20000', '--vpn-only']],
  ])('is the same with 1, 2 and 3 threads: %s', async (_, flags) => {
    const one = await logOf(1, ...flags);
    expect(one.split('\n').length).toBeGreaterThan(1000);
    for (const workers of [2, 3]) expect((await logOf(workers, ...flags)) === one, `${workers} threads`).toBe(true);
  });
});

const ALLOW = written('allow.yaml', 'name: allow\nmode: enforce\nrules:\n  - { name: all, when: {}, action: allow }\n');
const BLOCK = readFileSync(ALLOW, 'utf8').replace('action: allow', 'action: block');
const WIDE_LIMIT = 'safety: { limits: [{ window: 60s, clients: 100000 }] }\n';

describe('a daemon with three threads', () => {
  it('counts every packet, and decides all flows again at a reload', async () => {
    const log = join(folder.path, 'reloaded.jsonl');
    const policy = written('policy.yaml', readFileSync(ALLOW, 'utf8') + WIDE_LIMIT);
    const args = ['-', '--policy', policy, '--registry', REGISTRY, '--decisions', log, '--workers', '3'];
    const daemon = await new RunningDaemon(args).started();
    daemon.child.stdin!.write(handshake.capture(0, 500, 1_731_261_600_000_000, 1000));
    const sent = 500 * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === sent);
    expect(await daemon.metric('sluice_flows_active')).toBe(500);
    expect(await daemon.metric('sluice_flows_started_total')).toBe(500);
    expect(await daemon.metric('sluice_flow_packets_total')).toBe(sent);
    expect(await daemon.metric('sluice_outcome_packets_total')).toBe(sent);
    writeFileSync(policy, BLOCK + WIDE_LIMIT);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
    const blocked = (): number =>
      eventsOf(log).filter(({ decision }) => (decision as { action?: string } | undefined)?.action === 'block').length;
    await until('all decisions are written', () => blocked() === 500);
    await daemon.kill();
  });

  it('keeps idle flows when a clock is set a day ahead', async () => {
    const daemon = await new RunningDaemon(['-', '--registry', REGISTRY, '--workers', '3']).started();
    const nowUs = Date.now() * 1000;
    const setUs = nowUs + 86_400e6;
    daemon.child.stdin!.write(handshake.capture(0, 600, nowUs, 1000));
    // More than 1,000 packets over more than 5 s: that clock is followed.
    for (let number = 600; number < 1300; number++)
      daemon.child.stdin!.write(handshake.records(number, setUs + number * 10_000));
    const sent = 1300 * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === sent);
    daemon.child.stdin!.write(handshake.records(1300, setUs + 14e6));
    await until('the clock is set', async () => (await daemon.metric('sluice_clock_sets_total')) === 1);
    await until('the last flow', async () => (await daemon.metric('sluice_flows_active')) === 1301);
    await daemon.kill();
  });

  it('ends where it cannot start', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const daemon = new RunningDaemon(['-', '--workers', '3', '--listen', `127.0.0.1:${port}`]);
    expect((await daemon.ended).code).toBe(1);
    expect(daemon.log).toContain('the port is taken');
    server.close();
  });
});
