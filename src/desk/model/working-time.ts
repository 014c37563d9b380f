/**
 * Working hours, in which the desk's clocks run: by default Monday to Friday, 09:00 to 17:00, UTC+05:00 as a fixed
 * offset, because the zones in question have no daylight saving time.
 */

export interface WorkingHours {
  /** Days of the week, 0 for Sunday. */
  readonly days: readonly number[];
  /** Minutes of the day. */
  readonly fromMinute: number;
  readonly untilMinute: number;
  /** Minutes east of UTC. */
  readonly offsetMinutes: number;
}

export const WORKING_HOURS: WorkingHours = {
  days: [1, 2, 3, 4, 5],
  fromMinute: 9 * 60,
  untilMinute: 17 * 60,
  offsetMinutes: 5 * 60,
};

/** The desk's target from the day an application comes to its next decision, in working hours. */
export const TARGET_HOURS = 8;

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;
/** Two years of days: no clock runs longer. */
const MOST_DAYS = 750;

/** The time when so many working minutes have passed since `fromMs`. */
export function addWorkingMinutes(fromMs: number, minutes: number, hours: WorkingHours = WORKING_HOURS): number {
  let left = minutes * MS_PER_MINUTE;
  for (const [begin, end] of spans(fromMs, hours)) {
    const from = Math.max(begin, fromMs);
    if (end <= from) continue;
    if (end - from >= left) return from + left;
    left -= end - from;
  }
  return fromMs + MOST_DAYS * MS_PER_DAY;
}

/** Working minutes between two times; negative where the second is earlier. */
export function workingMinutes(fromMs: number, untilMs: number, hours: WorkingHours = WORKING_HOURS): number {
  if (untilMs < fromMs) return -workingMinutes(untilMs, fromMs, hours);
  let sum = 0;
  for (const [begin, end] of spans(fromMs, hours)) {
    if (begin >= untilMs) break;
    sum += Math.max(0, Math.min(end, untilMs) - Math.max(begin, fromMs));
  }
  return Math.round(sum / MS_PER_MINUTE);
}

/** The spans of work from the day of `fromMs` on. */
function* spans(fromMs: number, hours: WorkingHours): Generator<readonly [begin: number, end: number]> {
  const { days, fromMinute, untilMinute, offsetMinutes } = hours;
  const offset = offsetMinutes * MS_PER_MINUTE;
  let day = Math.floor((fromMs + offset) / MS_PER_DAY) * MS_PER_DAY;
  for (let count = 0; count < MOST_DAYS; count++, day += MS_PER_DAY) {
    if (!days.includes(new Date(day).getUTCDay())) continue;
    yield [day + fromMinute * MS_PER_MINUTE - offset, day + untilMinute * MS_PER_MINUTE - offset];
  }
}
