/**
 * People at a real `sluice desk` that is killed at random moments, while it starts too, and whose disk fills up: nothing
 * acknowledged is lost, nothing is doubled or half done, and the registry is what the acknowledgements say, now and at
 * earlier times.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openState } from '../../src/desk/desk.ts';
import { writeAccount } from '../../src/desk/store/account-store.ts';
import { type DeskDatabase, rows } from '../../src/desk/store/desk-database.ts';
import { writeIsp, writeSetting } from '../../src/desk/store/settings.ts';
import { hashPassword } from '../../src/web/http/accounts/password-work.ts';
import { SeededRandom } from '../kit/random.mjs';
import { MAIN, temporaryFolder, until } from '../kit/running-daemon.ts';
import { RunningDesk } from '../kit/running-desk.ts';
import { type Case, caseOf, DeskLoad, ISP, plainCsv, PROVIDER, REVIEWERS, rowsOfCase } from './desk-load.ts';
import { isShort, writeResult } from './proof-result.ts';

const SEED = 20_261_130;
const KILLS = isShort ? 4 : 200;
const APPLICANTS = 8;
/** All applicants together, so many in a minute. */
const PER_MINUTE = 240;
/** Kills after the desk is up, at most so much later; and while it starts. */
const LONGEST_LIFE_MS = 5000;
const LONGEST_START_MS = 600;
const DISK = isShort ? '24m' : '192m';
const FULL_MS = isShort ? 1500 : 20_000;
const PASSWORD = 'a password of the proof';
const MAILS_OF_A_CASE = 3;

const isRoot = process.getuid?.() === 0;

interface StoredCase {
  readonly id: number;
  readonly reference: string;
  readonly state: string;
}

interface LostAndDoubled {
  readonly lost: number;
  readonly doubled: number;
}

/** Applications that were acknowledged and are not there, and those that are there more than once. */
function lostAndDoubled(database: DeskDatabase, approved: readonly Case[]): LostAndDoubled {
  const stored = rows<StoredCase>(database, 'SELECT id, reference, state FROM application');
  const there = new Set(stored.map(({ reference }) => reference));
  const lost = approved.filter(({ reference }) => !there.has(reference)).length;
  return { lost, doubled: stored.length - (approved.length - lost) };
}

