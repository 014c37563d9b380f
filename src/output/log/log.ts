/**
 * The daemon's own log, separate from its events: JSON Lines to standard error, or formatted text if that is a
 * terminal.
 */
import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { LogLevel } from './log-levels.ts';

export type Log = Logger;

const STANDARD_ERROR = 2;
/** Bytes of log that may wait for a reader of standard error. More is dropped, so that the daemon does not block. */
const WAITING_LIMIT = 1 << 20;

export function openLog(level: LogLevel): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (process.stderr.isTTY) {
    return pino(options, PinoPretty({ destination: STANDARD_ERROR, colorize: true, ignore: 'pid,hostname' }));
  }
  return pino(
    { ...options, formatters: { level: (label) => ({ level: label }) } },
    pino.destination({ dest: STANDARD_ERROR, sync: false, minLength: 0, maxLength: WAITING_LIMIT }),
  );
}

/** Waits until the log is written, for at most `timeoutMs`. */
export function flushLog(log: Log, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    log.flush(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
