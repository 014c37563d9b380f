/** Minutes of a real history, shipped to a real NATS server that is killed: each row is in the stream once, in order. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { FleetLink } from '../../src/fleet/fleet-link.ts';
import { MinuteOutbox } from '../../src/fleet/minute-outbox.ts';
import { Shipper } from '../../src/fleet/shipper.ts';
import { HEADERS, MINUTES_STREAM, MINUTES_SUBJECTS, minutesSubject } from '../../src/fleet/subjects.ts';
import type { Minute } from '../../src/history/roll-up.ts';
import { minuteLines } from '../../src/history/ship/row-line.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { randomMinute, RETENTION, START_S } from '../history/sample-minutes.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { SeededRandom } from '../kit/random.mjs';
import { temporaryFolder, until } from '../kit/running-daemon.ts';

const ROUNDS = 4;
const MINUTES = 400;
const SUBJECT = minutesSubject('isp-a', 'karachi-1');
const folder = temporaryFolder();
let servers: NatsServers | null = null;
afterAll(async () => {
  await servers?.stop();
  folder.remove();
});

describe.skipIf(NO_NATS !== undefined)(`minutes${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`, () => {
  it(`are in the stream once and in order, over ${ROUNDS} kills of the server and beginnings of the sensor`, async () => {
    servers = await NatsServers.start(1);
    const jsm = await servers.addStream({ name: MINUTES_STREAM, subjects: [MINUTES_SUBJECTS], allow_direct: true });
    const random = new SeededRandom(77);
    const place = { path: join(folder.path, 'history.db'), zone: 'UTC', retention: RETENTION, outboxLength: 1e9 };
    const written: Minute[] = [];
    const message = async (query: { last_by_subj: string } | { seq: number }) =>
      jsm.direct.getMessage(MINUTES_STREAM, query).catch(() => null);
    for (let round = 0; round < ROUNDS; round++) {
      const store = new HistoryStore(place);
      const outbox = new MinuteOutbox((after) =>
        Promise.resolve(store.read(({ writer }) => writer.outbox!.take(after))),
      );
      const link = new FleetLink({ servers: servers.urls, ca: null, cert: null, key: null }, 'test');
      const shipper = new Shipper({ stream: MINUTES_STREAM, subject: SUBJECT, version: '1.2.3', outbox, link });
      link.start();
      shipper.start();
      for (let batch = 0; batch < 4; batch++) {
        const minutes = Array.from({ length: MINUTES / 4 }, () =>
          randomMinute(random, START_S + 60 * written.length, { most: 10 }),
        );
        store.write({ session: `${round}`, number: batch + 1, minutes, changes: [] });
        written.push(...minutes);
        await sleep(random.below(150));
        if (batch === 1) await servers.killNode(0);
        if (batch === 2) servers.startNode(0);
      }
      // The last beginning ships all; those before it are ended in the middle.
      if (round === ROUNDS - 1) {
        const last = minuteLines(written.at(-1)!).at(-1)!;
        const isThere = async (): Promise<boolean> =>
          (await message({ last_by_subj: SUBJECT }))?.string().endsWith(last) === true;
        await until('the last minute in the stream', isThere, 60_000);
        const shipped = Number((await message({ last_by_subj: SUBJECT }))!.header.get(HEADERS.lastSeq));
        expect(await outbox.next({ segment: 0, offset: 0, lastSeq: shipped })).toBeNull();
      }
      await link.close();
      await shipper.stop();
      store.close();
    }
    const { state } = await jsm.streams.info(MINUTES_STREAM);
    const messages: string[] = [];
    for (let seq = 1; seq <= state.last_seq; seq++) {
      const found = await message({ seq });
      messages.push(found!.string());
      expect(found!.header.get(HEADERS.version)).toBe('1.2.3');
    }
    const expected = written.flatMap(minuteLines).join('');
    expect(messages.join('') === expected, `${messages.join('').length} of ${expected.length} characters`).toBe(true);
  }, 120_000);
});