describe('a desk that is killed at random moments, and whose disk fills up', () => {
  const folder = temporaryFolder();
  const disk = join(folder.path, 'disk');
  const state = join(disk, 'state');
  const out = join(disk, 'out');
  const random = new SeededRandom(SEED);
  const load = new DeskLoad(PASSWORD);
  const args = ['--state', state, '--out', out, '--smtp', 'smtp://127.0.0.1:9', '--mail-from', 'desk@desk.example'];
  let desk: RunningDesk;
  let isOver = false;
  /** Times between which approvals were made. */
  const moments: number[] = [];

  beforeAll(async () => {
    mkdirSync(disk);
    if (isRoot) expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', disk]).status).toBe(0);
    const { database } = openState(state);
    writeSetting(database, 'documentation', 'take');
    writeIsp(database, { name: ISP, title: 'North Net', prefixes: [], isActive: true });
    const hash = await hashPassword(PASSWORD);
    writeAccount(database, { name: PROVIDER, role: 'isp', isps: [ISP], hash }, Date.now());
    for (const name of REVIEWERS) writeAccount(database, { name, role: 'reviewer', isps: [], hash }, Date.now());
    database.close();
  });

  afterAll(async () => {
    await desk.stop('SIGKILL');
    if (isRoot) spawnSync('umount', ['-l', disk]);
    folder.remove();
  });

  async function start(): Promise<void> {
    desk = await new RunningDesk(args).ready();
    load.running = desk;
  }

  async function applicant(number: number): Promise<void> {
    const begunMs = Date.now();
    // Those who had to wait for the desk come sooner after that.
    for (let at = number; !isOver; at += APPLICANTS) {
      await sleep(Math.max(0, begunMs + (at * 60_000) / PER_MINUTE - Date.now()));
      await load.goThrough(caseOf(at, random));
    }
  }

  async function kill(): Promise<void> {
    await sleep(random.below(LONGEST_LIFE_MS));
    load.running = null;
    await desk.stop('SIGKILL');
    moments.push(Date.now());
    if (random.chance(0.2)) {
      const child = new RunningDesk(args);
      await sleep(random.below(LONGEST_START_MS));
      await child.stop('SIGKILL');
    }
    await start();
  }

  /** Fills the disk to its last byte for a while. How many forms failed meanwhile, and were sent again. */
  async function fill(): Promise<number> {
    const before = load.failed;
    const { bsize } = statfsSync(disk);
    const end = Date.now() + FULL_MS;
    for (let part = 0; Date.now() < end || load.failed === before; part++) {
      const free = statfsSync(disk).bavail * bsize;
      if (free > 0) writeFileSync(join(disk, `ballast-${part}`), Buffer.alloc(free));
      await sleep(10);
      if (Date.now() > end + 30_000) break;
    }
    expect((await fetch(`${desk.origin}/status`)).status).toBe(200);
    for (const name of readdirSync(disk)) if (name.startsWith('ballast')) rmSync(join(disk, name));
    return load.failed - before;
  }

  it('loses nothing that it acknowledged, doubles nothing, and writes the registry of what was approved', async () => {
    const begunMs = Date.now();
    await start();
    await load.releaseChanges(100_000);
    const people = Array.from({ length: APPLICANTS }, (_, number) => applicant(number));
    const everybody = Promise.all(people);
    const kills = (async () => {
      for (let count = 0; count < KILLS / 2; count++) await kill();
      const failed = isRoot ? await fill() : 0;
      for (let count = 0; count < KILLS / 2; count++) await kill();
      isOver = true;
      return failed;
    })();
    // An answer that is no acknowledgement ends the proof at once.
    const [failedWhenFull] = await Promise.all([kills, everybody]);
    const seconds = (Date.now() - begunMs) / 1000;
    const approved = load.cases;
    expect(approved.every(({ acknowledgedMs }) => acknowledgedMs > 0)).toBe(true);
    expect(approved.length).toBeGreaterThan(KILLS);
    if (isRoot) expect(failedWhenFull).toBeGreaterThan(0);

    await registryFile(approved);
    await desk.stop();
    const { database } = openState(state);
    let counts: LostAndDoubled;
    try {
      counts = lostAndDoubled(database, approved);
      expect(counts).toEqual({ lost: 0, doubled: 0 });
      checkDatabase(database, approved);
      checkFiles(database, approved);
    } finally {
      database.close();
    }
    for (const atMs of moments.filter((_, at) => at % Math.ceil(moments.length / 8) === 0)) checkMoment(approved, atMs);
    writeResult('desk', SEED, seconds, {
      kills: KILLS,
      disk_filled: isRoot,
      applications: approved.length,
      applications_per_minute: Math.round((approved.length * 60) / seconds),
      forms_acknowledged: 3 * approved.length,
      forms_without_an_answer: load.unanswered,
      forms_failed_with_a_full_disk: failedWhenFull,
      ...counts,
    });
  });

  /** The file and its signature, as an engine and a plain reader see them. */
  async function registryFile(approved: readonly Case[]): Promise<void> {
    const path = join(out, 'registry.csv');
    const expected = approved
      .flatMap(rowsOfCase)
      .map((cells) => cells.join('|'))
      .sort();
    const rowsThere = (): string[] =>
      plainCsv(readFileSync(path, 'utf8'))
        .slice(1)
        .map((cells) => cells.join('|'))
        .sort();
    await until('the last approval is in the registry', () => rowsThere().length >= expected.length, 30_000);
    expect(rowsThere()).toEqual(expected);
    const keys = join(state, 'registry-key.pem.pub');
    const verify = [MAIN, 'rules', 'verify', '--registry', path, '--rules-keys', keys];
    await until('its manifest is of this file', () => spawnSync(process.execPath, verify).status === 0, 30_000);
    expect(readdirSync(out).sort()).toEqual(['registry.csv', 'registry.csv.manifest.json']);
  }

  function checkDatabase(database: DeskDatabase, approved: readonly Case[]): void {
    expect(rows(database, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(rows(database, 'PRAGMA foreign_key_check')).toEqual([]);
    const stored = rows<StoredCase>(database, 'SELECT id, reference, state FROM application ORDER BY id');
    expect(stored.map(({ reference }) => reference).sort()).toEqual(approved.map(({ reference }) => reference).sort());
    expect(new Set(stored.map(({ reference }) => reference)).size).toBe(stored.length);
    const history = rows<{ readonly application: number; readonly steps: string }>(
      database,
      `SELECT application, group_concat(from_state || '>' || action || '>' || to_state, ' ') AS steps
        FROM (SELECT * FROM change ORDER BY id) GROUP BY application ORDER BY application`,
    );
    // Each step begins where the one before has ended, and each was taken once.
    const steps = 'draft>submit>submitted submitted>forward>isp isp>confirm>review review>approve>approved';
    expect(history).toEqual(stored.map(({ id }) => ({ application: id, steps })));
    expect(stored.every((one) => one.state === 'approved')).toBe(true);
    const hashes = rows<{ readonly fields: string; readonly salt: string; readonly sha256: string }>(
      database,
      `SELECT fields, salt, personal_sha256 AS sha256 FROM personal JOIN change USING (application)
        WHERE action = 'submit'`,
    );
    expect(hashes).toHaveLength(approved.length);
    for (const { fields, salt, sha256 } of hashes)
      expect(createHash('sha256').update(`${salt}\n${fields}`).digest('hex')).toBe(sha256);
    const [mail] = rows<{ readonly count: number }>(database, 'SELECT count(*) AS count FROM mail');
    expect(mail!.count).toBe(MAILS_OF_A_CASE * approved.length);
  }

  /** Each application has the file that was sent with it, and no file is without an application. */
  function checkFiles(database: DeskDatabase, approved: readonly Case[]): void {
    const files = rows<{ readonly reference: string; readonly stored: string }>(
      database,
      'SELECT reference, stored FROM file JOIN application ON application.id = file.application',
    );
    const contents = new Map(
      files.map(({ reference, stored }) => [reference, readFileSync(join(state, 'files', stored), 'utf8')]),
    );
    expect(contents).toEqual(new Map(approved.map(({ reference, evidence }) => [reference, evidence])));
    expect(readdirSync(join(state, 'files')).length).toBe(approved.length);
  }

  /** The registry as it was at a time has what was acknowledged before, and nothing that was sent later. */
  function checkMoment(approved: readonly Case[], atMs: number): void {
    const at = new Date(atMs).toISOString();
    const { stdout, status } = spawnSync(process.execPath, [MAIN, 'desk', 'export', '--state', state, '--at', at], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    expect(status).toBe(0);
    const then = new Set(
      plainCsv(stdout)
        .slice(1)
        .map((cells) => cells[6]),
    );
    for (const { reference, sentMs, acknowledgedMs } of approved)
      if (acknowledgedMs < atMs) expect(then.has(reference), `${reference} at ${at}`).toBe(true);
      else if (sentMs > atMs) expect(then.has(reference), `${reference} at ${at}`).toBe(false);
  }
});
