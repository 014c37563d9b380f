/**
 * Parses a registry file: CSV in UTF-8 with the header
 * `prefix,holder,sector,protocols,valid_from,valid_until,reference`, and
 * optionally `scope`. Every problem is reported with line and column. An
 * error in any row refuses the whole file, because a registry that silently lost rows would cut off the people in them.
 * Warnings (registry-warnings) do not.
 *
 * Each line is offered to fast-row first, which reads well-formed rows from bytes. All other lines are parsed as text
 * (csv-record, registration-row).
 */
import type { Micros } from '../../core/units.ts';
import type { Issue } from '../../core/issue.ts';
import { IssueList } from '../../core/issue.ts';
import { type RecordProblem, RecordParser } from './csv-record.ts';
import { type LineVisitor, visitLines } from './csv-lines.ts';
import { Registry, sha256Of } from '../registry.ts';
import { FieldCache } from './field-cache.ts';
import { UnclosedField } from './unclosed-field.ts';
import { FastRowReader } from './fast-row.ts';
import { adviseOnPrefix } from './prefix-advice.ts';
import { PrefixParser } from '../prefix.ts';
import { RegistrationColumns } from '../lookup/registration-columns.ts';
import { REGISTRY_FIELDS, SCOPED_FIELDS } from './registration-fields.ts';
import { RegistrationReader } from './registration-row.ts';
import { checkHeader, COMMA, hasScope, isSeparatorLine, REGISTRY_HEADER, separatorOf } from './registry-header.ts';
import { warnOfRegistrations } from './registry-warnings.ts';
import type { RefusedRow } from './shared-references.ts';
import { PREFIX_LIMIT } from '../lookup/trie-shape.ts';

/** The result of parsing: a registry unless there were errors, and the issues in the order of lines. */
export interface RegistryReading {
  readonly registry: Registry | null;
  readonly issues: IssueList;
  /** SHA-256 of the file's bytes, hex. `rows` counts all lines after the header, with or without errors. */
  readonly sha256: string;
  readonly rows: number;
}

/**
 * Parses the bytes of a registry file; `file` is its name in issues. With `warnAt` (packet time, µs since 1970), the
 * result includes warnings (registry-warnings) as of that time.
 */
export function parseRegistry(bytes: Uint8Array, file: string, warnAt?: Micros): RegistryReading {
  const issues = new IssueList(file);
  const columns = new RegistrationColumns();
  const separator = separatorOf(bytes);
  const reader = new FileReader(bytes, columns, issues, separator);
  const isText = visitLines(bytes, issues, reader, separator);
  reader.end();
  if (isText && reader.linesSeen === 0 && issues.ok)
    issues.error(0, 0, `the file is empty; it must begin with the header ${REGISTRY_HEADER}`);
  columns.trim();
  const sha256 = sha256Of(bytes);
  const registry = new Registry(columns, sha256);
  if (warnAt !== undefined) warnOfRegistrations(registry, columns, issues, warnAt, reader.refused);
  issues.kept.sort((a, b) => sortKey(a) - sortKey(b) || a.column - b.column);
  return { registry: issues.ok ? registry : null, issues, sha256, rows: Math.max(0, reader.linesSeen - 1) };
}

/** Visits the lines of a file: the header, then rows. */
class FileReader implements LineVisitor {
  linesSeen = 0;
  private readonly fastRows: FastRowReader;
  private readonly rows: RegistrationReader;
  private records: RecordParser;
  private readonly issues: IssueList;
  private readonly separator: string;
  private unclosed: UnclosedField | null = null;

  constructor(bytes: Uint8Array, columns: RegistrationColumns, issues: IssueList, separator: string) {
    const cache = new FieldCache();
    this.fastRows = new FastRowReader(bytes, columns, cache);
    this.rows = new RegistrationReader(columns, cache, issues, separator);
    this.records = new RecordParser(REGISTRY_FIELDS, separator);
    this.issues = issues;
    this.separator = separator;
  }

  get refused(): readonly RefusedRow[] {
    return this.rows.refused;
  }

  visitBytes(start: number, lineNumber: number): number {
    // The header, rows over the limit, and files with another separator are read as text.
    if (this.linesSeen === 0 || this.linesSeen > PREFIX_LIMIT || this.separator !== COMMA) return -1;
    const next = this.fastRows.read(start, lineNumber);
    if (next < 0) return -1;
    if (this.unclosed !== null) this.end();
    this.linesSeen++;
    return next;
  }

  visitText(line: string, lineNumber: number): void {
    if (this.linesSeen === 0 && isSeparatorLine(line)) {
      this.issues.error(lineNumber, 1, 'this line is only for spreadsheets: delete it');
      return;
    }
    this.linesSeen++;
    if (this.linesSeen === 1) {
      checkHeader(line, lineNumber, this.separator, this.issues);
      if (hasScope(line, this.separator)) {
        this.records = new RecordParser(SCOPED_FIELDS, this.separator);
        this.fastRows.hasScope = true;
      }
    } else if (this.linesSeen > PREFIX_LIMIT + 1) {
      if (this.linesSeen === PREFIX_LIMIT + 2)
        this.issues.error(lineNumber, 1, `a registry holds at most ${PREFIX_LIMIT} rows`);
    } else {
      this.row(line, lineNumber);
    }
  }

  /**
   * Ends a field that was not closed: a quote is missing, so its lines are reported one by one. Called before a valid
   * row and at the end.
   */
  end(): void {
    const { unclosed } = this;
    this.unclosed = null;
    if (unclosed === null) return;
    for (const { line, lineNumber } of unclosed.held) {
      const problem = this.records.parse(line);
      if ('message' in problem) this.refuse(problem, line, lineNumber);
    }
  }

  private row(line: string, lineNumber: number): void {
    const record = this.records.parse(line);
    if (!('message' in record)) {
      this.end();
      this.rows.read(record, line, lineNumber);
      return;
    }
    if (this.unclosed !== null && this.addTo(this.unclosed, line, lineNumber)) return;
    if (record.isUnclosed === true) this.unclosed = new UnclosedField({ line, lineNumber }, record.column);
    else this.refuse(record, line, lineNumber);
  }

  /** True where the line belongs to the unclosed field, which the line may close. */
  private addTo(field: UnclosedField, line: string, lineNumber: number): boolean {
    const message = field.add(line, lineNumber);
    if (message === null) return true;
    if (message === false) {
      this.end();
      return false;
    }
    this.issues.error(field.held[0]!.lineNumber, field.column, message);
    this.unclosed = null;
    return true;
  }

  private refuse(problem: RecordProblem, line: string, lineNumber: number): void {
    if (this.issues.isFull) this.issues.error(lineNumber, 1, problem.message);
    else this.issues.error(lineNumber, problem.column, listOfPrefixes(line, this.separator) ?? problem.message);
  }
}

/** The advice for a row that begins with several prefixes in fields of their own; null for any other row. */
function listOfPrefixes(line: string, separator: string): string | null {
  const fields = line.split(separator);
  const parser = new PrefixParser();
  const end = fields.findIndex((field) => !parser.parse(field.trim()));
  return end < 2 || fields.length <= REGISTRY_FIELDS.length ? null : adviseOnPrefix(fields.slice(0, end).join(';'));
}

/** The sort key of an issue: its line. Issues without a line are summaries, and come last. */
function sortKey(issue: Issue): number {
  return issue.line === 0 ? Number.MAX_SAFE_INTEGER : issue.line;
}
