/**
 * A stream that lost messages, and gave their numbers to others: a real NATS server whose store is replaced by an older
 * copy, sensors that ship real histories to it, and a hub that has read what is no longer there.
 */
import { join } from 'node:path';
import type { JetStreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FleetLink } from '../../src/fleet/fleet-link.ts';
import { MinuteOutbox } from '../../src/fleet/minute-outbox.ts';
import { parseRowNumbers, rowNumbersText } from '../../src/fleet/row-numbers.ts';
import { Shipper } from '../../src/fleet/shipper.ts';
import { StreamReader } from '../../src/fleet/stream-reader.ts';
import { HEADERS, MINUTES_STREAM, MINUTES_SUBJECTS, minutesSubject } from '../../src/fleet/subjects.ts';
import type { Minute, Place } from '../../src/history/roll-up.ts';
import { readPosition, type ReceivedCounts, writeReceived } from '../../src/history/ship/received-rows.ts';
import { minuteLines } from '../../src/history/ship/row-line.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { randomMinute, RETENTION, START_S } from '../history/sample-minutes.ts';
import { contentOf } from '../kit/history-content.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { SeededRandom } from '../kit/random.mjs';
import { temporaryFolder, until } from '../kit/running-daemon.ts';

const PATIENCE_MS = 60_000;
const PLACE: Place = { isp: 'isp-a', site: 'karachi-1', link: '' };
const SUBJECT = minutesSubject(PLACE.isp, PLACE.site);
const random = new SeededRandom(190);

let folder: ReturnType<typeof temporaryFolder>;
let servers: NatsServers | null = null;
let jsm: JetStreamManager;
let link: FleetLink;
let sensor: Sensor;
let hub: HistoryStore;
const storeOf = (name: string, outboxLength?: number): HistoryStore =>
  new HistoryStore({
    path: join(folder.path, `${name}.db`),
    zone: 'UTC',
    retention: RETENTION,
    ...(outboxLength !== undefined && { outboxLength }),
  });

/** A sensor's history and what ships it. */
class Sensor {
  readonly store = storeOf('sensor', 1e9);
  readonly written: Minute[][] = [];
  private readonly shipper: Shipper;

  constructor() {
    const take = (after: number) => Promise.resolve(this.store.read(({ writer }) => writer.outbox!.take(after)));
    const outbox = new MinuteOutbox(take);
    this.shipper = new Shipper({ stream: MINUTES_STREAM, subject: SUBJECT, version: '1.0.0', outbox, link });
    this.shipper.start();
  }

  /** Writes minutes in so many batches, and waits until the stream has the last. */
  async write(batches: number): Promise<void> {
    for (let batch = 0; batch < batches; batch++) {
      const at = START_S + 600 * this.written.length;
      const minutes = Array.from({ length: 10 }, (_, minute) =>
        randomMinute(random, at + 60 * minute, { place: PLACE, most: 10 }),
      );
      this.written.push(minutes);
      this.store.write({ session: 'sensor', number: this.written.length, minutes, changes: [] });
      await this.isShipped();
    }
  }

  async isShipped(): Promise<void> {
    const last = this.store.read(({ database }) => database.prepare('SELECT max(number) FROM outbox').raw().all());
    await until('the stream has all', async () => (await lastShipped()) === (last as [number][])[0]![0], PATIENCE_MS);
  }

  async stop(): Promise<void> {
    await this.shipper.stop();
    this.store.close();
  }
}

async function lastShipped(): Promise<number> {
  const query = { last_by_subj: SUBJECT };
  const message = await jsm.direct.getMessage(MINUTES_STREAM, query).catch(() => null);
  return Number(message?.header.get(HEADERS.lastSeq) ?? 0);
}

