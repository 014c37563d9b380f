/** Two real daemons that ship to a real NATS server, while daemons and server are killed; capture goes on without it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import {
  EVENTS_STREAM,
  EVENTS_SUBJECTS,
  eventsSubject,
  MINUTES_STREAM,
  MINUTES_SUBJECTS,
  minutesSubject,
} from '../../src/fleet/subjects.ts';
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
const history = (site: string): string => join(folder.path, `${site}.db`);
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
    await servers.addStream({ name: MINUTES_STREAM, subjects: [MINUTES_SUBJECTS], allow_direct: true });
    const messagesOf = async (stream: string, subject: string): Promise<string[]> => {
      const messages: string[] = [];
      for (let seq = 1; ;) {
        const message = await jsm.direct.getMessage(stream, { seq, next_by_subj: subject }).catch(() => null);
        if (message === null) return messages;
        messages.push(message.string());
        seq = message.seq + 1;
      }
    };
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
          '--history',
          history(site),
        ].concat(['--fleet', servers!.urls[0]!]),
      ).started();
    let sensors = await Promise.all(SITES.map(run));
    for (let kill = 0; kill < 3; kill++) {
      await servers.killNode(0);
      const capture = conversation.capture(0, CONVERSATIONS, START_US, 500_000);
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
      const messages = await messagesOf(EVENTS_STREAM, query.last_by_subj);
      expect(messages.join('') === textOf(site)).toBe(true);
      expect(messages.join('').split('\n').length).toBeGreaterThan(3 * CONVERSATIONS);
    }
    expect(await sensors[0]!.metric('sluice_fleet_connected')).toBe(1);
    expect(await sensors[0]!.metric('sluice_fleet_lost_lines_total')).toBe(0);
    // A sensor that is stopped ships its last minute before it ends.
    await Promise.all(sensors.map((sensor) => sensor.kill()));
    for (const site of SITES) {
      const rows = (await messagesOf(MINUTES_STREAM, minutesSubject('example', site)))
        .flatMap((text) => text.trimEnd().split('\n'))
        .map((line) => JSON.parse(line) as { minute?: { coverage: { packets: number } }; change?: { kind: string } });
      const database = new Database(history(site));
      const [[packets], [changes]] = [
        'SELECT sum(packets) FROM coverage WHERE level = 0',
        'SELECT count(*) FROM change',
      ].map((sql) => database.prepare(sql).raw().get() as [number]) as [[number], [number]];
      database.close();
      expect(rows.reduce((sum, { minute }) => sum + (minute?.coverage.packets ?? 0), 0)).toBe(packets);
      expect(rows.filter(({ change }) => change !== undefined).length).toBe(changes);
      expect(rows.at(-1)?.change?.kind).toBe('stop');
      expect(packets).toBeGreaterThan(0);
    }
  }, 180_000);
});
