/**
 * Reads the decisions that a daemon has logged before its start, from the newest back, into the list of recent ones.
 * It goes on between other requests, a piece of the log at a time, and ends where the list is full.
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { DecisionEvent } from '../../output/event/event-fields.ts';
import type { EventOrigin } from '../../output/event/event-origin.ts';
import { movedFilesOf } from '../../output/log/log-tail.ts';
import { readEarlierEvent } from './earlier-event.ts';
import { linesBack } from './lines-back.ts';
import type { RecentDecisions } from './recent-decisions.ts';
import { EventTruncation } from './truncated-event.ts';

/** The log of decisions as it was at the start. */
export interface EarlierLog {
  readonly path: string;
  readonly inode: number;
  /** Its length, bytes. */
  readonly end: number;
  /** Where the daemon sees its packets: lines of another place are not shown. */
  readonly origin: EventOrigin;
}

/** Bytes that are read at most: logs with few decisions are not read to their beginning. */
const MOST_BYTES = 1 << 29;

/** Resolves when the list is full, or all is read. Never rejects: a log that cannot be read is a state of the list. */
export async function readEarlierLog(log: EarlierLog, recent: RecentDecisions): Promise<void> {
  const reading = new EarlierReading(log.origin, recent);
  recent.earlierState = 'reading';
  try {
    await reading.read(log);
    recent.earlierState = 'read';
  } catch {
    recent.earlierState = 'failed';
  }
}

class EarlierReading {
  private readonly origin: EventOrigin;
  private readonly recent: RecentDecisions;
  private readonly truncation = new EventTruncation();
  private bytes = 0;

  constructor(origin: EventOrigin, recent: RecentDecisions) {
    this.origin = origin;
    this.recent = recent;
  }

  /** Reads the log, and then what was rotated before. Rotation may go on meanwhile. */
  async read({ path, inode, end }: EarlierLog): Promise<void> {
    let isBefore = false;
    for (const name of [path, ...(await movedFilesOf(path))]) {
      const file = await open(name);
      try {
        const { ino, size } = await file.stat();
        const isLog = ino === inode;
        if ((isBefore || isLog) && !(await this.readFile(file, isLog ? end : size))) return;
        isBefore ||= isLog;
      } finally {
        await file.close();
      }
    }
    if (!isBefore) throw new Error('the log is not there any more');
  }

  /** False if no more is to be read. */
  private async readFile(file: FileHandle, end: number): Promise<boolean> {
    for await (const { lines, length } of linesBack(file, end)) {
      for (const line of lines) if (!this.take(line)) return false;
      this.bytes += length;
      if (this.bytes >= MOST_BYTES) return false;
    }
    return true;
  }

  /** False if there is no room for it. */
  private take(line: string | null): boolean {
    const event = line === null ? null : readEarlierEvent(line, this.origin);
    if (event === 'other') return true;
    if (event !== null) return this.recent.addEarlier(JSON.stringify(this.shown(event)));
    this.recent.earlierSkipped++;
    return true;
  }

  private shown(event: DecisionEvent): DecisionEvent {
    return this.recent.addresses === 'truncated' ? this.truncation.truncated(event) : event;
  }
}
