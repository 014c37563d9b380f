/**
 * Counts as a public report shows them. Every public figure of every period is computed from days that were made coarse
 * first, by a rule that does not depend on whether a small count is 1, 2, 3 or 4. So neither a difference of two
 * periods nor a total minus its parts can reveal one: no published figure has it.
 *
 * A day's count is 0, small (below 5), or rounded to a multiple of 5. In a table by one property, what the small rows
 * of a day have is added to the first larger row. Where that row could not hide them, the day is not divided into rows
 * at all.
 */

/** A count, or the clients of a group, at least: fewer are not shown by their number. */
export const SMALLEST_SHOWN = 5;
const LARGEST_SMALL = SMALLEST_SHOWN - 1;

/** The sum of coarse days. */
export interface CoarseSum {
  /** Sum of the days that are not small; a multiple of 5. */
  readonly shown: number;
  /** Days with a count from 1 to 4. */
  readonly smallDays: number;
}

/** A row of a table on one day. */
export interface DayRow {
  readonly count: number;
  /** It has clients, and fewer than 5: it is not shown by its number, whatever that is. */
  readonly hasFewClients: boolean;
}

export function isSmall(count: number): boolean {
  return count > 0 && count < SMALLEST_SHOWN;
}

/** To the nearest multiple of 5. */
export function toFive(count: number): number {
  return SMALLEST_SHOWN * Math.round(count / SMALLEST_SHOWN);
}

/** The sum of a count over days. */
export function coarseSum(days: readonly number[]): CoarseSum {
  const large = days.filter((count) => !isSmall(count));
  return { shown: large.reduce((sum, count) => sum + toFive(count), 0), smallDays: days.length - large.length };
}

/**
 * The rows of a day as they may be shown, null for a small one; null in all for a day that may not be divided. With
 * `hidesZero` a row of 0 is small too: where 0 and 1 differ, several small rows could be found from their total in
 * another table.
 */
export function coarseDay(rows: readonly DayRow[], hidesZero = false): readonly (number | null)[] | null {
  const areSmall = rows.map(({ count }) => isSmall(count) || (hidesZero && count === 0));
  const areHidden = rows.map(({ hasFewClients }, at) => hasFewClients || areSmall[at]!);
  const first = rows.findIndex(({ count }, at) => !areHidden[at] && count >= SMALLEST_SHOWN);
  if (areHidden.includes(true)) {
    if (first === -1) return rows.every(({ count }) => count === 0) ? rows.map(() => (hidesZero ? null : 0)) : null;
    const small = rows.filter((_, at) => areSmall[at]);
    const sum = small.reduce((total, { count }) => total + count, rows[first]!.count);
    // The first row has 5 or more, however the counts are shared out between it and the small ones.
    if (sum < SMALLEST_SHOWN + LARGEST_SMALL * small.length) return null;
  }
  const hidden = rows.reduce((sum, { count }, at) => (areHidden[at] ? sum + count : sum), 0);
  return rows.map(({ count }, at) => (areHidden[at] ? null : toFive(at === first ? count + hidden : count)));
}

/** A table over days: the sum of each row, and of the days that are not divided, by their totals. */
export interface CoarseTable {
  readonly rows: readonly CoarseSum[];
  readonly undivided: CoarseSum;
  readonly undividedDays: number;
}

/** `days`: the same rows in the same order on each day. */
export function coarseTable(days: readonly (readonly DayRow[])[], hidesZero = false): CoarseTable {
  const rows = (days[0] ?? []).map(() => ({ shown: 0, smallDays: 0 }));
  const undivided: number[] = [];
  for (const day of days) {
    const coarse = coarseDay(day, hidesZero);
    if (coarse === null) {
      undivided.push(day.reduce((sum, { count }) => sum + count, 0));
      continue;
    }
    for (const [at, count] of coarse.entries()) {
      if (count === null) rows[at]!.smallDays++;
      else rows[at]!.shown += count;
    }
  }
  return { rows, undivided: coarseSum(undivided), undividedDays: undivided.length };
}
