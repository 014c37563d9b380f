/**
 * The pages of a daemon whose history fails: they say what is wrong and what is missing, while every packet is read and
 * every event written.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/history/store/schema.ts';
import type { LiveDocument } from '../../src/web/api/live-schema.ts';
import { CHROMIUM, picture, TestBrowser, violations } from '../kit/browser.ts';
import { Conversation } from '../kit/many-clients.ts';
import { endAll, eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const CLIENTS = 200;
const SCHEMAS = join(import.meta.dirname, '../history/schemas');
const handshake = new Conversation('wireguard/handshake-only.pcap');
const isRoot = process.getuid?.() === 0;

let folder = temporaryFolder();
let daemon: RunningDaemon;
let browser: TestBrowser;
let sent = 0;

async function start(history: string): Promise<void> {
  const log = ['--decisions', join(folder.path, 'd.jsonl'), '--stats-every', 'never'];
  daemon = await new RunningDaemon(['-', ...log, '--history', history]).started();
  sent = 0;
}

/** Two minutes of traffic up to now, of which the first is over: so there is something to write. */
function traffic(): void {
  const capture = handshake.capture(sent, sent + CLIENTS, Date.now() * 1000 - 70e6, 300_000);
  daemon.child.stdin!.write(sent === 0 ? capture : capture.subarray(handshake.header.length));
  sent += CLIENTS;
}

async function history(): Promise<LiveDocument['history']> {
  return (JSON.parse(await daemon.get('/api/v1/live')) as LiveDocument).history;
}

/** Every packet was read and decided, and every event is in its file. */
async function expectUnharmed(): Promise<void> {
  const packets = sent * handshake.packets.length;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
  expect(await daemon.metric('sluice_event_log_dropped_lines_total')).toBe(0);
  await daemon.kill();
  const decisions = eventsOf(join(folder.path, 'd.jsonl')).filter((event) => event.event_type === 'decision');
  expect(decisions).toHaveLength(2 * sent);
}

/** The texts are on the overview, then on the page on health, and no page has a violation of accessibility. */
async function expectShown(name: string, overview: RegExp, health: readonly (string | RegExp)[]): Promise<void> {
  const { page, context } = await browser.page(daemon.url);
  await page.goto(daemon.url);
  await page.getByText(overview).first().waitFor();
  expect(await violations(page)).toEqual([]);
  await expect.poll(() => page.getByText('Loading').count(), { timeout: 15_000 }).toBe(0);
  await expectNoFolder(page);
  await picture(page, `history-${name}-overview`);
  await page.getByRole('navigation').getByRole('link', { name: 'Health' }).click();
  for (const text of health) await page.getByText(text).first().waitFor();
  expect(await violations(page)).toEqual([]);
  await expectNoFolder(page);
  await picture(page, `history-${name}-health`);
  await incidentsOpen(page, name);
  await context.close();
}

/** The pages name the file and never its folder. */
async function expectNoFolder(page: Page): Promise<void> {
  expect(await page.locator('body').innerText()).not.toContain(folder.path);
}

/** A page that needs the history says why it cannot answer, or answers. */
async function incidentsOpen(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: 'Incidents' }).click();
  await page.getByRole('heading', { name: 'What changed' }).waitFor();
  await picture(page, `history-${name}-incidents`);
}

