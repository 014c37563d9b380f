/** Two real daemons that ship to a real NATS server, while daemons and server are killed; capture goes on without it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { EVENTS_STREAM, EVENTS_SUBJECTS, eventsSubject } from '../../src/fleet/subjects.ts';
import { Conversation } from '../kit/many-clients.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const SITES = ['lahore-1', 'karachi-2'];
const CONVERSATIONS = 400;
const START_US = 1_731_261_600_000_000;
const folder = temporaryFolder();
let servers: NatsServers | null = null;
afterAll(async () => {
  await servers?.stop();
  folder.remove();
});

const log = (site: string): string => join(folder.path, `${site}.jsonl`);
const textOf = (site: string): string =>
  readdirSync(folder.path)
    .filter((name) => name.startsWith(`${site}.jsonl.`))
    .sort()
    .map((name) => readFileSync(join(folder.path, name), 'utf8'))
    .join('') + readFileSync(log(site), 'utf8');

describe.skipIf(NO_NATS !== undefined)(`a fleet${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`, () => {
  it('has each line of each sensor once, over kills of sensors and server, and capture never waits for it', async () => {
    servers = await NatsServers.start(1);
    const jsm = await servers.addStream({
      name: EVENTS_STREAM,
      subjects: [EVENTS_SUBJECTS],
      allow_direct: true,
    });
    const conversation = new Conversation('wireguard/handshake-only.pcap');
    const run = (site: string): Promise<RunningDaemon> =>
      new RunningDaemon(
        [
          '-',
          '--decisions',
          log(site),
          '--rotate-size',
          '40kB',
          '--site',
          site,
          '--isp',
          'example',
          '--link',
          'north',
        ].concat(['--fleet', servers!.urls[0]!]),
      ).started();
    let sensors = await Promise.all(SITES.map(run));
    for (let kill = 0; kill < 3; kill++) {
      await servers.killNode(0);
      const capture = conversation.capture(0, CONVERSATIONS, START_US, 1000);
      for (const sensor of sensors) sensor.child.stdin!.write(capture);
      const packets = CONVERSATIONS * conversation.packets.length;
      for (const sensor of sensors)
        await until(
          'all packets are read without the server',
          async () => (await sensor.metric('sluice_packets_total')) === packets,
        );
      servers.startNode(0);
      await sleep(700 * kill);
      await Promise.all(sensors.map((sensor) => sensor.kill('SIGKILL')));
      sensors = await Promise.all(SITES.map(run));
    }
    for (const site of SITES) {
      const query = { last_by_subj: eventsSubject('example', site) };
      const end = textOf(site).slice(-400);
      await until(
        `the last line of ${site}`,
        async () => (await jsm.direct.getMessage(EVENTS_STREAM, query))?.string().endsWith(end) === true,
        60_000,
      );
      const messages: string[] = [];
      for (let seq = 1; ;) {
        const next = { seq, next_by_subj: query.last_by_subj };
        const message = await jsm.direct.getMessage(EVENTS_STREAM, next).catch(() => null);
        if (message === null) break;
        messages.push(message.string());
        seq = message.seq + 1;
      }
      expect(messages.join('') === textOf(site)).toBe(true);
      expect(messages.join('').split('\n').length).toBeGreaterThan(3 * CONVERSATIONS);
    }
    expect(await sensors[0]!.metric('sluice_fleet_connected')).toBe(1);
    expect(await sensors[0]!.metric('sluice_fleet_lost_lines_total')).toBe(0);
    await Promise.all(sensors.map((sensor) => sensor.kill()));
  }, 180_000);
});
