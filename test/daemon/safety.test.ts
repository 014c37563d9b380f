/**
 * The breaker, registered hits and the clock of a running daemon: what an operator sees, and what survives the process.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { type Event, eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const BANK = '198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-1\n';
const START_US = 1_731_261_600_000_000;
const TEN_YEARS_US = 10 * 365 * 86_400e6;
const handshake = new Conversation('wireguard/handshake-only.pcap');
const PACKETS = handshake.packets.length;

let folder = temporaryFolder();
let policy = '';
let registry = '';
let decisions = '';
let state = '';

beforeEach(() => {
  folder = temporaryFolder();
  [policy, registry, decisions, state] = ['policy.yaml', 'registry.csv', 'decisions.jsonl', 'state'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string, string];
  writeFileSync(registry, HEADER);
});
afterEach(() => {
  folder.remove();
});

const CUT = '{ name: cut, when: { stage: confirmed }, action: block }';

function writePolicy(safety: string, rules = CUT, comment = ''): void {
  writeFileSync(policy, `# ${comment}\nname: test\nmode: enforce\nrules:\n  - ${rules}\nsafety: ${safety}\n`);
}

function run(...more: string[]): RunningDaemon {
  const args = ['-', '--policy', policy, '--registry', registry, '--decisions', decisions, '--state', state];
  return new RunningDaemon([...args, ...more]);
}

let sent = 0;
/** Sends clients to a daemon, a millisecond apart; the first part begins with the file's header. */
async function feed(daemon: RunningDaemon, from: number, to: number, startUs = START_US): Promise<void> {
  const bytes = handshake.capture(from, to, startUs + from * 1000, 1000);
  const isFirst = (await daemon.metric('sluice_packets_total')) === 0;
  if (isFirst) sent = 0;
  daemon.child.stdin!.write(isFirst ? bytes : bytes.subarray(24));
  sent += (to - from) * PACKETS;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === sent);
}

const ofType = (type: string): Event[] => eventsOf(decisions).filter(({ event_type }) => event_type === type);

