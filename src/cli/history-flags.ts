/** The flags of a history: where it is kept, and the zone in which its days are cut. */
import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { HistoryOptions } from '../daemon/console/history-feed.ts';
import { IN_MEMORY } from '../history/store/in-memory.ts';
import type { EventOrigin } from '../output/event/event-origin.ts';

export interface HistoryFlags {
  readonly history?: string;
  readonly zone: string;
}

const NO_HISTORY = 'none';
const HISTORY_NAME = 'history.db';

export function historyOption(): Option {
  return new Option(
    '--history <file>',
    'where counts by minute, hour and day are kept for the console; none for no history and no console (default: history.db in the folder of state, or memory)',
  );
}

export function zoneOption(): Option {
  return new Option('--zone <name>', 'time zone in which the days of the history begin')
    .argParser(zoneName)
    .default(new Intl.DateTimeFormat().resolvedOptions().timeZone, "this machine's zone");
}

/** Null for no history. `folder`: that of state; null for none. */
export function historyOptions(
  { history, zone, site = '', isp = '', link = '' }: HistoryFlags & EventOrigin,
  folder: string | null,
): HistoryOptions | null {
  if (history === NO_HISTORY) return null;
  const path = history ?? (folder === null ? IN_MEMORY : join(folder, HISTORY_NAME));
  return { path, zone, place: { site, isp, link } };
}

function zoneName(value: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('It must be the name of a time zone, like Asia/Karachi.');
  }
}
