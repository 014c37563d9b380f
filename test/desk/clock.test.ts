/** What happens at a desk because time has passed. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addWorkingMinutes, workingMinutes } from '../../src/desk/model/working-time.ts';
import { applicationById } from '../../src/desk/store/application.ts';
import type { DeskDatabase } from '../../src/desk/store/desk-database.ts';
import { storeFile } from '../../src/desk/store/file-store.ts';
import { changesOf, personalOf } from '../../src/desk/store/history.ts';
import { rowsOf } from '../../src/desk/store/registry-rows.ts';
import { apply } from '../../src/desk/work/apply.ts';
import { tick } from '../../src/desk/work/clock.ts';
import { SeededRandom } from '../kit/random.mjs';
import { ANNA, APPLICANT, approved, BORIS, does, MONDAY_MS, newDesk, NORTH, wanted } from './desk-kit.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const files = mkdtempSync(join(tmpdir(), 'sluice-files-'));

interface Ticking {
  readonly database: DeskDatabase;
  /** Lets the clock tick at a time; whether the registry has changed. */
  readonly at: (timeMs: number) => boolean;
  readonly mails: string[];
}

function ticking(): Ticking {
  const database = newDesk();
  const mails: string[] = [];
  const notify = (_: number, subject: string): void => {
    mails.push(subject);
  };
  return { database, mails, at: (timeMs) => tick(database, timeMs, { files, notify }) };
}

describe('a registration', () => {
  it('expires after its last day, and its rows with it', () => {
    const { database, at } = ticking();
    const { id } = approved(database);
    const last = Date.parse('2027-11-29T23:59:59Z');
    expect(at(last)).toBe(false);
    expect(rowsOf(database, id)).toHaveLength(1);
    expect(at(last + 1000)).toBe(true);
    expect(applicationById(database, id)!.state).toBe('expired');
    expect(rowsOf(database, id)).toEqual([]);
    expect(changesOf(database, id).at(-1)).toMatchObject({ actor: 'clock', action: 'expire' });
    expect(at(last + 2000)).toBe(false);
  });

  it('is reminded of its end 30, 7 and 1 days before, each once, and once for all that a desk has missed', () => {
    const { database, at, mails } = ticking();
    approved(database);
    const end = Date.parse('2027-11-29T12:00:00Z');
    const sent = (days: number): number => {
      const before = mails.length;
      at(end - days * DAY_MS);
      return mails.length - before;
    };
    expect([31, 30, 29, 8, 7, 6, 2, 1, 0].map(sent)).toEqual([0, 1, 0, 0, 1, 0, 0, 1, 0]);
    expect(mails[0]).toContain('ends after 2027-11-29');
    const late = ticking();
    approved(late.database);
    late.at(end - 5 * DAY_MS);
    expect(late.mails).toHaveLength(1);
  });

  it.each([
    ['an hour after it is asked', 1, 72],
    ['later than 72 hours', 100, 100],
  ])('that is given up ends at the later of 72 hours and the confirmation: confirmed %s', (_, confirmed, ends) => {
    const { database, at } = ticking();
    const { id } = approved(database);
    does(database, APPLICANT, 'ask-withdrawal', id);
    if (confirmed > 72) expect(at(MONDAY_MS + 90 * HOUR_MS)).toBe(false);
    does(database, NORTH, 'confirm-withdrawal', id, { atMs: MONDAY_MS + confirmed * HOUR_MS });
    expect(at(MONDAY_MS + ends * HOUR_MS - 1)).toBe(false);
    expect(applicationById(database, id)!.state).toBe('approved');
    expect(at(MONDAY_MS + ends * HOUR_MS)).toBe(true);
    expect(applicationById(database, id)!.state).toBe('withdrawn');
    expect(rowsOf(database, id)).toEqual([]);
  });

  it('that is given up stays without a confirmation, and where the applicant keeps it after all', () => {
    const { database, at } = ticking();
    const { id } = approved(database);
    does(database, APPLICANT, 'ask-withdrawal', id);
    expect(at(MONDAY_MS + 300 * HOUR_MS)).toBe(false);
    does(database, NORTH, 'confirm-withdrawal', id, { atMs: MONDAY_MS + 300 * HOUR_MS });
    does(database, APPLICANT, 'keep-registration', id, { atMs: MONDAY_MS + 300 * HOUR_MS });
    expect(at(MONDAY_MS + 400 * HOUR_MS)).toBe(false);
    expect(applicationById(database, id)!.state).toBe('approved');
  });

  it('that is revoked from a day on is in force until then', () => {
    const { database, at } = ticking();
    const { id } = approved(database);
    does(database, ANNA, 'propose-revocation', id, { reason: 'left', date: '2026-12-15' });
    does(database, BORIS, 'revoke', id);
    at(Date.parse('2026-12-14T23:00:00Z'));
    expect(rowsOf(database, id)).toMatchObject([{ validUntil: '2026-12-14' }]);
  });

  it('is one of many that expire together: 200 at each tick, and all in the end', () => {
    const { database, at } = ticking();
    for (let number = 0; number < 201; number++) {
      const { id } = apply(database, wanted([`198.51.100.0/32`], { atMs: MONDAY_MS + number })).application;
      does(database, NORTH, 'confirm', id);
      does(database, { ...ANNA, name: `reviewer-${number >> 5}` }, 'approve', id);
    }
    const later = Date.parse('2028-01-01T00:00:00Z');
    expect([at(later), at(later), at(later)]).toEqual([true, true, false]);
  });
});

