/** How the values of a measure are written, and whether those of several points may be added. */
import type { Measure } from '../../../history/query/chart-query.ts';
import { bytes, clients, count, shortCount, span } from '../format/number-format.ts';

export interface MeasureFormat {
  /** Exactly, for a table. */
  readonly exact: (value: number | null) => string;
  /** In few characters, for an axis. */
  readonly short: (value: number) => string;
  /** False for largest values and distinct counts, of which the largest is taken. */
  readonly isSum: boolean;
  /** Values are whole numbers. */
  readonly isWhole: boolean;
}

const COUNT: MeasureFormat = { exact: count, short: shortCount, isSum: true, isWhole: true };
const OTHERS: Partial<Record<Measure, MeasureFormat>> = {
  bytes: { exact: bytes, short: bytes, isSum: true, isWhole: true },
  clients: { exact: clients, short: shortCount, isSum: false, isWhole: true },
  lag: { exact: span, short: span, isSum: false, isWhole: false },
  active: { ...COUNT, isSum: false },
};

export function formatOf(measure: Measure): MeasureFormat {
  return OTHERS[measure] ?? COUNT;
}
