/**
 * Cuts a span into pieces that rows of the history fill exactly: whole days in the middle, hours and minutes at the
 * ends.
 */
import { type Level, LEVEL_SECONDS } from '../roll-up.ts';
import type { ZoneClock } from '../zone-clock.ts';

export interface Piece {
  readonly level: Level;
  readonly fromS: number;
  readonly toS: number;
}

/** `coarsest`: the longest rows that may be used. Ends of the span inside a minute lie at its beginning. */
export function spanPieces(fromS: number, toS: number, coarsest: 'hour' | 'day', clock: ZoneClock): Piece[] {
  const minute = (timeS: number): number => timeS - (timeS % LEVEL_SECONDS.minute);
  const [from, to] = [minute(fromS), minute(toS)];
  const hours = (a: number, b: number): Piece[] =>
    around(
      a,
      b,
      'hour',
      (timeS) => clock.hourStart(timeS),
      (x, y) => piece('minute', x, y),
    );
  const pieces =
    coarsest === 'hour' ? hours(from, to) : around(from, to, 'day', (timeS) => clock.dayStart(timeS), hours);
  return pieces;
}

/** The whole intervals of a level between two times, and what `finer` makes of the rests before and after. */
function around(
  fromS: number,
  toS: number,
  level: 'hour' | 'day',
  startOf: (timeS: number) => number,
  finer: (fromS: number, toS: number) => Piece[],
): Piece[] {
  if (fromS >= toS) return [];
  const first = startOf(fromS) === fromS ? fromS : nextStart(startOf(fromS), level, startOf);
  const last = startOf(toS);
  if (first >= last) return finer(fromS, toS);
  return [...finer(fromS, first), ...piece(level, first, last), ...finer(last, toS)];
}

/** The beginning of the next interval: days and hours at a change of the clocks are longer or shorter. */
function nextStart(startS: number, level: 'hour' | 'day', startOf: (timeS: number) => number): number {
  const longest = level === 'day' ? LEVEL_SECONDS.day + 2 * LEVEL_SECONDS.hour : 2 * LEVEL_SECONDS.hour;
  for (let timeS = startS; timeS <= startS + longest; timeS += LEVEL_SECONDS.minute)
    if (startOf(timeS) > startS) return startOf(timeS);
  return startS + LEVEL_SECONDS[level];
}

function piece(level: Level, fromS: number, toS: number): Piece[] {
  return fromS < toS ? [{ level, fromS, toS }] : [];
}
