/** What becomes of the packets of a decided flow, as a key of the texts. */
import type { DecisionRow } from '../../../../history/recent/decision-document.ts';

export type Outcome = 'observe' | 'tripped' | 'held' | 'allow' | 'throttle' | 'block' | 'unknown';

/**
 * `rulesMode`: as the rules have it; null before the daemon's start. The decision has the mode in effect, which is
 * observe after a trip of the breaker.
 */
export function outcomeOf({ action, mode, held }: DecisionRow, rulesMode: string | null): Outcome {
  if (action === 'allow') return 'allow';
  if (rulesMode === null) return mode === 'observe' ? 'observe' : 'unknown';
  if (rulesMode === 'observe') return 'observe';
  if (mode === 'observe') return 'tripped';
  if (held === true) return 'held';
  return action === 'block' ? 'block' : 'throttle';
}
