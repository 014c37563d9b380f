/** The history of a real daemon: sums like those of replay, quiet minutes, a kill, and no address in its file. */
import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { readChanges } from '../../src/history/query/change-list.ts';
import { readIncidents } from '../../src/history/query/incident-list.ts';
import { type HistoryDatabase, openDatabase } from '../../src/history/store/database.ts';
import { Conversation } from '../kit/many-clients.ts';
import { MAIN, PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const MIXED = join(folder.path, 'mixed.pcap');
execFileSync(process.execPath, [
  join(PROJECT, 'bench/generate/main.mjs'),
  ...['--packets', '20000', '--rate', '20', '--vpn-share', '0.3', '--concurrent', '200', MIXED],
]);
const handshake = new Conversation('wireguard/handshake-only.pcap');

/** What a stopped daemon has written. */
function read<T>(path: string, work: (database: HistoryDatabase) => T): T {
  const database = openDatabase(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

interface Summary {
  readonly packets: { readonly read: number; readonly bytes: number };
  readonly decisions: Record<string, number>;
  readonly flows: { readonly found: { protocol: string; stage: string; actions: Record<string, number> }[] };
}

describe('the history of a daemon', () => {
  it.each([1, 2])('adds up to the summary of replay, with %i threads', async (workers) => {
    const history = join(folder.path, `sums-${workers}.db`);
    const daemon = await new RunningDaemon(['-', '--history', history, '--workers', String(workers)]).started();
    createReadStream(MIXED).pipe(daemon.child.stdin!);
    expect((await daemon.ended).code).toBe(0);
    const summary = JSON.parse(
      execFileSync(process.execPath, [MAIN, 'replay', MIXED, '--json', '--quiet', '--workers', '1'], {
        encoding: 'utf8',
      }),
    ) as Summary;
    read(history, (database) => {
      const rows = database
        .prepare(
          `SELECT protocol, stage, action, sum(flows) AS flows, sum(decisions) AS decisions FROM roll_up
           JOIN series ON series.id = roll_up.series WHERE level = 0 GROUP BY protocol, stage, action`,
        )
        .all() as { protocol: string; stage: string; action: string; flows: number; decisions: number }[];
      for (const { protocol, stage, actions } of summary.flows.found)
        for (const [action, count] of Object.entries(actions)) {
          const row = rows.find((one) => one.protocol === protocol && one.stage === stage && one.action === action);
          expect(row?.flows ?? 0, `${protocol} ${stage} ${action}`).toBe(count);
        }
      for (const [action, count] of Object.entries(summary.decisions)) {
        const made = rows.filter((row) => row.action === action).reduce((sum, row) => sum + row.decisions, 0);
        expect(made, action).toBe(count);
      }
      const [covered] = database
        .prepare(
          'SELECT count(*) AS minutes, sum(packets) AS packets, sum(bytes) AS bytes FROM coverage WHERE level = 0',
        )
        .all() as [{ minutes: number; packets: number; bytes: number }];
      expect(covered).toMatchObject({ packets: summary.packets.read, bytes: summary.packets.bytes });
      expect(covered.minutes).toBeGreaterThan(3);
    });
  });

  it('has a row of zeros and 60 seconds for a quiet minute of a live source', async () => {
    const history = join(folder.path, 'quiet.db');
    // A pipe without packets for half a minute would be a silent source, whose seconds are not watched.
    const daemon = await new RunningDaemon(['-', '--history', history, '--stuck-after', '1h']).started();
    // The source's clock is a little ahead of or behind this machine's, so that its minute ends in 5 seconds.
    const startUs = Math.floor(Date.now() / 60_000) * 60e6 + 55e6;
    daemon.child.stdin!.write(handshake.capture(0, 3, startUs, 1000));
    await sleep(72_000);
    await daemon.kill();
    read(history, (database) => {
      const rows = database
        .prepare('SELECT time, seconds, packets FROM coverage WHERE level = 0 ORDER BY time')
        .all() as { time: number; seconds: number; packets: number }[];
      const first = Math.floor(startUs / 60e6) * 60;
      expect(rows[0]).toMatchObject({ time: first });
      expect(rows[0]!.packets).toBeGreaterThan(0);
      expect(rows[0]!.seconds).toBeLessThan(10);
      expect(rows[1]).toEqual({ time: first + 60, seconds: 60, packets: 0 });
    });
  }, 100_000);

  it('is kept over kill -9, and says at the next start since when nothing was watched', async () => {
    const history = join(folder.path, 'killed.db');
    const flags = ['-', '--history', history, '--state', join(folder.path, 'killed-state')];
    const first = await new RunningDaemon(flags).started();
    const minuteUs = Math.floor(Date.now() / 60_000) * 60e6;
    // Two minutes of the source's time, of which one has ended.
    first.child.stdin!.write(handshake.capture(0, 3, minuteUs - 70e6, 1000));
    first.child.stdin!.write(handshake.capture(3, 6, minuteUs - 20e6, 1000).subarray(24));
    const watched = async (): Promise<number> => {
      const { series } = JSON.parse(await first.get('/api/v1/chart?measure=watched')) as {
        series: { total: number }[];
      };
      return series.reduce((sum, { total }) => sum + total, 0);
    };
    await until('the first minute is written', async () => (await watched()) > 0);
    await first.kill('SIGKILL');

    const second = await new RunningDaemon(flags).started();
    const changes = async (): Promise<ReturnType<typeof readChanges>> =>
      JSON.parse(await second.get('/api/v1/changes')) as ReturnType<typeof readChanges>;
    await until(
      'the start is written',
      async () => (await changes()).changes.filter(({ kind }) => kind === 'start').length === 2,
    );
    const [start] = (await changes()).changes;
    const unwatchedFrom = minuteUs / 1e6 - 60;
    expect(start).toMatchObject({ kind: 'start', fields: { after: 'kill', unwatched_from_s: unwatchedFrom } });
    expect(Number(start!.fields.unwatched_seconds)).toBeGreaterThanOrEqual(60);
    await second.kill();
    read(history, (database) => {
      const { incidents } = readIncidents(database, {});
      expect(incidents).toMatchObject([{ kind: 'silence', subject: 'kill', from_ms: unwatchedFrom * 1000 }]);
      const kinds = readChanges(database, { kind: 'start,stop' }).changes.map(({ kind }) => kind);
      expect(kinds.toReversed()).toEqual(['start', 'start', 'stop']);
    });
  });

  it('has a reload and who asked for it within two seconds, and no address of a client', async () => {
    const history = join(folder.path, 'changes.db');
    const daemon = await new RunningDaemon(['-', '--history', history]).started();
    daemon.child.stdin!.write(handshake.capture(0, 3, Date.now() * 1000, 1000));
    await until('packets were read', async () => (await daemon.metric('sluice_packets_total')) > 0);
    const began = performance.now();
    await daemon.ask('reload');
    // Over HTTP what people did is for accounts, so the file is read.
    await until('the reload is in the history', () => {
      const { changes } = read(history, (database) => readChanges(database, {}));
      return changes.some(
        ({ kind, fields }) => kind === 'action' && (fields.action as { what: string }).what === 'reload',
      );
    });
    expect(performance.now() - began).toBeLessThan(2000);
    await daemon.kill();
    const bytes = readFileSync(history);
    for (const text of ['10.0.0.', '198.51.100', '203.0.113', '192.0.2'])
      expect(bytes.includes(text), text).toBe(false);
    for (const client of [0, 1, 2]) expect(bytes.includes(Buffer.from([10, 0, 0, client, 10])), 'as bytes').toBe(false);
  });
});