/** Reads the stream into the hub's history until `isDone`; resolves to what was received and the losses found. */
async function read(
  isDone: (losses: readonly string[]) => Promise<boolean> | boolean,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<{ counts: ReceivedCounts[]; losses: string[] }> {
  const counts: ReceivedCounts[] = [];
  const losses: string[] = [];
  const reader = new StreamReader({
    ...{ link, stream: MINUTES_STREAM, consumer: 'test' },
    sink: {
      position: (stream) => Promise.resolve(hub.read((history) => readPosition(history, stream))),
      rewind: (stream) => {
        hub.read(({ writer }) => {
          writer.rewind(stream);
        });
        return Promise.resolve();
      },
      receive: (stream, after, messages, mark) => {
        counts.push(hub.read((history) => writeReceived(history, { stream, after, messages, mark })));
        return Promise.resolve();
      },
    },
    onLoss: (found) => losses.push(found),
  });
  reader.start();
  await meanwhile();
  await until('the stream is read', () => isDone(losses), PATIENCE_MS);
  await reader.stop();
  return { counts, losses };
}

/** The hub has the last row of the sensor. */
const hasAll = async (): Promise<boolean> => {
  const shipped = hub.read(({ writer }) => writer.sensors.shippedBy(PLACE.isp, PLACE.site));
  return shipped !== null && shipped === (await lastShipped());
};

const sum = (counts: readonly ReceivedCounts[], name: 'rows' | 'repeated'): number =>
  counts.reduce((total, one) => total + one[name], 0);

/** Replaces what the server has stored by the copy that it had before. */
async function restore(): Promise<void> {
  await servers!.killNode(0);
  servers!.putCopyBack(0);
  servers!.startNode(0);
}

async function keepCopy(): Promise<void> {
  await servers!.killNode(0);
  servers!.keepCopy(0);
  servers!.startNode(0);
}

function expectAllOnce(): void {
  const direct = storeOf('direct');
  for (const [at, minutes] of sensor.written.entries())
    direct.write({ session: 'direct', number: at + 1, minutes, changes: [] });
  direct.close();
  expect(contentOf(join(folder.path, 'hub.db'))).toEqual(contentOf(join(folder.path, 'direct.db')));
}

describe.skipIf(NO_NATS !== undefined)(
  `a stream that lost messages${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`,
  () => {
    beforeAll(async () => {
      servers = await NatsServers.start(1);
    }, 90_000);
    afterAll(() => servers?.stop());
    beforeEach(async () => {
      folder = temporaryFolder();
      jsm = await servers!.addStream({ name: MINUTES_STREAM, subjects: [MINUTES_SUBJECTS], allow_direct: true });
      link = new FleetLink({ servers: servers!.urls, ca: null, cert: null, key: null }, 'test');
      link.start();
      hub = storeOf('hub');
      hub.ensureOpen();
      sensor = new Sensor();
      await sensor.write(3);
    }, 90_000);
    afterEach(async () => {
      await sensor.stop();
      await link.close();
      hub.close();
      await jsm.streams.delete(MINUTES_STREAM);
      folder.remove();
    });

    it('is noticed by its end; the sensor sends again what it keeps, and each row is counted once', async () => {
      await keepCopy();
      await sensor.write(4);
      await read(hasAll);
      await restore();
      await until('the server is back', async () => (await lastShipped()) > 0, PATIENCE_MS);
      // The sensor does not know yet.
      const { losses } = await read((found) => found.length > 0);
      expect(losses).toEqual(['message 7 was read, and the stream ends with 3']);
      await sensor.write(1);
      const { counts } = await read(hasAll);
      expect(sum(counts, 'rows')).toBe(10);
      expect(sum(counts, 'repeated')).toBeGreaterThanOrEqual(40);
      expect(counts.flatMap(({ missing }) => missing)).toEqual([]);
      expectAllOnce();
    }, 120_000);

    it('is noticed while it is read, when other messages have the numbers of those that were lost', async () => {
      await keepCopy();
      await sensor.write(4);
      const { counts, losses } = await read(
        async (found) => found.length > 0 && (await hasAll()),
        async () => {
          await until('the stream is read', hasAll, PATIENCE_MS);
          await restore();
          await sensor.write(6);
        },
      );
      expect(losses.length).toBeGreaterThan(0);
      expect(losses[0]).toMatch(/^message \d+ (is another one than was read, of|was read, and the stream ends with) /);
      expect(sum(counts, 'rows')).toBe(130);
      expect(counts.flatMap(({ missing }) => missing)).toEqual([]);
      expectAllOnce();
    }, 120_000);

    it('is noticed by the numbers of a sensor whose rows are in it no more, and in the sensor neither', async () => {
      await read(hasAll);
      const known = await lastShipped();
      await keepCopy();
      await sensor.write(4);
      const gone = await lastShipped();
      await restore();
      const removed = sensor.store.read(({ database }) => database.prepare('DELETE FROM outbox').run().changes);
      expect(removed).toBe(70);
      await sensor.write(1);
      const { counts, losses } = await read(hasAll);
      // What the hub has read is there: nothing else shows it.
      expect(losses).toEqual([]);
      expect(counts.flatMap(({ missing }) => missing)).toEqual([
        { isp: PLACE.isp, site: PLACE.site, after: known, until: gone },
      ]);
      expect(sum(counts, 'rows')).toBe(10);
      sensor.written.splice(3, 4);
      expectAllOnce();
    }, 120_000);
  },
);

describe('rows of a sensor', () => {
  beforeEach(() => {
    folder = temporaryFolder();
    hub = storeOf('hub');
  });
  afterEach(() => {
    hub.close();
    folder.remove();
  });
  let sequence = 0;
  const receive = (
    lastRow: number | null,
    numbers: readonly number[] | null,
    before: number | null,
  ): ReceivedCounts => {
    const minutes = Array.from({ length: 2 }, () => randomMinute(random, START_S, { place: PLACE, most: 2 }));
    const bytes = Buffer.from(minutes.flatMap(minuteLines).join(''));
    const sensor = { isp: PLACE.isp, site: PLACE.site, version: '1', timeMs: 1e12, sentMs: 1e12 };
    const rows = numbers === null ? null : { numbers, before };
    const message = { ...sensor, sequence: sequence + 1, lastRow, rows, bytes };
    const batch = { stream: 'one', after: sequence, messages: [message], mark: `${sequence}` };
    sequence++;
    return hub.read((history) => writeReceived(history, batch));
  };

  it('are left out where their numbers are not above those that are there, and a gap before them is noticed', () => {
    sequence = 0;
    expect(receive(7, [5, 7], 3)).toMatchObject({ rows: 2, repeated: 0, missing: [] });
    expect(receive(7, [5, 7], 3)).toMatchObject({ rows: 0, repeated: 2, missing: [] });
    expect(receive(9, [7, 9], 5)).toMatchObject({ rows: 1, repeated: 1, missing: [] });
    expect(receive(12, [11, 12], 9)).toMatchObject({ rows: 2, missing: [] });
    expect(receive(22, [21, 22], 20)).toMatchObject({ rows: 2, missing: [{ after: 12, until: 20 }] });
    // Numbers that are not those of the lines say nothing of them.
    expect(receive(30, [25, 26, 30], 24)).toMatchObject({ rows: 2, repeated: 0, missing: [] });
  });

  it('of a sensor that numbers its messages alone are left out by message; without any number they are taken', () => {
    sequence = 0;
    expect(receive(7, null, null)).toMatchObject({ rows: 2, repeated: 0 });
    expect(receive(7, null, null)).toMatchObject({ rows: 0, repeated: 2 });
    expect(receive(8, null, null)).toMatchObject({ rows: 2, repeated: 0 });
    expect(receive(null, null, null)).toMatchObject({ rows: 2, repeated: 0 });
  });

  it.each([
    { numbers: [], before: null },
    { numbers: [1], before: 0 },
    { numbers: [5, 6, 900], before: null },
    { numbers: [1_700_000_000_001, 1_700_000_000_002], before: 1_700_000_000_000 },
  ])('have numbers that are read back as they were: %j', (rows) => {
    expect(parseRowNumbers(rowNumbersText(rows))).toEqual(rows);
  });

  it.each(['', ',1', '1,', 'a', '5,-1', '5,1,0', '5,0', '-,1,x', `${'9'.repeat(16)},1`])(
    'are not read from "%s"',
    (text) => {
      expect(parseRowNumbers(text)).toBeNull();
    },
  );
});
