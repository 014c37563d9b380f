/** Shipping a log to a real cluster of three NATS servers whose nodes are killed, beside a plain reading of the log. */
import { mkdtempSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FleetLink } from '../../src/fleet/fleet-link.ts';
import { LogOutbox, MOST_BYTES, MOST_LINES } from '../../src/fleet/log-outbox.ts';
import { Shipper } from '../../src/fleet/shipper.ts';
import { EVENTS_STREAM, EVENTS_SUBJECTS, eventsSubject, HEADERS } from '../../src/fleet/subjects.ts';
import { segmentsOf } from '../../src/output/log/chain/segment-chain.ts';
import { EventLog } from '../../src/output/log/event-log.ts';
import { LineQueue } from '../../src/output/log/line-queue.ts';
import { RotatingFile } from '../../src/output/log/rotating-file.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { SeededRandom } from '../kit/random.mjs';
import { until } from '../kit/running-daemon.ts';

const NODES = 3;
const ROUNDS = 8;
const PATIENCE_MS = 60_000;
const SITE = { isp: 'example', site: 'lahore-1' };

let servers: NatsServers;
let jsm: JetStreamManager;
let folder = '';

beforeAll(async () => {
  if (NO_NATS !== undefined) return;
  servers = await NatsServers.start(NODES);
  const subjects = [EVENTS_SUBJECTS];
  jsm = await servers.addStream({ name: EVENTS_STREAM, subjects, num_replicas: NODES, allow_direct: true });
}, 90_000);
afterAll(async () => {
  await (servers as NatsServers | undefined)?.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-shipper-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A log that is rotated, and a shipper of it that can be begun again. */
class Sensor {
  readonly path: string;
  readonly file: RotatingFile;
  readonly lines: LineQueue;
  readonly log: EventLog;
  shipper!: Shipper;
  outbox!: LogOutbox;
  /** Lines so far, which is `seq` of the last one. */
  written = 0;
  private link!: FleetLink;
  private readonly site: string;
  private readonly mostBytes: number;

  constructor(site: string, { kept = 1000, mostBytes = 1e9 } = {}) {
    this.site = site;
    this.mostBytes = mostBytes;
    this.path = join(folder, `${site}.jsonl`);
    this.file = new RotatingFile(this.path, { bytes: 200_000, ageMs: Infinity, kept });
    this.lines = new LineQueue(this.file, 'wait');
    this.log = new EventLog('decisions', this.lines, this.file, { ...SITE, site });
    this.file.mayRemove = (name) => this.outbox.mayRemove(name);
  }

  async start(): Promise<void> {
    await this.log.start();
    this.startShipping();
  }

  startShipping(): void {
    this.outbox = new LogOutbox({ log: this.path, written: () => this.file.position, mostBytes: this.mostBytes });
    this.link = new FleetLink({ servers: servers.urls, ca: null, cert: null, key: null }, 'test');
    this.shipper = new Shipper({
      stream: EVENTS_STREAM,
      subject: eventsSubject(SITE.isp, this.site),
      version: 'test',
      outbox: this.outbox,
      link: this.link,
    });
    this.link.start();
    this.shipper.start();
  }

  async stopShipping(): Promise<void> {
    await this.link.close();
    await this.shipper.stop();
    await this.outbox.close();
  }

  /** Ends shipping and closes the log. */
  async close(): Promise<void> {
    await this.stopShipping();
    await this.lines.close(PATIENCE_MS);
  }

  async write(count: number, random: SeededRandom): Promise<void> {
    this.written += count;
    for (let line = 0; line < count; line++)
      this.log.write(`{"timestamp":"t","value":"${'x'.repeat(random.below(600))}"}\n`);
    await this.lines.flush(PATIENCE_MS);
    await this.outbox.look();
    await this.lines.rotateIfDue();
  }

  /** The log by a plain reading of its files. */
  async text(): Promise<string> {
    const closed = (await segmentsOf(this.path)).map((name) => readFileSync(join(folder, name), 'utf8'));
    return closed.join('') + readFileSync(this.path, 'utf8');
  }

  /** What the stream has of it, message by message. */
  async shipped(): Promise<string[]> {
    const subject = eventsSubject(SITE.isp, this.site);
    const messages: string[] = [];
    for (let seq = 1; ;) {
      const message = await jsm.direct.getMessage(EVENTS_STREAM, { seq, next_by_subj: subject }).catch(() => null);
      if (message === null) return messages;
      messages.push(message.string());
      seq = message.seq + 1;
    }
  }

  /** Waits until the subject's last message has the last line. */
  async allShipped(): Promise<void> {
    const last = async (): Promise<string> => {
      const query = { last_by_subj: eventsSubject(SITE.isp, this.site) };
      const message = await jsm.direct.getMessage(EVENTS_STREAM, query).catch(() => null);
      return message?.header.get(HEADERS.lastSeq) ?? '';
    };
    await until(`line ${this.written} in the stream`, async () => (await last()) === `${this.written}`, PATIENCE_MS);
  }
}

describe.skipIf(NO_NATS !== undefined)(
  `shipping to a real cluster${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`,
  () => {
    it(`loses and doubles nothing while nodes are killed and the shipper begins again ${ROUNDS} times`, async () => {
      const random = new SeededRandom(19);
      const sensor = new Sensor('killed');
      await sensor.start();
      for (let round = 0; round < ROUNDS; round++) {
        const node = random.below(NODES);
        const writing = sensor.write(1500, random);
        await sleep(random.below(300));
        await servers.killNode(node);
        await sleep(random.below(500));
        if (random.chance(0.5)) {
          await sensor.stopShipping();
          sensor.startShipping();
        }
        servers.startNode(node);
        await writing;
      }
      await sensor.allShipped();
      const text = await sensor.text();
      // A replica that was killed answers too, and may not have all yet.
      let messages: string[] = [];
      await until(
        'the whole log in the stream',
        async () => (messages = await sensor.shipped()).join('').length >= text.length,
        PATIENCE_MS,
      );
      expect(messages.join('') === text, `${messages.join('').length} of ${text.length} characters`).toBe(true);
      expect(Math.max(...messages.map((message) => message.split('\n').length - 1))).toBeLessThanOrEqual(MOST_LINES);
      expect(Math.max(...messages.map((message) => message.length))).toBeLessThanOrEqual(MOST_BYTES);
      await sensor.stopShipping();
    }, 180_000);

    it('goes on where another process of the sensor has shipped to, and keeps what is not acknowledged', async () => {
      const random = new SeededRandom(20);
      const sensor = new Sensor('kept', { kept: 0 });
      await sensor.start();
      await sensor.write(500, random);
      await sensor.allShipped();
      await sensor.stopShipping();
      await sensor.write(3000, random);
      await sensor.write(3000, random);
      expect((await segmentsOf(sensor.path)).length).toBeGreaterThan(0);
      const whole = await sensor.text();
      sensor.startShipping();
      await sensor.allShipped();
      expect((await sensor.shipped()).join('').endsWith(whole)).toBe(true);
      // Once acknowledged, segments go with the next rotation.
      await sensor.write(1000, random);
      await sensor.allShipped();
      await sensor.write(1000, random);
      expect((await segmentsOf(sensor.path)).length).toBeLessThanOrEqual(2);
      await sensor.stopShipping();
    }, 120_000);

    it('counts the lines that were removed before they were acknowledged', async () => {
      const random = new SeededRandom(21);
      const sensor = new Sensor('removed');
      await sensor.start();
      await sensor.write(100, random);
      await sensor.allShipped();
      await sensor.stopShipping();
      await sensor.write(2000, random);
      await sensor.write(2000, random);
      await sensor.write(10, random);
      for (const name of await segmentsOf(sensor.path)) unlinkSync(join(folder, name));
      sensor.startShipping();
      await until('the last lines', async () => (await sensor.shipped()).join('').includes('"seq":4110}'), PATIENCE_MS);
      const shipped = (await sensor.shipped()).join('').split('\n').length - 1;
      expect(sensor.shipper.lostCount).toBe(4110 - shipped);
      await sensor.stopShipping();
    }, 120_000);

    it('ships nothing of a log whose numbers begin again, and says what to do', async () => {
      const random = new SeededRandom(22);
      const first = new Sensor('again');
      await first.start();
      await first.write(1000, random);
      await first.write(1000, random);
      await first.allShipped();
      await first.close();
      const before = await first.shipped();
      for (const name of await segmentsOf(first.path)) unlinkSync(join(folder, name));
      unlinkSync(first.path);
      const second = new Sensor('again');
      await second.start();
      await second.write(10, random);
      const isTold = (): boolean => /begins again with seq 1, .*--site of its own/.test(second.shipper.problem ?? '');
      await until('the problem', isTold, PATIENCE_MS);
      expect(await second.shipped()).toEqual(before);
      await second.stopShipping();
    }, 120_000);
  },
);
