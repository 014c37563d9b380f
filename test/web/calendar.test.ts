/** What will happen at midnight: the calendar of a running daemon over HTTP, against the decisions at midnight itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CalendarDocument, calendarDocument } from '../../src/web/api/calendar-schema.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, SignedIn } from '../kit/signed-in.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
/** 2024-11-10T18:00:00Z. */
const START_US = 1_731_261_600_000_000;
const MIDNIGHT = '2024-11-11T00:00:00.000000Z';
const CLIENTS = 20;
const handshake = new Conversation('wireguard/handshake-only.pcap');

let folder = temporaryFolder();
let daemon: RunningDaemon;
let olga: SignedIn;
const path = (name: string): string => join(folder.path, name);

beforeEach(async () => {
  folder = temporaryFolder();
  mkdirSync(path('state'));
  await addAccount(path('state'), 'olga', 'operator');
});
afterEach(async () => {
  await daemon.kill('SIGKILL');
  folder.remove();
});

async function run(rows: string, rules: string): Promise<void> {
  writeFileSync(path('registry.csv'), HEADER + rows);
  writeFileSync(path('policy.yaml'), `name: test\nmode: enforce\nrules:\n${rules}`);
  const files = ['--policy', path('policy.yaml'), '--registry', path('registry.csv'), '--state', path('state')];
  daemon = await new RunningDaemon(['-', ...files]).started();
  daemon.child.stdin!.write(handshake.capture(0, CLIENTS, START_US, 1000));
  const packets = CLIENTS * handshake.packets.length;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
  olga = await SignedIn.as(daemon, 'olga');
}

async function calendar(): Promise<CalendarDocument> {
  return calendarDocument.parse(await olga.get('/calendar'));
}

const REGISTERED = '  - { name: registered, when: { registered: either }, action: allow }\n';
const REST = '  - { name: rest, when: { registered: none }, action: block }\n';

describe('GET /calendar', () => {
  it('says whom midnight would hit, and that it needs a confirmation, which an operator gives', async () => {
    await run(
      '198.51.100.0/24,Bank,bank,,,2024-11-10,OW-1\n192.0.2.0/24,Bank,bank,,,2024-11-10,OW-2\n',
      REGISTERED + REST,
    );
    const { dates, sha256, more, at_ms: at, until_ms: end } = await calendar();
    expect([dates.length, more, (end - at) / 86_400_000]).toEqual([1, false, 7]);
    const [midnight] = dates;
    expect(midnight).toMatchObject({ date: MIDNIGHT, expire: 2, begin: 0, rules: [], state: 'needs-confirmation' });
    expect(midnight!.verdict).toMatchObject({
      refused: true,
      registrations: { before: 2, after: 0, lost: 2 },
      figures: { newly_hit: CLIENTS, deregistered: CLIENTS, hits_by_rule: { rest: CLIENTS } },
    });
    expect(midnight!.verdict.figures.users).toMatchObject([{ rule: 'rest', deregistered: true, reference: 'OW-1' }]);
    await until('the date can be confirmed', async () => (await calendar()).dates[0]!.confirmable);
    const answer = await olga.post('/actions/confirm', { id: 'confirm-0001', sha256, date: MIDNIGHT });
    expect(await answer.json()).toMatchObject({ ok: true });
    expect((await calendar()).dates[0]).toMatchObject({ state: 'confirmed', confirmable: false });
  });

  it('shows a date that is held', async () => {
    await run('198.51.100.0/24,Bank,bank,,,2024-11-10,OW-1\n', REGISTERED + REST);
    daemon.child.stdin!.write(handshake.capture(0, CLIENTS, START_US + 6 * 3600e6, 1000).subarray(24));
    await until('the date is held', async () => (await calendar()).dates[0]?.state === 'held');
    const [held, ...others] = (await calendar()).dates;
    expect(held).toMatchObject({ date: MIDNIGHT, confirmable: true, verdict: { registrations: { lost: 1 } } });
    expect(others).toEqual([]);
  });

  it('has the edges of schedules and the dates of rules, and leaves out midnights that change nothing', async () => {
    await run(
      '',
      [
        '  - { name: ends, when: { until: 2024-11-12T09:59:59Z }, action: allow }\n',
        '  - { name: night, when: { schedule: { days: [mon], from: "22:00", to: "06:00", zone: UTC } }, action: block }\n',
      ].join(''),
    );
    const { dates } = await calendar();
    expect(dates.map(({ date, rules, state }) => [date.slice(0, 19), rules, state])).toEqual([
      ['2024-11-11T22:00:00', [{ name: 'night', begins: true }], 'ahead'],
      ['2024-11-12T06:00:00', [{ name: 'night', begins: false }], 'ahead'],
      ['2024-11-12T09:59:59', [{ name: 'ends', begins: false }], 'ahead'],
    ]);
    // The first rule allows everything until it ends.
    expect(dates.map(({ verdict }) => verdict.figures.newly_hit)).toEqual([0, 0, 0]);
  });

  it('is bounded where every minute has a date', async () => {
    const rows = Array.from({ length: 200 }, (_, at) => {
      const until = new Date(START_US / 1000 + (at + 1) * 600_000).toISOString();
      return `10.0.${at}.0/24,Bank,bank,,,${until},OW-${at}\n`;
    });
    await run(rows.join(''), REGISTERED + REST);
    const { dates, more } = await calendar();
    expect([dates.length, more]).toEqual([40, true]);
    expect(dates.every(({ expire }) => expire === 1)).toBe(true);
  });

  it('is made again when the rules are replaced', async () => {
    await run('198.51.100.0/24,Bank,bank,,,2024-11-10,OW-1\n', REGISTERED + REST);
    expect((await calendar()).dates).toHaveLength(1);
    writeFileSync(path('registry.csv'), `${HEADER}198.51.100.0/24,Bank,bank,,,,OW-1\n`);
    await olga.post('/actions/reload', { id: 'reload-0001' });
    expect((await calendar()).dates).toEqual([]);
  });
});