describe('personal data', () => {
  it('and files are erased when an application has been over for the time that is set, and the history stays', () => {
    const { database, at } = ticking();
    const { id } = apply(database, wanted(['198.51.100.7/32'])).application;
    const { id: open } = apply(database, wanted(['198.51.100.8/32'])).application;
    storeFile(database, files, { application: id, name: 'x.pdf', content: Buffer.from('%PDF-1.4'), atMs: MONDAY_MS });
    does(database, NORTH, 'confirm', id);
    does(database, ANNA, 'refuse', id, { reason: 'no-evidence', text: 'Send the letter of Contact Person' });
    at(MONDAY_MS + 365 * DAY_MS);
    expect(personalOf(database, id)).not.toBeNull();
    expect(readdirSync(files)).toHaveLength(1);
    at(MONDAY_MS + 365 * DAY_MS + 1);
    expect(personalOf(database, id)).toBeNull();
    expect(readdirSync(files)).toEqual([]);
    const last = changesOf(database, id).at(-1)!;
    expect([last.text, last.textSha256]).toEqual([null, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(personalOf(database, open)).not.toBeNull();
  });
});

describe('the target of 8 working hours', () => {
  const friday = (hour: number): number => Date.UTC(2026, 10, 27, hour - 5);

  it.each([
    ['Friday 09:00 ends at 17:00', friday(9), friday(17)],
    ['Friday 16:00 ends on Monday at 16:00', friday(16), friday(16) + 3 * DAY_MS],
    ['Friday at night begins on Monday at 09:00', friday(22), friday(17) + 3 * DAY_MS],
    ['Saturday too', friday(12) + DAY_MS, friday(17) + 3 * DAY_MS],
  ])('from %s', (_, from, due) => {
    expect(addWorkingMinutes(from, 480)).toBe(due);
  });

  it('is counted back by the minutes between, as by a look at every minute', () => {
    const random = new SeededRandom(7);
    const isWork = (timeMs: number): boolean => {
      const local = new Date(timeMs + 5 * HOUR_MS);
      const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
      return ![0, 6].includes(local.getUTCDay()) && minute >= 540 && minute < 1020;
    };
    for (let round = 0; round < 20; round++) {
      const from = MONDAY_MS + random.below(20_000) * 60_000;
      const until = from + random.below(10_000) * 60_000;
      let minutes = 0;
      for (let at = from; at < until; at += 60_000) if (isWork(at)) minutes++;
      expect(workingMinutes(from, until)).toBe(minutes);
      expect(workingMinutes(until, from)).toBe(minutes === 0 ? -0 : -minutes);
      if (minutes > 0) expect(workingMinutes(from, addWorkingMinutes(from, minutes))).toBe(minutes);
    }
  });
});
