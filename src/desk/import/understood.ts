/** A row of a table as it was understood. Every row of the file is one of these, so the counts add up. */
import type { SectorName } from '../model/kind.ts';
import type { Statement } from '../store/application.ts';

/** What will be registered. */
export interface Understood extends Statement {
  readonly holder: string;
  readonly sector: SectorName;
  readonly reference: string;
  readonly subscriber: string;
  readonly contact: string;
  readonly mail: string;
  readonly phone: string;
  readonly purpose: string;
}

export const ROW_STATES = ['understood', 'question', 'error', 'left-out'] as const;
/**
 * `question`: understood as shown, and taken once a person has said so. `error`: must be mended in the file.
 * `left-out`: no registration, for the reason given.
 */
export type RowState = (typeof ROW_STATES)[number];

export interface ReadRow {
  /** As the spreadsheet shows it; the line in CSV. */
  readonly number: number;
  readonly state: RowState;
  /** What the row has in the file, shortened. */
  readonly source: string;
  /** Null for an error and for what was left out. */
  readonly understood: Understood | null;
  readonly remarks: readonly string[];
  readonly questions: readonly string[];
  readonly errors: readonly string[];
  /** Why it was left out; empty otherwise. */
  readonly reason: string;
}

export type RowCounts = Readonly<Record<RowState, number>>;

export function countRows(rows: readonly ReadRow[]): RowCounts {
  const counts = { understood: 0, question: 0, error: 0, 'left-out': 0 };
  for (const { state } of rows) counts[state]++;
  return counts;
}
