/** Chooses the level and the length of a point, so that a chart has few points and is read from few rows. */
import { type Level, LEVEL_NAMES, LEVEL_SECONDS } from '../roll-up.ts';

export const MOST_POINTS = 750;
export const MOST_ROWS = 100_000;

/** Intervals of a level that one point may have. */
const MULTIPLES: Readonly<Record<Level, readonly number[]>> = {
  minute: [1, 2, 5, 10, 15, 30],
  hour: [1, 2, 3, 6, 12],
  day: [1, 7, 28, 364, 3640],
};

export interface LevelChoice {
  readonly level: Level;
  /** Seconds of a point. */
  readonly step: number;
}

/** `rowsOf` returns the number of rows of a level in the span; `oldestOf` the beginning of its first row. */
export function chooseLevel(
  fromS: number,
  toS: number,
  rowsOf: (level: Level) => number,
  oldestOf: (level: Level) => number,
): LevelChoice {
  for (const level of LEVEL_NAMES) {
    const seconds = LEVEL_SECONDS[level];
    const points = (toS - fromS) / seconds;
    const multiple = MULTIPLES[level].find((count) => points / count <= MOST_POINTS);
    if (multiple === undefined) continue;
    if (level !== 'day' && (oldestOf(level) > Math.max(fromS, oldestOf('day') + seconds) || rowsOf(level) > MOST_ROWS))
      continue;
    return { level, step: seconds * multiple };
  }
  return { level: 'day', step: LEVEL_SECONDS.day * MULTIPLES.day.at(-1)! };
}
