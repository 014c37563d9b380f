/**
 * The history process is killed at random moments of its writes, again and again: every minute that was handed over is in
 * the database once. HISTORY_KILLS sets how often; the short form is for every run of the tests.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { HistoryClient } from '../../src/history/process/history-client.ts';
import { FOREVER } from '../../src/history/store/retention.ts';
import { openDatabase } from '../../src/history/store/database.ts';
import { SeededRandom } from '../kit/random.mjs';
import { temporaryFolder, until } from '../kit/running-daemon.ts';
import { countedMinute, START_S } from './sample-minutes.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/bin/history-process.js');
const KILLS = Number(process.env.HISTORY_KILLS ?? 12);
const MINUTES_PER_KILL = 400;

it('adds each minute exactly once, whenever the process is killed', async () => {
  const random = new SeededRandom(Date.now());
  const folder = temporaryFolder();
  const path = join(folder.path, 'history.db');
  const client = new HistoryClient({ path, zone: 'UTC', retention: FOREVER, program: PROGRAM, firstWaitMs: 5 });
  let added = 0;
  let killed = 0;
  try {
    await client.start();
    while (killed < KILLS) {
      for (let i = 0; i < MINUTES_PER_KILL; i++) client.addMinute(countedMinute(START_S + 60 * added++));
      const work = client.flush();
      await sleep(random.below(40));
      if (client.pid !== undefined) {
        process.kill(client.pid, 'SIGKILL');
        killed++;
      }
      await work;
      await until('a process runs again', async () => {
        await client.flush();
        return client.pid !== undefined && client.problem === null;
      });
    }
    await until('all is written', async () => {
      await client.flush();
      return client.waiting === 0;
    });
    expect(client).toMatchObject({ writtenMinutes: added, lost: 0 });
    expect(client.restarts).toBe(KILLS);
    await client.close();
    const database = openDatabase(path);
    const rows = database
      .prepare('SELECT level, count(DISTINCT time), sum(decisions), max(decisions) FROM roll_up GROUP BY level')
      .raw()
      .all() as number[][];
    database.close();
    expect(rows[0]).toEqual([0, added, added, 1]);
    expect(rows.map(([, , sum]) => sum)).toEqual([added, added, added]);
  } finally {
    await client.close();
    folder.remove();
  }
});
