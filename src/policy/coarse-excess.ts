/** The numbers of an exceeded limit as pages have them: groups of fewer than five clients are not distinguished. */
import { coarseClients } from '../core/small-group.ts';
import type { ExcessNumbers } from './excess-words.ts';

export function coarseExcess({ limit, seen, allowed, of, stage, window }: ExcessNumbers): ExcessNumbers {
  const shown = (value: number): number => (limit === 'registrations' ? value : coarseClients(value));
  return { limit, seen: shown(seen), allowed, of: of === null ? null : shown(of), stage, window };
}
