/**
 * A hub's history, made from a real NATS stream, beside one that was written directly: each row once, over failures at
 * any place of the way, kills of the server, and being made again.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetLink } from '../../src/fleet/fleet-link.ts';
import { StreamReader, type StreamSink } from '../../src/fleet/stream-reader.ts';
import { HEADERS, MINUTES_STREAM, MINUTES_SUBJECTS, minutesSubject } from '../../src/fleet/subjects.ts';
import type { Change, Minute, Place } from '../../src/history/roll-up.ts';
import { readPosition, type ReceivedCounts, writeReceived } from '../../src/history/ship/received-rows.ts';
import { changeLine, minuteLines } from '../../src/history/ship/row-line.ts';
import { readSensors } from '../../src/history/ship/sensor-table.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { randomMinute, RETENTION, START_S } from '../history/sample-minutes.ts';
import { contentOf } from '../kit/history-content.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { SeededRandom } from '../kit/random.mjs';
import { temporaryFolder, until } from '../kit/running-daemon.ts';

const SITES: readonly Place[] = [
  { isp: 'isp-a', site: 'lahore-1', link: 'north' },
  { isp: 'isp-a', site: 'karachi-2', link: 'south' },
  { isp: 'isp-b', site: 'lahore-1', link: '' },
];
const MESSAGES = 120;
const PATIENCE_MS = 60_000;

const folder = temporaryFolder();
const random = new SeededRandom(4);
let servers: NatsServers;
let jsm: JetStreamManager;
let connection: NatsConnection;
const sent: { minutes: Minute[]; changes: Change[] }[] = [];

beforeAll(async () => {
  if (NO_NATS !== undefined) return;
  servers = await NatsServers.start(1);
  jsm = await servers.addStream({ name: MINUTES_STREAM, subjects: [MINUTES_SUBJECTS], allow_direct: true });
  connection = await servers.connect();
}, 90_000);
afterAll(async () => {
  await (connection as NatsConnection | undefined)?.close();
  await (servers as NatsServers | undefined)?.stop();
  folder.remove();
});

const storeOf = (name: string): HistoryStore =>
  new HistoryStore({ path: join(folder.path, `${name}.db`), zone: 'UTC', retention: RETENTION });

/** Publishes random minutes and changes of a random site. */
async function publish(place = random.pick(SITES), extra = ''): Promise<void> {
  const minutes = Array.from({ length: random.between(1, 4) }, () =>
    randomMinute(random, START_S + 60 * random.below(500), { place }),
  );
  const changes: Change[] = random.chance(0.3)
    ? [{ timeUs: (START_S + random.below(1000)) * 1e6, place, kind: 'start', fields: { version: '1.0.0' } }]
    : [];
  const text = [...minutes.flatMap(minuteLines), ...changes.map(changeLine)].join('') + extra;
  const fields = headers();
  fields.set(HEADERS.version, '1.0.0');
  fields.set(HEADERS.sentMs, `${Date.now() - 5000}`);
  const subject = minutesSubject(place.isp, place.site);
  const answer = await connection.request(subject, text, { headers: fields, timeout: 5000 });
  expect(answer.json()).toMatchObject({ stream: MINUTES_STREAM });
  sent.push({ minutes, changes });
}