describe('the breaker of a daemon', () => {
  it('names limit, numbers, rule, flows and sources when it trips', async () => {
    writePolicy('{ limits: [{ window: 60s, stage: confirmed, clients: 5 }] }');
    const daemon = await run().started();
    await feed(daemon, 0, 20);
    expect(await daemon.metric('sluice_breaker_tripped', 'then="observe"')).toBe(1);
    expect(await daemon.metric('sluice_clients_affected', 'limit="1"', 'stage="confirmed"', 'window="60s"')).toBe(5);
    expect(await daemon.metric('sluice_clients_allowed')).toBe(5);
    await daemon.kill();
    const [{ breaker }] = ofType('breaker') as unknown as [{ breaker: Record<string, unknown> }];
    expect(breaker).toMatchObject({
      state: 'tripped',
      mode: 'observe',
      then: 'observe',
      cause: 'clients',
      rule: 'cut',
    });
    expect(breaker).toMatchObject({ limit: '60s confirmed', clients_affected: 6, clients_allowed: 5 });
    expect(breaker.sources).toEqual([0, 1, 2, 3, 4, 5].map((number) => `10.0.0.${number}`));
    const flows = new Set(ofType('decision').map(({ flow_id }) => flow_id));
    for (const flow of breaker.flows as string[]) expect(flows).toContain(flow);
  });

  it('keeps its counts over a kill and a reload, without a flag', async () => {
    writePolicy('{ limits: [{ window: 1h, stage: confirmed, clients: 12 }] }');
    // The folder that systemd sets for a unit.
    process.env.STATE_DIRECTORY = state;
    const args = ['-', '--policy', policy, '--registry', registry, '--decisions', decisions];
    try {
      const start = (): RunningDaemon => new RunningDaemon(args, { ownState: false });
      let daemon = await start().started();
      await feed(daemon, 0, 8);
      writePolicy('{ limits: [{ window: 1h, stage: confirmed, clients: 12 }] }', CUT, 'a comment');
      expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
      expect(await daemon.metric('sluice_clients_affected')).toBe(8);
      expect(await daemon.metric('sluice_breaker_tripped')).toBe(0);
      await until('it is kept', () => savedHits() > 0);
      await until('all of it is kept', () => savedHits() === 8 * 16);
      await daemon.kill('SIGKILL');
      daemon = await start().started();
      expect(await daemon.metric('sluice_clients_affected')).toBe(8);
      await feed(daemon, 8, 20);
      expect(await daemon.metric('sluice_breaker_tripped')).toBe(1);
      expect(await daemon.metric('sluice_clients_affected')).toBe(12);
      await daemon.kill('SIGKILL');
      daemon = await start().started();
      expect(await daemon.metric('sluice_breaker_tripped')).toBe(1);
      await daemon.kill();
    } finally {
      delete process.env.STATE_DIRECTORY;
    }
  });

  function savedHits(): number {
    const [, body] = readFileSync(join(state, 'safety.json'), 'utf8').split('\n');
    const { breaker } = JSON.parse(body!) as { breaker: { hits: { hashes: string } } };
    // Base64 of eight bytes per client.
    return Buffer.from(breaker.hits.hashes, 'base64').length * 2;
  }

  it('enforces nothing where its state is broken, says so, and keeps the file', async () => {
    writePolicy('{ limits: [{ window: 60s, stage: confirmed, clients: 5 }] }');
    let daemon = await run().started();
    await daemon.kill();
    for (const text of ['', readFileSync(join(state, 'safety.json'), 'utf8').slice(0, -20)]) {
      writeFileSync(join(state, 'safety.json'), text);
      daemon = await run().started();
      expect(await daemon.metric('sluice_enforcing')).toBe(0);
      expect(daemon.log).toContain('nothing is enforced until a reset');
      expect(await daemon.ask('status')).toMatchObject({ breaker: { tripped: true, causes: ['state'] } });
      expect(await daemon.ask('reset')).toEqual({ ok: true, reset: true });
      expect(await daemon.metric('sluice_enforcing')).toBe(1);
      await daemon.kill();
    }
    expect(readdirSync(state).filter((name) => name.includes('.broken-'))).toHaveLength(2);
    const states = ofType('breaker').map(({ breaker }) => {
      const { state: now, cause } = breaker as { state: string; cause?: string };
      return [now, cause];
    });
    expect(states).toEqual([
      ['tripped', 'state'],
      ['reset', undefined],
      ['tripped', 'state'],
      ['reset', undefined],
    ]);
  });

  it('lets one daemon have a folder of state', async () => {
    writePolicy('{ limits: [{ window: 60s, stage: confirmed, clients: 5 }] }');
    const first = await run().started();
    const second = run();
    expect((await second.ended).code).toBe(1);
    expect(second.log).toContain('another sluice uses the state');
    await first.kill();
  });

  it('lets one daemon have an event log, by whatever path it is named', async () => {
    writePolicy('{ limits: [{ window: 60s, stage: confirmed, clients: 5 }] }');
    const first = await run().started();
    const again = join(folder.path, 'state', '..', 'decisions.jsonl');
    const second = new RunningDaemon(['-', '--policy', policy, '--registry', registry, '--flows', again]);
    expect((await second.ended).code).toBe(1);
    expect(second.log).toContain('another sluice writes');
    await first.kill();
    const third = await new RunningDaemon(['-', '--registry', registry, '--flows', again]).started();
    await third.kill();
  });
});

describe('registered hits of a daemon', () => {
  it('trip the breaker before any is done, and their count outlives the process', async () => {
    writePolicy('{ limits: [{ window: 60s, stage: confirmed, clients: 500 }], registered: 0 }');
    writeFileSync(registry, HEADER + BANK);
    let daemon = await run().started();
    await feed(daemon, 0, 5);
    const hits = (outcome: string): Promise<number> =>
      daemon.metric('sluice_registered_hits_total', `outcome="${outcome}"`);
    expect([await hits('done'), await hits('prevented'), await hits('would')]).toEqual([0, 5, 0]);
    expect(await daemon.metric('sluice_outcome_packets_total', 'dropped')).toBe(0);
    await until('the count is kept', () => readFileSync(join(state, 'safety.json'), 'utf8').includes('"prevented":5'));
    await daemon.kill('SIGKILL');
    daemon = await run().started();
    expect(await hits('prevented')).toBe(5);
    await daemon.kill();
    expect(ofType('breaker')[0]).toMatchObject({
      breaker: { cause: 'registered', clients_affected: 1, clients_allowed: 0 },
    });
  });
});

