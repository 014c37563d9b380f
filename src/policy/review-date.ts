/**
 * The date by which a rule must be reviewed (`review_by`). It has no effect on decisions: `check` warns where it has
 * passed or is near, and the console shows it.
 */
import { MICROS_PER_DAY, parseDate, parseInstant } from '../core/iso-time.ts';
import { micros, type Micros } from '../core/units.ts';

/** A date is near from so long before it on. */
const NEAR_DAYS = 30;

export type ReviewState = 'passed' | 'near' | 'later';

/** The time at which the review is overdue. A date without a time covers its whole day, UTC. NaN for any other text. */
export function parseReviewBy(text: string): Micros {
  const day = parseDate(text);
  return Number.isNaN(day) ? parseInstant(text) : micros(day + MICROS_PER_DAY);
}

export function reviewState(dueUs: Micros, nowUs: number): ReviewState {
  if (nowUs >= dueUs) return 'passed';
  return nowUs >= dueUs - NEAR_DAYS * MICROS_PER_DAY ? 'near' : 'later';
}
