/** What became of each row of an import, as CSV for the company that sent the file. */
import type { ReadRow } from '../import/understood.ts';
import type { ImportedRow } from '../store/import-store.ts';
import { openedCsvLine } from './opened-csv.ts';

const COLUMNS = ['row', 'state', 'reference', 'holder', 'addresses', 'from', 'until', 'what to do', 'in the file'];
/** Spreadsheets take a file for UTF-8 by this mark. */
const BYTE_ORDER_MARK = '\ufeff';

export function reportOf(rows: readonly (ReadRow | ImportedRow)[]): string {
  return BYTE_ORDER_MARK + [COLUMNS, ...rows.map(lineOf)].map(openedCsvLine).join('');
}

function lineOf(row: ReadRow | ImportedRow): readonly string[] {
  const { understood } = row;
  return [
    String(row.number),
    row.state,
    'reference' in row ? row.reference : '',
    understood?.holder ?? '',
    [...(understood?.own ?? []), ...(understood?.far ?? [])].join(' '),
    understood?.validFrom ?? '',
    understood?.validUntil ?? '',
    [...row.errors, ...row.questions, row.reason].filter((text) => text !== '').join('; '),
    row.source,
  ];
}
