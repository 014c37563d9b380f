/**
 * Writes messages of a fleet's stream into a history: their rows, and the sequence of the last message, in one
 * transaction. A message that comes again is not added again, and none may be left out.
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
  readonly bytes: Uint8Array;
}

/** Messages of a stream that follow the one numbered `after`, in order. */
export interface ReceivedBatch {
  /** Names the stream, and its making: another one of its name begins again. */
  readonly stream: string;
  readonly after: number;
  readonly messages: readonly ReceivedMessage[];
}

export interface ReceivedCounts {
  readonly rows: number;
  readonly refused: number;
  /** Why the first one was refused; null for none. */
  readonly problem: string | null;
}

/** The sequence of the last message of a stream that is written; 0 before any. */
export function readPosition({ writer }: OpenHistory, stream: string): number {
  return writer.lastNumber(stream);
}

/** Throws where the messages do not follow those that are written, and the database's error. */
export function writeReceived(history: OpenHistory, { stream, after, messages }: ReceivedBatch): ReceivedCounts {
  const position = readPosition(history, stream);
  if (position !== after)
    throw new Error(`the history has the stream up to message ${position}, and not up to ${after}`);
  const minutes: Minute[] = [];
  const changes: Change[] = [];
  const sensors: SensorNote[] = [];
  let problem: string | null = null;
  for (const message of messages) {
    const { isp, site, version, timeMs, sentMs } = message;
    let minuteS: number | null = null;
    let rows = 0;
    let refused = 0;
    for (const line of linesOf(message.bytes)) {
      try {
        const row = parseRow(line, history.clock);
        checkPlace('minute' in row ? row.minute.place : row.change.place, message);
        if ('minute' in row) {
          minutes.push(row.minute);
          minuteS = Math.max(minuteS ?? 0, row.minute.minuteS);
        } else changes.push(row.change);
        rows++;
      } catch (error) {
        if (!(error instanceof RowError)) throw error;
        refused++;
        problem ??= `message ${message.sequence} of ${isp}/${site}: ${error.message}`;
      }
    }
    const offsetMs = sentMs === null ? null : Math.round(sentMs - timeMs);
    sensors.push({ isp, site, version, seenMs: Math.round(timeMs), offsetMs, minuteS, rows, refused });
  }
  const last = messages.at(-1)?.sequence ?? after;
  history.writer.write({ session: stream, number: last, minutes, changes, sensors });
  const sum = (name: 'rows' | 'refused'): number => sensors.reduce((total, one) => total + one[name], 0);
  return { rows: sum('rows'), refused: sum('refused'), problem };
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
