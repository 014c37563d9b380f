/**
 * Reports of a real daemon: that of 10 November 2024 names cause, scope, clients and registered hits; scheduled ones are
 * made when a daemon that was off comes back, once, and survive a kill.
 */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReportDocument, reportDocument } from '../../src/history/report/report-document.ts';
import { type ReportList, reportList } from '../../src/web/api/report-schema.ts';
import { captureOf, MIXED, ONE_WINDOW, policy, SOME_CLIENTS, START_US } from '../kit/rehearsal-forms.ts';
import { live, rulesOf } from '../kit/rehearsed-day.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const CLIENTS = 1000;
const STEP_US = 10_000;
const PCAP_HEADER = 24;
/** Less than a day, so that packets are of one time line. */
const LATER_US = 22 * 3600e6;
const POLICY = policy('\n  - { name: everyone, action: block, legal_basis: Order 12/2024 }', ONE_WINDOW);

describe('reports of a daemon', () => {
  const folder = temporaryFolder();
  const state = join(folder.path, 'state');
  const outage = captureOf(MIXED, CLIENTS, STEP_US);
  let daemon: RunningDaemon;

  const start = async (): Promise<RunningDaemon> =>
    new RunningDaemon([
      '-',
      ...['--policy', join(folder.path, 'policy.yaml'), '--registry', join(folder.path, 'registry.csv')],
      ...['--state', state, '--zone', 'Asia/Karachi', '--reports', 'daily,weekly,monthly'],
    ]).started();
  const list = async (): Promise<ReportList> => reportList.parse(JSON.parse(await daemon.get('/api/v1/reports')));
  const made = async (query: string): Promise<ReportDocument> =>
    reportDocument.parse(JSON.parse(await daemon.get(`/api/v1/reports/made?${query}&format=json`)));

  beforeAll(async () => {
    writeFileSync(join(folder.path, 'policy.yaml'), POLICY);
    writeFileSync(join(folder.path, 'registry.csv'), SOME_CLIENTS);
    daemon = await start();
    const days = Array.from({ length: 35 }, (_, day) => START_US + (day + 1) * LATER_US);
    daemon.child.stdin!.write(outage);
    daemon.child.stdin!.write(captureOf(MIXED, 8, STEP_US, days).subarray(PCAP_HEADER));
    daemon.child.stdin!.end();
    await daemon.ended;
    daemon = await start();
  });
  afterAll(async () => {
    await daemon.kill();
    folder.remove();
  });

  it('name the cause, the scope, the clients and the registered hits of 10 November 2024', async () => {
    const day = await live(rulesOf(POLICY, SOME_CLIENTS), outage);
    const report = await made('period=2024-11-10&audience=operator');
    const incidents = report.sections.find(({ id }) => id === 'incidents')!.tables[0]!;
    const trip = incidents.rows.find((row) => row[2] === 'the safety breaker tripped')!;
    const [from, , , cause, scope, clients, decided, hits] = trip;
    expect(from).toBeCloseTo(day.trips[0]!.trip.timeUs / 1e6, 0);
    expect(cause).toContain('registered');
    expect(scope).toContain('rule everyone');
    // Three of four clients have a VPN, and each of these has a decision to block.
    expect(decided).toBeGreaterThan(CLIENTS * 0.7);
    expect(clients).toBe(day.hit.size);
    const { prevented, would, done } = day.registeredHits.in_force!;
    expect(prevented! + would! + done!).toBeGreaterThan(50);
    expect(hits).toBe(prevented! + would! + done!);
    const harm = report.sections.find(({ id }) => id === 'harm')!.facts;
    expect(harm.find(({ id }) => id === 'registered_hits_prevented')!.value).toBe(prevented);
    const rules = report.sections.find(({ id }) => id === 'measures')!.tables.find(({ id }) => id === 'rules')!;
    expect(rules.rows).toEqual([['everyone', 'All VPN flows', 'blocked', 'Order 12/2024', 'no date']]);
  });

  it('are made for periods that ended while the daemon was off, each once, and kept for their owner alone', async () => {
    await until('no report is due', async () => (await list()).kept.length > 0 && (await list()).due === 0, 120_000);
    const { kept, problem } = await list();
    expect(problem).toBeNull();
    const ids = kept.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining([
        '2024-11-10-operator',
        '2024-W45-operator',
        '2024-W45-public',
        '2024-11-operator',
        '2024-11-public',
      ]),
    );
    // The packets end in December, so it is not over.
    expect(ids.filter((id) => id.startsWith('2024-12-operator') || id.endsWith('-10-public'))).toEqual([]);
    const reports = join(state, 'reports');
    expect(readdirSync(reports).sort()).toEqual([...ids].sort());
    for (const id of ids)
      for (const name of readdirSync(join(reports, id))) expect(statSync(join(reports, id, name)).mode & 0o077).toBe(0);
  });

  it('are the same files after a kill, and none is made again', async () => {
    const before = (await list()).kept;
    await daemon.kill('SIGKILL');
    writeFileSync(join(state, 'reports', '2024-11-public', 'head.json'), '{');
    daemon = await start();
    await until('the reports are there', async () => (await list()).kept.length === before.length, 60_000);
    const after = (await list()).kept;
    const others = (reports: ReportList['kept']): ReportList['kept'] =>
      reports.filter(({ id }) => id !== '2024-11-public');
    expect(others(after)).toEqual(others(before));
    const page = await daemon.get('/api/v1/reports/kept/2024-11-public?format=html');
    expect(page).toContain('Sluice · public report');
    const csv = await daemon.get('/api/v1/reports/kept/2024-11-public?format=csv&table=by-action');
    expect(csv.split('\r\n')[0]).toBe('action,flows,days below 5');
  });
});
