/** A daemon that removes old minutes and hours of its history while it captures: the rest, packets and events are unharmed. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { askDaemon } from '../../src/daemon/control-client.ts';
import { type HistoryDatabase, openDatabase } from '../../src/history/store/database.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { FOREVER } from '../../src/history/store/retention.ts';
import { countedMinute, START_S } from '../history/sample-minutes.ts';
import { Conversation } from '../kit/many-clients.ts';
import { eventsIn, MAIN, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
const PLACE = { site: '', isp: '', link: '' };
/** Kept: a day of minutes, ten days of hours. These are older than both, than minutes alone, and than neither. */
const LONG_AGO_S = START_S - 30 * DAY_S;
const LATELY_S = START_S - 5 * DAY_S;
const YESTERDAY_S = START_S - DAY_S / 2;
const CLIENTS = 10;
const MOST_MINUTES = 400;

const minutesFrom = (fromS: number, count: number, stepS: number): number[] =>
  Array.from({ length: count }, (_, at) => fromS + at * stepS);
const OLD = [
  ...minutesFrom(LONG_AGO_S, 40, HOUR_S),
  ...minutesFrom(LATELY_S, 60, MINUTE_S),
  ...minutesFrom(YESTERDAY_S, 20, MINUTE_S),
];

function makeHistory(path: string): void {
  const store = new HistoryStore({ path, zone: 'UTC', retention: FOREVER });
  const minutes = OLD.map((time) => countedMinute(time, PLACE));
  store.write({ session: 'before', number: 1, minutes, changes: [] });
  store.close();
}

/** Decisions by level: in intervals before a time, and from it on. */
function decisionsIn(path: string, beforeS: number): { before: number[]; since: number[] } {
  const database: HistoryDatabase = openDatabase(path);
  try {
    const sum = (level: number, comparison: string): number =>
      (
        database
          .prepare(`SELECT ifnull(sum(decisions), 0) AS sum FROM roll_up WHERE level = ? AND time ${comparison} ?`)
          .get(level, beforeS) as { sum: number }
      ).sum;
    return { before: [0, 1, 2].map((level) => sum(level, '<')), since: [0, 1, 2].map((level) => sum(level, '>=')) };
  } finally {
    database.close();
  }
}

/** The decisions of a log, each with what does not depend on the name of the source. */
function decided(text: string): string[] {
  return eventsIn(text)
    .filter(({ event_type }) => event_type === 'decision')
    .map(({ timestamp, flow_id, pcap_cnt, decision }) => JSON.stringify([timestamp, flow_id, pcap_cnt, decision]));
}

describe('retention in a daemon', () => {
  it('removes what is too old in steps while packets come, and nothing else', { timeout: 120_000 }, async () => {
    const history = join(folder.path, 'history.db');
    const events = join(folder.path, 'events.jsonl');
    makeHistory(history);
    const kept = ['--history-minutes', '1d', '--history-hours', '10d'];
    const daemon = await new RunningDaemon([
      ...['-', '--history', history, '--zone', 'UTC', ...kept, '--decisions', events],
    ]).started();
    const [{ control }] = daemon.logged('running') as [{ control: string }];

    const handshake = new Conversation('wireguard/handshake-only.pcap');
    const sent: Buffer[] = [];
    const oldMinutes: number[] = [];
    for (let minute = 0; minute < MOST_MINUTES && oldMinutes.at(-1) !== 0; minute++) {
      const startUs = (START_S + minute * MINUTE_S) * 1e6;
      const capture = handshake.capture(minute * CLIENTS, (minute + 1) * CLIENTS, startUs, 1000);
      const bytes = minute === 0 ? capture : capture.subarray(handshake.header.length);
      sent.push(bytes);
      daemon.child.stdin!.write(bytes);
      await sleep(100);
      if (minute % 20 !== 19) continue;
      const copy = join(folder.path, `copy-${minute}.db`);
      expect(await askDaemon(control, { command: 'backup', file: copy })).toMatchObject({ ok: true });
      oldMinutes.push(decisionsIn(copy, YESTERDAY_S).before[0]!);
    }
    // In steps: at some time a part of them is gone.
    expect(oldMinutes.at(-1)).toBe(0);
    expect(
      oldMinutes.some((count) => count > 0 && count < 100),
      String(oldMinutes),
    ).toBe(true);
    expect(oldMinutes.toSorted((a, b) => b - a)).toEqual(oldMinutes);

    const packets = sent.length * CLIENTS * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    for (const name of ['lost_records', 'failures', 'restarts'])
      expect(await daemon.metric(`sluice_history_${name}_total`), name).toBe(0);
    daemon.child.stdin!.end();
    expect(await daemon.ended).toEqual({ code: 0, signal: null });

    const capture = join(folder.path, 'sent.pcap');
    writeFileSync(capture, Buffer.concat(sent));
    const replayed = decided(
      execFileSync(process.execPath, [MAIN, 'replay', capture, '--decisions', '-', '--quiet'], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      }),
    );
    // A suspicion and its confirmation, of each client.
    expect(replayed.length).toBe(sent.length * CLIENTS * 2);
    expect(decided(readFileSync(events, 'utf8'))).toEqual(replayed);

    // Minutes and hours are gone as far as they are too old, days are all there, and so is all that came meanwhile.
    const { before, since } = decisionsIn(history, START_S);
    expect(before).toEqual([20, 80, 120]);
    expect(since).toEqual([replayed.length, replayed.length, replayed.length]);
  });
});