describe.skipIf(CHROMIUM === null)('the pages of a daemon (skipped without Chromium)', () => {
  beforeAll(async () => {
    browser = await TestBrowser.open();
  });
  afterAll(() => browser.close());
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    endAll();
    folder.remove();
  });

  it('whose history was broken say so, and what is missing', async () => {
    const file = join(folder.path, 'history.db');
    writeFileSync(file, Buffer.alloc(9000, 0xf5));
    await start(file);
    traffic();
    await expectShown('broken', /The history was broken and begins again/, [
      /history\.db\.broken-\d+T\d+Z/,
      'A file that could not be used, kept for you to examine',
      'It is written',
    ]);
    await expectUnharmed();
  }, 60_000);

  it('whose history is locked by another program say that minutes wait, and nothing is missing afterwards', async () => {
    const file = join(folder.path, 'history.db');
    await start(file);
    await until('it is written', async () => (await history()).written > 0);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    traffic();
    await until('it waits', async () => (await history()).problem !== null);
    await expectShown('locked', /The history cannot be written: .*locked.* Capture and events go on\./, [
      'Not written',
      'The history cannot be written: minutes wait, and the oldest will be lost. Capture and events go on.',
    ]);
    other.exec('ROLLBACK');
    other.close();
    await until('it is written again', async () => (await history()).waiting_minutes === 0, 40_000);
    expect(await history()).toMatchObject({ problem: null, lost: 0 });
    await expectUnharmed();
  }, 90_000);

  it.skipIf(!isRoot && process.env.CI === undefined)(
    'whose disk is full say so, and nothing is missing once there is room (root, to mount a small one)',
    async () => {
      const disk = join(folder.path, 'disk');
      mkdirSync(disk);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status).toBe(0);
      try {
        await start(join(disk, 'history.db'));
        await until('it is written', async () => (await history()).waiting === 0);
        const ballast = join(disk, 'ballast');
        spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k']);
        traffic();
        await until('it waits', async () => (await history()).problem !== null);
        await expectShown('full', /The history cannot be written: .*full.* Capture and events go on\./, [
          'Not written',
        ]);
        unlinkSync(ballast);
        await until('it is written again', async () => (await history()).waiting_minutes === 0, 40_000);
        expect(await history()).toMatchObject({ problem: null, lost: 0, set_aside: null });
        await expectUnharmed();
      } finally {
        spawnSync('umount', ['-l', disk]);
      }
    },
    90_000,
  );

  it('whose history process is killed say so, and nothing is missing afterwards', async () => {
    await start(join(folder.path, 'history.db'));
    traffic();
    const pids = execFileSync('pgrep', ['-P', String(daemon.child.pid), '-f', 'history-process'], { encoding: 'utf8' });
    process.kill(Number(pids), 'SIGKILL');
    await until('another one writes', async () => (await history()).restarts === 1 && (await history()).waiting === 0);
    await expectShown('killed', /Observing\./, [/Its process ended by itself/]);
    expect(await history()).toMatchObject({ problem: null, lost: 0, restarts: 1 });
    await expectUnharmed();
  }, 60_000);

  it('that was given a history of a later schema leave it alone, and say what to do', async () => {
    const file = join(folder.path, 'history.db');
    const later = new Database(file);
    later.exec(`CREATE TABLE place (id INTEGER); PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    later.close();
    const before = readFileSync(file);
    await start(file);
    traffic();
    await expectShown(
      'later',
      /The history cannot be written: history\.db has schema.*use the newer version, or name another file/,
      [new RegExp(`has schema ${MIGRATIONS.length + 1}`)],
    );
    await expectUnharmed();
    expect(readFileSync(file).equals(before)).toBe(true);
  }, 60_000);

  it.each(readdirSync(SCHEMAS).sort())(
    'that was given a history of %s show its data and go on',
    async (schema) => {
      const file = join(folder.path, 'history.db');
      const earlier = new Database(file);
      earlier.exec(readFileSync(join(SCHEMAS, schema), 'utf8'));
      earlier.close();
      await start(file);
      traffic();
      await expectShown(schema, /Observing\./, ['It is written']);
      const { series } = JSON.parse(await daemon.get('/api/v1/chart?measure=packets&by=stage&from=0')) as {
        series: { name: string; total: number }[];
      };
      // The 24 packets of before are there, with those that came now.
      expect(series.find(({ name }) => name === 'confirmed')!.total).toBeGreaterThanOrEqual(24);
      expect((await history()).set_aside).toBeNull();
      await expectUnharmed();
    },
    60_000,
  );
});
