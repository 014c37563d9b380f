/**
 * Limits of the breaker and the causes of its trips in words. The daemon names a limit by window and group: `60s
 * confirmed`.
 */
import { text } from '../text/catalogue.ts';

const { terms } = text;

export function limitName(limit: string): string {
  const [window = '', group = ''] = limit.split(' ');
  return terms.limit(window.replace(/(\d)([a-z])/, '$1 $2'), terms.limitGroups[group] ?? group);
}

/** `limit`: the one that would have been exceeded; null where the cause is none. */
export function tripCause(cause: string, limit: string | null): string {
  const words = terms.tripCauses[cause] ?? cause;
  return limit === null ? words : terms.tripOf(words, limitName(limit));
}
