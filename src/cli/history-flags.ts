/** The flags of a history: where it is kept, for how long, and the zone in which its days are cut. */
import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { HistoryOptions } from '../daemon/console/history-feed.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import { DEFAULT_LOSS_BOUND } from '../history/incident/loss-bound.ts';
import { LEVEL_NAMES } from '../history/roll-up.ts';
import type { Schedule } from '../history/report/due-periods.ts';
import type { Retention } from '../history/store/retention.ts';
import { IN_MEMORY } from '../history/store/in-memory.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { EventOrigin } from '../output/event/event-origin.ts';
import { parseDuration, parsePercent } from '../policy/action.ts';
import { wholeNumber } from './whole-number.ts';
import type { AddressFlags } from './address-flags.ts';

export interface ZoneFlag {
  readonly zone?: string;
}

export interface RetentionFlags {
  /** Seconds. */
  readonly historyMinutes: number;
  readonly historyHours: number;
  readonly historyDays: number;
}

export interface HistoryFlags extends ZoneFlag, RetentionFlags {
  readonly history?: string;
  /** A share. */
  readonly lossBound: number;
  readonly recentDecisions: number;
  readonly linkIdentity: LinkIdentity;
  readonly reports: readonly Schedule[];
}

const NO_HISTORY = 'none';
const HISTORY_NAME = 'history.db';
const FOREVER = 'forever';
const YEARS = /^(\d{1,3})y$/;
const SECONDS_PER_YEAR = 365 * 86_400;
const SECONDS_PER_DAY = 86_400;
const MICROS_PER_SECOND = 1e6;
export const RECENT_DECISIONS = 50_000;
const MOST_RECENT_DECISIONS = 500_000;
/** Taken into the list a second, at most. */
const DECISIONS_PER_SECOND = 2000;
const REPORTS_NAME = 'reports';

export function historyOption(): Option {
  return new Option(
    '--history <file>',
    'where counts by minute, hour and day are kept for the console; none for no history and no console ' +
      '(default: history.db in the folder of state, or memory)',
  );
}

export function recentDecisionsOption(): Option {
  return new Option(
    '--recent-decisions <n>',
    'the newest decisions, which the console can search; in memory only, about 2 kB each',
  )
    .argParser(wholeNumber(1, MOST_RECENT_DECISIONS))
    .default(RECENT_DECISIONS);
}

/** The share of packets that may be lost, for incidents, alerts and pages. */
export function lossBoundOption(): Option {
  return new Option(
    '--loss-bound <share>',
    'packets lost before Sluice sees them: above this share there is an incident and an alert, and ' +
      'figures are doubtful',
  )
    .argParser(share)
    .default(DEFAULT_LOSS_BOUND, `${100 * DEFAULT_LOSS_BOUND}%`);
}

function share(value: string): number {
  const found = parsePercent(value);
  if (found < 1) return found;
  throw new InvalidArgumentError('It must be a percentage below 100%, like 0.1%.');
}

export function zoneOption(): Option {
  const what = "time zone in which the days of the history begin (default: this machine's zone)";
  return new Option('--zone <name>', what).argParser(zoneName);
}

/** The zone of the flag, or this machine's. It is asked for only here: loading the zones takes 7 ms of each start. */
export function zoneOf({ zone }: ZoneFlag): string {
  return zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** How long each level is kept. */
export function retentionOptions(): Option[] {
  const option = (name: string, what: string, value: string): Option =>
    new Option(`--history-${name} <time>`, `how long counts by ${what} are kept, in packet time; forever for no end`)
      .argParser(keptSeconds)
      .default(keptSeconds(value), value);
  return [option('minutes', 'minute', '7d'), option('hours', 'hour', '2y'), option('days', 'day', FOREVER)];
}

function keptSeconds(value: string): number {
  if (value === FOREVER) return Infinity;
  const years = YEARS.exec(value)?.[1];
  const seconds = years === undefined ? parseDuration(value) / MICROS_PER_SECOND : Number(years) * SECONDS_PER_YEAR;
  if (seconds >= SECONDS_PER_DAY) return seconds;
  throw new InvalidArgumentError('It must be a day at least, like 7d, 2y or forever.');
}

/** Null for no history. `folder`: that of state; null for none. */
export function historyOptions(
  flags: HistoryFlags & EventOrigin & AddressFlags,
  folder: string | null,
): HistoryOptions | null {
  const { history, lossBound, recentDecisions, linkIdentity, reports, addresses } = flags;
  const { site = '', isp = '', link = '' } = flags;
  if (history === NO_HISTORY) return null;
  const path = history ?? (folder === null ? IN_MEMORY : join(folder, HISTORY_NAME));
  return {
    path,
    zone: zoneOf(flags),
    retention: retentionOf(flags),
    lossBound,
    place: { site, isp, link },
    recent: { most: recentDecisions, perSecond: DECISIONS_PER_SECOND, linkIdentity },
    reports: {
      schedules: reports,
      folder: folder === null || reports.length === 0 ? null : join(folder, REPORTS_NAME),
      showsPrefixes: addresses === 'plain',
    },
  };
}

/** Throws CommandError if a finer level is kept longer than a coarser one: charts of long spans would have gaps. */
export function retentionOf({ historyMinutes, historyHours, historyDays }: RetentionFlags): Retention {
  const retention = { minute: historyMinutes, hour: historyHours, day: historyDays };
  if (LEVEL_NAMES.some((level, at) => at > 0 && retention[level] < retention[LEVEL_NAMES[at - 1]!]))
    throw new CommandError(
      '--history-minutes must not be longer than --history-hours, nor that than --history-days',
      ExitCode.WRONG_USAGE,
    );
  return retention;
}

function zoneName(value: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('It must be the name of a time zone, like Asia/Karachi.');
  }
}
