import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportDocument } from '../../src/history/report/report-document.ts';
import { closeDatabase, openDatabase } from '../../src/history/store/database.ts';
import { MinuteWriter } from '../../src/history/store/minute-writer.ts';
import { FOREVER } from '../../src/history/store/retention.ts';
import { ZoneClock } from '../../src/history/zone-clock.ts';
import { minuteOf, seriesRow } from '../history/report/random-history.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { type Ended, sluice } from './sluice.ts';

const clock = new ZoneClock('Asia/Karachi');

describe('sluice report', () => {
  const folder = temporaryFolder();
  const history = join(folder.path, 'history.db');
  const hash = (): string => createHash('sha256').update(readFileSync(history)).digest('hex');
  const run = (...args: string[]): Promise<Ended> =>
    sluice(['report', '--history', history, '--zone', 'Asia/Karachi', ...args]);

  beforeAll(() => {
    const database = openDatabase(history);
    const timeS = Date.parse('2024-11-10T18:00:00+05:00') / 1000;
    const minutes = [minuteOf({ timeS, series: [seriesRow({}, 1234, 5000)], coverage: { packets: 6000 } }, clock)];
    new MinuteWriter(database, FOREVER, clock).write({ session: 'test', number: 1, minutes, changes: [] });
    closeDatabase(database);
  });
  afterAll(() => {
    folder.remove();
  });

  it('writes a page, or JSON, and every table as CSV, and leaves the history as it is', async () => {
    const before = hash();
    const [page, json, tables] = ['n.html', 'n.json', 'tables'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    expect(await run('--period', '2024-11', '--output', page, '--tables', tables)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(readFileSync(page, 'utf8')).toContain('Month 2024-11, 2024-11-01 to 2024-11-30');
    expect(await run('--period', '2024-11', '--output', json)).toMatchObject({ code: 0, stderr: '' });
    const document = reportDocument.parse(JSON.parse(readFileSync(json, 'utf8')));
    const ids = document.sections.flatMap((section) =>
      section.tables.map(({ id }) => `sluice-2024-11-operator-${id}.csv`),
    );
    expect(readdirSync(tables).sort()).toEqual(ids.sort());
    expect(readFileSync(join(tables, 'sluice-2024-11-operator-by-protocol.csv'), 'utf8')).toContain(
      'wireguard,1234,1,',
    );
    expect(hash()).toBe(before);
  });

  it('prints the page to standard output', async () => {
    const { code, stdout } = await run('--period', '2024-W45', '--audience', 'public', '--output', '-');
    expect(code).toBe(0);
    expect(stdout).toContain('Sluice · public report');
  });

  it.each([
    [['--period', '2024-13', '--output', '-'], 2, 'there is no period "2024-13"'],
    [['--period', '2024-11-10', '--audience', 'public', '--output', '-'], 2, 'a public report is on a whole week'],
    [['--period', '2199', '--audience', 'public', '--output', '-'], 2, 'is made when its period is over'],
    [['--period', '2024-11', '--output', 'x.docx'], 2, 'must end in .html or .pdf'],
  ])('ends with the reason on %j', async (args, code, message) => {
    const ended = await run(...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(message);
  });

  it('refuses a file that is no history, a missing one, and an output that exists', async () => {
    const other = join(folder.path, 'other.txt');
    writeFileSync(other, 'no history');
    const refused = (file: string, output: string): Promise<Ended> =>
      sluice(['report', '--history', file, '--period', '2024-11', '--output', output]);
    expect(await refused(other, '-')).toMatchObject({ code: 1 });
    expect(readFileSync(other, 'utf8')).toBe('no history');
    const missing = join(folder.path, 'missing.db');
    expect(await refused(missing, '-')).toMatchObject({ code: 2 });
    expect(existsSync(missing)).toBe(false);
    expect((await refused(history, other)).stderr).toContain('--force overwrites');
  });
});