/** Reads the stream into a history until `isDone`; `failing`: whether a write fails, before or after it is made. */
async function read(
  name: string,
  isDone: (position: number) => boolean,
  failing: () => 'before' | 'after' | null = () => null,
): Promise<ReceivedCounts[]> {
  const store = storeOf(name);
  const counts: ReceivedCounts[] = [];
  let position = 0;
  const sink: StreamSink = {
    position: (stream) => Promise.resolve(store.read((history) => readPosition(history, stream))),
    rewind: (stream) => {
      store.read(({ writer }) => {
        writer.rewind(stream);
      });
      return Promise.resolve();
    },
    receive: (stream, after, messages, mark) => {
      const fails = failing();
      if (fails === 'before') return Promise.reject(new Error('not written'));
      counts.push(store.read((history) => writeReceived(history, { stream, after, messages, mark })));
      position = messages.at(-1)!.sequence;
      return fails === 'after' ? Promise.reject(new Error('written, and the answer was lost')) : Promise.resolve();
    },
  };
  const link = new FleetLink({ servers: servers.urls, ca: null, cert: null, key: null }, 'test');
  const reader = new StreamReader({ link, stream: MINUTES_STREAM, consumer: 'test', sink });
  link.start();
  reader.start();
  await until('the stream is read', () => isDone(position), PATIENCE_MS).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}: ${reader.problem} at ${position}`);
  });
  await reader.stop();
  await link.close();
  store.close();
  return counts;
}

function writeDirectly(name: string): void {
  const store = storeOf(name);
  for (const [at, batch] of sent.entries()) store.write({ session: 'direct', number: at + 1, ...batch });
  store.close();
}

const contentIn = (name: string): Record<string, unknown[]> => contentOf(join(folder.path, `${name}.db`));

const lastSequence = async (): Promise<number> => (await jsm.streams.info(MINUTES_STREAM)).state.last_seq;

describe.skipIf(NO_NATS !== undefined)(`a hub${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`, () => {
  it('has each row once, though writes fail before and after they are made, and the server is killed', async () => {
    for (let message = 0; message < MESSAGES / 3; message++) await publish();
    let writes = 0;
    const failing = (): 'before' | 'after' | null => (++writes > 6 ? null : random.pick(['before', 'after', null]));
    await read('hub', (position) => position >= MESSAGES / 6, failing);
    const later = (async () => {
      for (let message = 0; message < MESSAGES / 3; message++) await publish();
      await sleep(300);
      await servers.killNode(0);
      await sleep(300);
      servers.startNode(0);
      await until(
        'the server is back',
        () =>
          publish().then(
            () => true,
            () => false,
          ),
        PATIENCE_MS,
      );
      for (let message = 1; message < MESSAGES / 3; message++) await publish();
    })();
    let last = Infinity;
    writes = 0;
    const reading = read('hub', (position) => position >= last, failing);
    await later;
    last = await lastSequence();
    await reading;
    expect(last).toBeGreaterThanOrEqual(MESSAGES);
    writeDirectly('direct');
    expect(contentIn('hub')).toEqual(contentIn('direct'));
    expect(contentIn('hub').series!.length).toBeGreaterThan(200);
  }, 180_000);

  it('is made again from the stream, and then is the same', async () => {
    const last = await lastSequence();
    await read('again', (position) => position >= last);
    expect(contentIn('again')).toEqual(contentIn('hub'));
  }, 90_000);

  it('refuses lines that are no rows, or of another sensor than their sender, counts them and takes the others', async () => {
    const [a, , b] = SITES as [Place, Place, Place];
    const foreign = minuteLines(randomMinute(random, START_S, { place: b })).join('');
    await publish(a, `{"minute":\n${foreign}`);
    const last = await lastSequence();
    const counts = await read('hub', (position) => position >= last);
    expect(counts.map(({ refused }) => refused)).toEqual([2]);
    expect(counts[0]!.problem).toBe(`message ${last} of isp-a/lahore-1: it is no JSON`);
    writeDirectly('direct-2');
    expect(contentIn('hub')).toEqual(contentIn('direct-2'));
  }, 90_000);

  it('knows when each sensor was seen, its version, its rows, and how far its clock is off', () => {
    const store = storeOf('hub');
    const sensors = store.read(({ database }) => readSensors(database));
    store.close();
    expect(sensors.map(({ isp, site }) => `${isp}/${site}`)).toEqual([
      'isp-a/karachi-2',
      'isp-a/lahore-1',
      'isp-b/lahore-1',
    ]);
    const rows = sent.reduce(
      (sum, { minutes, changes }) => sum + minutes.flatMap(minuteLines).length + changes.length,
      0,
    );
    expect(sensors.reduce((sum, sensor) => sum + sensor.rows, 0)).toBe(rows);
    for (const sensor of sensors) {
      expect(sensor.version).toBe('1.0.0');
      expect(sensor.clock_offset_ms).toBeGreaterThan(-9000);
      expect(sensor.clock_offset_ms).toBeLessThan(-4900);
      expect(Math.abs(Date.now() - sensor.seen_ms)).toBeLessThan(120_000);
      expect(sensor.packets).toBeGreaterThan(0);
    }
    expect(sensors.map((sensor) => sensor.refused_rows)).toEqual([0, 2, 0]);
  });

  it('begins again with a stream that was made again', async () => {
    await jsm.streams.delete(MINUTES_STREAM);
    await jsm.streams.add({ name: MINUTES_STREAM, subjects: [MINUTES_SUBJECTS], allow_direct: true });
    await publish();
    await publish();
    await read('hub', (position) => position >= 2);
    writeDirectly('direct-3');
    expect(contentIn('hub')).toEqual(contentIn('direct-3'));
  }, 90_000);
});