describe('the clock of a daemon', () => {
  it('does not follow one packet that is dated ten years ahead: windows go on, and nothing trips', async () => {
    writePolicy('{ limits: [{ window: 60s, stage: confirmed, clients: 12 }] }');
    const nowUs = Date.now() * 1000;
    const daemon = await run().started();
    await feed(daemon, 0, 10, nowUs);
    await feed(daemon, 10, 11, nowUs + TEN_YEARS_US);
    await feed(daemon, 11, 12, nowUs);
    expect(await daemon.metric('sluice_time_jumps_total')).toBe(PACKETS);
    expect(await daemon.metric('sluice_clients_affected')).toBe(12);
    const last = await daemon.metric('sluice_last_packet_timestamp_seconds');
    expect(Math.abs(last - nowUs / 1e6)).toBeLessThan(60);
    // A minute later the window is empty again: it was not frozen. The client in between was hit before.
    await feed(daemon, 0, 1, nowUs + 50e6);
    await feed(daemon, 12, 20, nowUs + 100e6);
    expect(await daemon.metric('sluice_breaker_tripped')).toBe(0);
    expect(daemon.logged('the time of a packet is off and was not followed').length).toBeGreaterThan(0);
    await daemon.kill();
  });

  it('follows one that was set, after 1,000 packets over 5 s, and limits keep their counts', async () => {
    writePolicy('{ limits: [{ window: 1h, stage: confirmed, clients: 5000 }] }');
    const nowUs = Date.now() * 1000;
    const daemon = await run().started();
    await feed(daemon, 0, 600, nowUs);
    const setUs = nowUs + 86_400e6;
    // Two packets per client, ten milliseconds apart: 1,400 over 7 s.
    for (let number = 600; number < 1300; number++)
      daemon.child.stdin!.write(handshake.records(number, setUs + number * 10_000));
    sent += 700 * PACKETS;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === sent);
    await feed(daemon, 1300, 1301, setUs + 14e6);
    expect(await daemon.metric('sluice_clock_sets_total')).toBe(1);
    expect(await daemon.metric('sluice_clients_affected')).toBe(1301);
    expect(await daemon.metric('sluice_last_packet_timestamp_seconds')).toBeGreaterThan(setUs / 1e6);
    expect(await daemon.metric('sluice_breaker_tripped')).toBe(0);
    await daemon.kill();
  });
});

describe('the webhook of a daemon', () => {
  it('gets a trip, registered hits, a refused reload and a source that fell silent', async () => {
    const notices: Record<string, unknown>[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        notices.push(JSON.parse(body) as Record<string, unknown>);
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      writePolicy('{ limits: [{ window: 60s, clients: 500 }] }');
      writeFileSync(registry, HEADER + BANK);
      const daemon = await run('--notify', `http://127.0.0.1:${port}/hook`, '--stuck-after', '2s').started();
      await feed(daemon, 0, 3);
      writeFileSync(registry, 'garbage');
      await daemon.ask('reload');
      const events = (): string[] => notices.map(({ event }) => String(event)).sort();
      const expected = ['breaker-tripped', 'registered-hit', 'reload-refused', 'source-silent'];
      await until('all is sent', () => expected.every((event) => events().includes(event)), 20_000);
      expect(events()).toEqual(expected);
      const of = (event: string): Record<string, unknown> => notices.find((notice) => notice.event === event)!;
      expect(of('breaker-tripped')).toMatchObject({ source: 'sluice', trip: { cause: 'registered', rule: 'cut' } });
      expect(of('registered-hit')).toMatchObject({ rule: 'cut', totals: { in_force: { done: 0 } } });
      expect(await daemon.metric('sluice_notices_total', 'sent')).toBe(4);
      await daemon.kill();
    } finally {
      server.close();
    }
  });
});
