/**
 * Labels as CSV with a header: one row for each flow.
 *
 *   # origin: field
 *   file,src,src_port,dst,dst_port,proto,label,category,session
 *   a.pcap,192.0.2.1,4000,198.51.100.7,51820,udp,wireguard,handshake,client-1
 *   quiet.pcap,,,,,,none,,
 *
 * The columns from category on may be missing, and so may `stage` and `variant`; other columns are left out with a
 * remark. Label is wireguard, openvpn, ipsec, or any other word for a flow that is none of them. A capture is labelled
 * where it has a row: its flows without one are no VPN, and a row without a flow says only that. Lines that begin with
 * # are comments.
 */
import type { IssueList } from '../../core/issue.ts';
import { fieldColumn, RecordParser } from '../../registry/file/csv-record.ts';
import { type CaptureLabels, type FlowLabel, type LabelSet, type Origin, ORIGINS, orList } from './capture-labels.ts';
import { CsvLabelRow, type LabelColumn, OPTIONAL_COLUMNS, REQUIRED_COLUMNS } from './csv-label-row.ts';
import type { LineReader } from './label-text.ts';

const ORIGIN = /^#\s*origin\s*:\s*(.*?)\s*$/i;
const SEPARATORS = [',', ';', '\t'] as const;

/** True for a header of such a file. */
export function isCsvLabelHeader(line: string): boolean {
  return separatorOf(line) !== undefined;
}

function separatorOf(header: string): string | undefined {
  const names = (separator: string): string[] => header.split(separator).map(plainName);
  return SEPARATORS.find((separator) => names(separator).includes('label') && names(separator).includes('src'));
}

function plainName(name: string): string {
  return name
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .toLowerCase();
}

interface Row {
  readonly line: number;
  readonly label: FlowLabel | null;
}

/** The rows of one capture, by flow key. */
class CaptureRows {
  readonly byFlow = new Map<string, Row>();
  readonly sessions = new Set<string | undefined>();
}

export class CsvLabelsReader implements LineReader {
  private readonly issues: IssueList;
  private origin: Origin | null = null;
  private separator = ',';
  private parser: RecordParser | null = null;
  private names: readonly string[] = [];
  private readonly columns = new Map<LabelColumn, number>();
  private readonly captures = new Map<string, CaptureRows>();

  constructor(issues: IssueList) {
    this.issues = issues;
  }

  line(text: string, number: number): void {
    if (text.startsWith('#')) this.comment(text, number);
    else if (this.names.length === 0) this.header(text, number);
    else if (this.parser !== null) this.row(this.parser, text, number);
  }

  labels(): LabelSet {
    const captures = [...this.captures].map(([file, { byFlow, sessions }]): CaptureLabels => {
      const flows = [...byFlow.values()].map(({ label }) => label).filter((label) => label !== null);
      const session = sessions.size === 1 ? [...sessions][0] : undefined;
      return { file, flowCount: undefined, condition: undefined, session, flows };
    });
    return { origin: this.origin, captures };
  }

  private comment(text: string, number: number): void {
    const word = ORIGIN.exec(text)?.[1];
    if (word === undefined) return;
    const origin = ORIGINS.find((one) => one === word.toLowerCase());
    if (origin !== undefined) this.origin = origin;
    else this.issues.error(number, text.indexOf(word) + 1, `origin must be ${orList(ORIGINS)}`);
  }

  private header(text: string, number: number): void {
    this.separator = separatorOf(text)!;
    this.names = text.split(this.separator).map(plainName);
    const missing = REQUIRED_COLUMNS.filter((name) => !this.names.includes(name));
    if (missing.length > 0) this.issues.error(number, 1, `the header does not have ${missing.join(', ')}`);
    for (const [at, name] of this.names.entries()) {
      const column = fieldColumn(text, at, this.separator);
      const known = [...REQUIRED_COLUMNS, ...OPTIONAL_COLUMNS].find((one) => one === name);
      if (known === undefined) this.issues.warning(number, column, `the column "${name}" is not read`);
      else if (this.columns.has(known)) this.issues.error(number, column, `the column "${name}" appears twice`);
      else this.columns.set(known, at);
    }
    if (this.issues.ok) this.parser = new RecordParser(this.names, this.separator);
  }

  private row(parser: RecordParser, text: string, number: number): void {
    const fields = parser.parse(text);
    if (!Array.isArray(fields)) {
      const { column, message } = fields as Exclude<typeof fields, readonly string[]>;
      this.issues.error(number, column, message);
      return;
    }
    new CsvLabelRow(fields, this.columns, (name, message, isError) => {
      const column = fieldColumn(text, this.columns.get(name)!, this.separator);
      if (isError) this.issues.error(number, column, message);
      else this.issues.warning(number, column, message);
    }).read((file, session, key, label) => {
      this.add(file, session, key, { line: number, label }, text);
    });
  }

  private add(file: string, session: string | undefined, key: string | null, row: Row, text: string): void {
    let capture = this.captures.get(file);
    if (capture === undefined) this.captures.set(file, (capture = new CaptureRows()));
    capture.sessions.add(session);
    if (key === null) return;
    const before = capture.byFlow.get(key);
    if (before === undefined || (before.label === null && row.label !== null)) capture.byFlow.set(key, row);
    if (before === undefined) return;
    if (before.label?.protocol === row.label?.protocol) return;
    const column = fieldColumn(text, this.columns.get('label')!, this.separator);
    if (before.label !== null && row.label !== null) {
      this.issues.error(row.line, column, `line ${before.line} has another label for this flow`);
    } else {
      const message = `of the labels here and in line ${before.line} the VPN counts: flows of one tuple are one`;
      this.issues.warning(row.line, column, message);
    }
  }
}
