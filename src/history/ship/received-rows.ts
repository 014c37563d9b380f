/**
 * Writes messages of a fleet's stream into a history: their rows, and the sequence of the last message, in one
 * transaction. A message that comes again is not added again, and none may be left out. Sensors number their rows, so
 * rows that come again in other messages, of a stream that lost some, are left out too, and missing ones are noticed.
 */
import type { Change, Minute, Place } from '../roll-up.ts';
import type { OpenHistory } from '../store/history-store.ts';
import { parseRow, RowError } from './row-line.ts';
import type { SensorNote } from './sensor-table.ts';

export interface ReceivedMessage {
  /** In the stream. */
  readonly sequence: number;
  /** The sensor, from the subject. */
  readonly isp: string;
  readonly site: string;
  /** When the stream took it, and when the sensor sent it by its own clock, ms since 1970. */
  readonly timeMs: number;
  readonly sentMs: number | null;
  readonly version: string;
  /** The sensor's number of its last row; null where it gives none. */
  readonly lastRow: number | null;
  /** The numbers of its rows, and the one that was given before them if the sensor knows it; null without numbers. */
  readonly rows: { readonly numbers: readonly number[]; readonly before: number | null } | null;
  readonly bytes: Uint8Array;
}

/** Messages of a stream that follow the one numbered `after`, in order. */
export interface ReceivedBatch {
  /** Names the stream, and its making: another one of its name begins again. */
  readonly stream: string;
  readonly after: number;
  readonly messages: readonly ReceivedMessage[];
  /** Says what the last message is: another one in its place has another mark. */
  readonly mark: string;
}

/** Rows that a sensor has numbered after one number and up to another, and that were not in the stream. */
export interface MissingRows {
  readonly isp: string;
  readonly site: string;
  readonly after: number;
  readonly until: number;
}

export interface ReceivedCounts {
  readonly rows: number;
  readonly refused: number;
  /** Rows that had come before. */
  readonly repeated: number;
  readonly missing: readonly MissingRows[];
  /** Why the first one was refused; null for none. */
  readonly problem: string | null;
}

/** How far a stream is written. */
export interface StreamPosition {
  /** The sequence of the last message that is written; 0 before any. */
  readonly sequence: number;
  /** The mark of that message; null if it is not known. */
  readonly mark: string | null;
}

export function readPosition({ writer }: OpenHistory, stream: string): StreamPosition {
  return { sequence: writer.lastNumber(stream), mark: writer.markOf(stream) };
}

/** What one message brings. */
interface Found {
  readonly minutes: Minute[];
  readonly changes: Change[];
  readonly missing: MissingRows | null;
  readonly repeated: number;
  readonly problem: string | null;
  readonly note: SensorNote;
}

/** Throws where the messages do not follow those that are written, and the database's error. */
export function writeReceived(history: OpenHistory, { stream, after, messages, mark }: ReceivedBatch): ReceivedCounts {
  const position = history.writer.lastNumber(stream);
  if (position !== after)
    throw new Error(`the history has the stream up to message ${position}, and not up to ${after}`);
  /** The last row of each sensor. */
  const shipped = new Map<string, number | null>();
  const found = messages.map((message) => {
    const { isp, site } = message;
    const sensor = `${isp}/${site}`;
    if (!shipped.has(sensor)) shipped.set(sensor, history.writer.sensors.shippedBy(isp, site));
    const one = readMessage(history, message, shipped.get(sensor)!);
    const last = one.note.shipped;
    if (last !== null) shipped.set(sensor, Math.max(last, shipped.get(sensor) ?? 0));
    return one;
  });
  history.writer.write({
    session: stream,
    number: messages.at(-1)?.sequence ?? after,
    minutes: found.flatMap(({ minutes }) => minutes),
    changes: found.flatMap(({ changes }) => changes),
    sensors: found.map(({ note }) => note),
    mark,
  });
  const sum = (count: (one: Found) => number): number => found.reduce((total, one) => total + count(one), 0);
  return {
    rows: sum(({ note }) => note.rows),
    refused: sum(({ note }) => note.refused),
    repeated: sum(({ repeated }) => repeated),
    missing: found.flatMap(({ missing }) => missing ?? []),
    problem: found.find(({ problem }) => problem !== null)?.problem ?? null,
  };
}

/** `shipped`: the number of the sensor's last row that is written; null if it is not known. */
function readMessage({ clock }: OpenHistory, message: ReceivedMessage, shipped: number | null): Found {
  const { isp, site, version, timeMs, sentMs, lastRow, sequence } = message;
  const lines = linesOf(message.bytes);
  // Numbers that are not those of the lines say nothing of them.
  const rows = message.rows?.numbers.length === lines.length ? message.rows : null;
  const known = shipped ?? -Infinity;
  const numbers = rows?.numbers ?? lines.map(() => lastRow ?? Infinity);
  const minutes: Minute[] = [];
  const changes: Change[] = [];
  let repeated = 0;
  let refused = 0;
  let problem: string | null = null;
  for (const [at, line] of lines.entries()) {
    if (numbers[at]! <= known) {
      repeated++;
      continue;
    }
    try {
      const row = parseRow(line, clock);
      checkPlace('minute' in row ? row.minute.place : row.change.place, message);
      if ('minute' in row) minutes.push(row.minute);
      else changes.push(row.change);
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      refused++;
      problem ??= `message ${sequence} of ${isp}/${site}: ${error.message}`;
    }
  }
  const before = rows?.before ?? null;
  const isMissing = shipped !== null && before !== null && before > shipped;
  const note: SensorNote = {
    isp,
    site,
    version,
    seenMs: Math.round(timeMs),
    rows: minutes.length + changes.length,
    refused,
    offsetMs: sentMs === null ? null : Math.round(sentMs - timeMs),
    minuteS: minutes.length === 0 ? null : Math.max(...minutes.map(({ minuteS }) => minuteS)),
    shipped: rows?.numbers.at(-1) ?? lastRow,
  };
  const missing = isMissing ? { isp, site, after: shipped, until: before } : null;
  return { minutes, changes, missing, repeated, problem, note };
}

function linesOf(bytes: Uint8Array): string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/** A sensor speaks for its own site alone. */
function checkPlace(place: Place, { isp, site }: ReceivedMessage): void {
  if (place.isp !== isp || place.site !== site)
    throw new RowError(`it is of ${place.isp}/${place.site}, and not of the sensor that sent it`);
}
