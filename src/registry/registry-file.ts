/**
 * A registry file: CSV in UTF-8 with the header `prefix,holder,sector,protocols,valid_from,valid_until,reference`, in this order. Every problem is
 * reported with line and column. Errors (a row that can't be understood) refuse the file as a whole: a registry that silently lost rows would cut off the
 * people in them. Warnings (see registry-warnings) don't.
 */
import type { Micros } from '../core/units.ts';
import type { Issue } from '../core/issue.ts';
import { IssueList } from '../core/issue.ts';
import { RecordParser } from './csv-record.ts';
import { visitLines } from './csv-lines.ts';
import { Registry, sha256Of } from './registry.ts';
import { KnownFields } from './known-fields.ts';
import { PlainRowReader } from './plain-row.ts';
import { RegistrationColumns } from './registration-columns.ts';
import { REGISTRY_FIELDS } from './registration-fields.ts';
import { RegistrationReader } from './registration-row.ts';
import { warnOfRegistrations } from './registry-warnings.ts';
import { PREFIX_LIMIT } from './trie-shape.ts';

/** What reading a registry gave: a registry, unless there were errors; and all that was noticed, in the order of lines. */
export interface RegistryReading {
  readonly registry: Registry | null;
  readonly issues: IssueList;
}

const HEADER = REGISTRY_FIELDS.join(',');

/**
 * Reads a registry from the octets of a file; `file` is its name in issues. With `warnAt` (packet time, µs), rows that have expired by then, duplicates,
 * overlaps and reserved ranges are warned about as well.
 */
export function parseRegistry(bytes: Uint8Array, file: string, warnAt?: Micros): RegistryReading {
  const issues = new IssueList(file);
  const columns = new RegistrationColumns();
  const known = new KnownFields();
  const plainRows = new PlainRowReader(bytes, columns, known);
  const rows = new RegistrationReader(columns, known, issues);
  const records = new RecordParser(REGISTRY_FIELDS);
  let linesSeen = 0;
  const isText = visitLines(bytes, issues, {
    octets: (start, lineNumber) => {
      // The header, and rows that are too many, are matters for the text.
      if (linesSeen === 0 || linesSeen > PREFIX_LIMIT) return -1;
      const next = plainRows.read(start, lineNumber);
      if (next >= 0) linesSeen++;
      return next;
    },
    text: (line, lineNumber) => {
      linesSeen++;
      if (linesSeen === 1) {
        checkHeader(line, lineNumber, issues);
        return;
      }
      if (linesSeen > PREFIX_LIMIT + 1) {
        if (linesSeen === PREFIX_LIMIT + 2)
          issues.error(lineNumber, 1, `a registry holds at most ${PREFIX_LIMIT} rows`);
        return;
      }
      const record = records.parse(line);
      if ('message' in record) issues.error(lineNumber, record.column, record.message);
      else rows.read(record, line, lineNumber);
    },
  });
  if (isText && linesSeen === 0) issues.error(0, 0, `the file is empty; it must begin with the header ${HEADER}`);
  columns.trim();
  const registry = new Registry(columns, sha256Of(bytes));
  if (warnAt !== undefined) warnOfRegistrations(registry, columns, issues, warnAt);
  issues.kept.sort((a, b) => placeOf(a) - placeOf(b) || a.column - b.column);
  return { registry: issues.ok ? registry : null, issues };
}

function checkHeader(line: string, lineNumber: number, issues: IssueList): void {
  if (line === HEADER) return;
  let column = 1;
  while (line[column - 1] === HEADER[column - 1]) column++;
  issues.error(lineNumber, column, `the header must be exactly ${HEADER}`);
}

/** Issues without a place come after all others: they sum up. */
function placeOf(issue: Issue): number {
  return issue.line === 0 ? Number.MAX_SAFE_INTEGER : issue.line;
}
