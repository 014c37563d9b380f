/**
 * What happens because time has passed: registrations expire and are given up, reminders are sent, personal data are
 * erased. Bounded at each tick, so that the desk's pages never wait for long.
 */
import { inTransaction } from '../../history/store/transaction.ts';
import { CLOCK } from '../model/permission.ts';
import { WITHDRAWAL_DELAY_MS, withdrawalTime } from '../model/withdrawal.ts';
import { applicationsWhere } from '../store/application.ts';
import { type DeskDatabase, run } from '../store/desk-database.ts';
import { removeFiles } from '../store/file-store.ts';
import { erasePersonal } from '../store/history.ts';
import { eraseOldImports } from '../store/import-store.ts';
import { setting } from '../store/settings.ts';
import { act } from './act.ts';
import { dateOf } from './date-text.ts';

const MS_PER_DAY = 86_400_000;
const MOST_AT_ONCE = 200;
export const REMINDER_DAYS = [30, 7, 1] as const;

export interface ClockParts {
  readonly files: string;
  readonly notify: (application: number, subject: string, text: string) => void;
}

/** True where the registry has changed. */
export function tick(database: DeskDatabase, nowMs: number, parts: ClockParts): boolean {
  const today = dateOf(nowMs);
  const expired = applicationsWhere(
    database,
    "state = 'approved' AND root = id AND valid_until < ? LIMIT ?",
    today,
    MOST_AT_ONCE,
  );
  for (const { id } of expired) act(database, { application: id, action: 'expire', actor: CLOCK, atMs: nowMs });
  const asked = applicationsWhere(
    database,
    "withdraw_asked_ms <= ? AND withdraw_confirmed_ms IS NOT NULL AND state = 'approved' LIMIT ?",
    nowMs - WITHDRAWAL_DELAY_MS,
    MOST_AT_ONCE,
  ).filter((one) => withdrawalTime(one.withdrawAskedMs!, one.withdrawConfirmedMs)! <= nowMs);
  for (const { id } of asked) act(database, { application: id, action: 'withdraw', actor: CLOCK, atMs: nowMs });
  remind(database, nowMs, parts);
  erase(database, nowMs, parts);
  return expired.length + asked.length > 0;
}

/** Each reminder once for each end of validity, also where the desk was not running on the day itself. */
function remind(database: DeskDatabase, nowMs: number, { notify }: ClockParts): void {
  for (const [place, days] of REMINDER_DAYS.entries()) {
    const least = REMINDER_DAYS[place + 1] ?? -1;
    const ending = applicationsWhere(
      database,
      `state = 'approved' AND root = id AND valid_until <= ? AND valid_until > ? AND NOT EXISTS (SELECT 1 FROM reminder
        WHERE reminder.application = application.id AND reminder.valid_until = application.valid_until AND days = ?)
        LIMIT ?`,
      dateOf(nowMs + days * MS_PER_DAY),
      dateOf(nowMs + least * MS_PER_DAY),
      days,
      MOST_AT_ONCE,
    );
    for (const { id, reference, validUntil } of ending)
      inTransaction(database, () => {
        run(database, 'INSERT INTO reminder VALUES (?, ?, ?, ?)', id, validUntil, days, nowMs);
        const text = `The registration ${reference} ends after ${validUntil!}. Open your secret link and choose Renew.`;
        notify(id, `${reference} ends after ${validUntil!}`, text);
      });
  }
}

/** Personal data of what has ended long ago; those of a registration that a change belongs to stay with it. */
function erase(database: DeskDatabase, nowMs: number, { files }: ClockParts): void {
  eraseOldImports(database, nowMs);
  const before = nowMs - Number(setting(database, 'retentionDays')) * MS_PER_DAY;
  const ended = applicationsWhere(
    database,
    `state IN ('refused', 'withdrawn', 'expired', 'revoked') AND changed_ms < ? AND EXISTS (SELECT 1 FROM personal
      WHERE personal.application = application.id AND erased_ms IS NULL) LIMIT ?`,
    before,
    MOST_AT_ONCE,
  );
  for (const { id } of ended)
    for (const one of [id, ...approvedChanges(database, id)]) {
      inTransaction(database, () => {
        erasePersonal(database, one, nowMs);
      });
      removeFiles(database, files, one, nowMs);
    }
}

/** Changes that are a part of a registration end with it. */
function approvedChanges(database: DeskDatabase, root: number): number[] {
  const changes = applicationsWhere(database, "root = ? AND id <> root AND state = 'approved'", root);
  return changes.map(({ id }) => id);
}
