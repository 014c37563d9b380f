/**
 * Databases of every earlier schema, made by the program that wrote them then, open with their data and go on. A fixture
 * is a dump of what `sluice run` made of captures/wireguard/handshake.pcap at the last commit of its schema.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { readChart } from '../../src/history/query/chart.ts';
import { openDatabase } from '../../src/history/store/database.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { MIGRATIONS } from '../../src/history/store/schema.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { countedMinute, RETENTION } from './sample-minutes.ts';

const FOLDER = join(import.meta.dirname, 'schemas');
const FIXTURES = readdirSync(FOLDER).sort();

/** All rows of all tables, or of these. */
function rowsOf(file: string, tables?: readonly string[]): Record<string, unknown[]> {
  const database = new Database(file);
  const names = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .raw()
    .all() as [string][];
  const rows = names
    .map(([name]) => name)
    .filter((name) => tables?.includes(name) ?? true)
    .map((name) => [name, database.prepare(`SELECT * FROM ${name}`).raw().all()] as const);
  database.close();
  return Object.fromEntries(rows);
}

function tablesOf(file: string): unknown {
  const database = new Database(file);
  const tables = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name').raw().all();
  database.close();
  return tables;
}

it('there is a fixture of each earlier schema', () => {
  const earlier = MIGRATIONS.slice(1).map((_, at) => `schema-${at + 1}.sql`);
  expect(FIXTURES).toEqual(expect.arrayContaining(earlier));
});

describe.each(FIXTURES)('a history of %s', (fixture) => {
  it('opens with its data and the tables of a new one, is charted, and goes on', () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'history.db');
    try {
      const made = new Database(file);
      made.exec(readFileSync(join(FOLDER, fixture), 'utf8'));
      made.close();
      const before = rowsOf(file);
      expect(before.roll_up!.length).toBeGreaterThan(5);
      const store = new HistoryStore({ path: file, zone: 'Asia/Karachi', retention: RETENTION });
      const chart = store.read((history) => readChart(history, { measure: 'packets', by: 'stage' }));
      expect(chart.series.map(({ name, total }) => [name, total])).toEqual([
        ['confirmed', 24],
        ['suspected', 2],
      ]);
      expect(rowsOf(file, Object.keys(before))).toEqual(before);
      store.write({ session: 'test', number: 1, minutes: [countedMinute(chart.from)], changes: [] });
      const after = store.read((history) => readChart(history, { measure: 'decisions' }));
      expect(after.series[0]!.total).toBe(3);
      store.close();
      const fresh = join(folder.path, 'fresh.db');
      openDatabase(fresh).close();
      expect(tablesOf(file)).toEqual(tablesOf(fresh));
    } finally {
      folder.remove();
    }
  });
});
