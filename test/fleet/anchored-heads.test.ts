/** `sluice verify --nats`: heads that a sensor has anchored in a real stream prove what its disk alone cannot. */
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetLink } from '../../src/fleet/fleet-link.ts';
import { LogOutbox } from '../../src/fleet/log-outbox.ts';
import { Shipper } from '../../src/fleet/shipper.ts';
import { EVENTS_STREAM, EVENTS_SUBJECTS, eventsSubject } from '../../src/fleet/subjects.ts';
import { parseEntry } from '../../src/output/log/chain/chain-entry.ts';
import { SegmentChain } from '../../src/output/log/chain/segment-chain.ts';
import { EventLog } from '../../src/output/log/event-log.ts';
import { LineQueue } from '../../src/output/log/line-queue.ts';
import { RotatingFile } from '../../src/output/log/rotating-file.ts';
import { makeKeyFiles, readPrivateKey } from '../../src/rules/signing-key.ts';
import { sluice } from '../cli/sluice.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { until } from '../kit/running-daemon.ts';

const SENSOR = { isp: 'example', site: 'lahore-1' };
const SEGMENTS = 4;
const LINES = 300;
const PATIENCE_MS = 30_000;

const folder = mkdtempSync(join(tmpdir(), 'sluice-heads-'));
const path = join(folder, 'decisions.jsonl');
let servers: NatsServers;

/** Writes a log whose segments are signed and shipped as they are closed. */
async function shippedLog(): Promise<void> {
  makeKeyFiles(join(folder, 'sensor.key'));
  const file = new RotatingFile(path, { bytes: 1, ageMs: Infinity, kept: 10 });
  const lines = new LineQueue(file, 'wait');
  const log = new EventLog('decisions', lines, file, SENSOR);
  await log.start();
  const chain = new SegmentChain(path, { key: readPrivateKey(join(folder, 'sensor.key')), sensor: SENSOR, kept: 10 });
  await chain.start();
  file.onClosed = () => {
    chain.update();
  };
  const link = new FleetLink({ servers: servers.urls, ca: null, cert: null, key: null }, 'test');
  const shipper = new Shipper({
    stream: EVENTS_STREAM,
    subject: eventsSubject(SENSOR.isp, SENSOR.site),
    version: 'test',
    outbox: new LogOutbox({ log: path, written: () => file.position, mostBytes: 1e9 }),
    link,
    chainHead: () => chain.head.sha256,
  });
  link.start();
  shipper.start();
  for (let segment = 1; segment <= SEGMENTS; segment++) {
    for (let line = 0; line < LINES; line++) log.write(`{"timestamp":"t","value":"${'x'.repeat(line)}"}\n`);
    await lines.flush(PATIENCE_MS);
    await until('the segment is shipped', () => shipper.lineCount === segment * LINES, PATIENCE_MS);
    if (segment === SEGMENTS) break;
    await lines.rotateIfDue();
    await until('the segment is signed', () => chain.head.entries === segment, PATIENCE_MS);
    await sleep(2);
  }
  await link.close();
  await shipper.stop();
  await lines.close(PATIENCE_MS);
  await chain.close();
}

beforeAll(async () => {
  if (NO_NATS !== undefined) return;
  servers = await NatsServers.start(1);
  await servers.addStream({ name: EVENTS_STREAM, subjects: [EVENTS_SUBJECTS], allow_direct: true });
  await shippedLog();
}, 90_000);
afterAll(async () => {
  await (servers as NatsServers | undefined)?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const verify = (...flags: string[]): ReturnType<typeof sluice> =>
  sluice(['verify', path, '--log-keys', join(folder, 'sensor.key.pub'), ...flags]);
const withNats = (...flags: string[]): ReturnType<typeof sluice> => verify('--nats', servers.urls[0]!, ...flags);

describe.skipIf(NO_NATS !== undefined)(`verify --nats${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`, () => {
  it('proves a log up to the last head in the stream, without one by hand', async () => {
    const { code, stdout } = await withNats();
    const last = parseEntry(readFileSync(`${path}.chain`, 'utf8').trimEnd().split('\n').at(-1)!)!;
    expect(stdout).toContain(`complete and unchanged up to the anchored head, ${last.at}\n`);
    expect(code).toBe(0);
  });

  it('finds an end that was cut from log and chain together, which the disk alone does not show', async () => {
    const chain = readFileSync(`${path}.chain`, 'utf8');
    const lines = chain.trimEnd().split('\n');
    const { segment } = parseEntry(lines.at(-1)!) as { segment: { file: string } };
    const kept = readFileSync(join(folder, segment.file));
    const open = readFileSync(path);
    try {
      writeFileSync(
        `${path}.chain`,
        lines
          .slice(0, -1)
          .map((line) => `${line}\n`)
          .join(''),
      );
      unlinkSync(join(folder, segment.file));
      truncateSync(path, 0);
      expect((await verify()).code).toBe(0);
      const { code, stdout } = await withNats();
      expect(stdout).toMatch(/^removed: decisions.jsonl.chain: the anchored head [0-9a-f]{64} is not in it/);
      expect(code).toBe(1);
      // A chain without an entry names no sensor.
      truncateSync(`${path}.chain`, 0);
      expect(await withNats()).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('--sensor ISP/SITE') as string,
      });
      expect((await withNats('--sensor', 'example/lahore-1')).stdout).toMatch(/^removed: /);
    } finally {
      writeFileSync(`${path}.chain`, chain);
      writeFileSync(join(folder, segment.file), kept);
      writeFileSync(path, open);
    }
    expect(statSync(path).size).toBeGreaterThan(0);
  });

  it('says what to do where the stream has nothing of the sensor, cannot be reached, or flags do not belong together', async () => {
    expect((await withNats('--sensor', 'example/quetta-9')).stderr).toContain(
      'the stream has nothing of example/quetta-9',
    );
    expect((await verify('--nats', 'nats://127.0.0.1:1')).stderr).toContain('the stream cannot be read');
    expect(await withNats('--sensor', 'example')).toMatchObject({ code: 2 });
    expect(await verify('--nats-ca', 'ca.pem')).toMatchObject({ code: 2 });
    expect(await verify('--sensor', 'example/lahore-1')).toMatchObject({ code: 2 });
  });
});
