/**
 * One line of CSV as its fields: RFC 4180, except that a quoted field may not run over the end of its line, so that one mistyped quote
 * spoils one row and not the rest of the file.
 *
 * uDSV does the splitting. It is fast because it trusts its input: given a row with a field too few it takes the next row's text, a quote too
 * many and it drops what came before, and it says nothing. So a line reaches it only after its grammar and number of fields were checked here;
 * of such lines it makes what RFC 4180 says (held against a plain reading in the tests).
 */
import { inferSchema, initParser } from 'udsv';

const COMMA = ',';
const QUOTE = '"';

/** Column of the place, and what is wrong there. */
export interface RecordProblem {
  readonly column: number;
  readonly message: string;
  /** True where a quoted field begins there and does not end. */
  readonly isOpen?: boolean;
}

/** Splits lines of a fixed number of fields. */
export class RecordParser {
  private readonly names: readonly string[];
  private readonly separator: string;
  /** Lines of fields that are quoted whole, with doubled quotes inside, or have no quote at all; and one such field. */
  private readonly wellQuoted: RegExp;
  private readonly field: RegExp;
  private readonly parser: ReturnType<typeof initParser>;
  private fields: readonly string[] = [];
  private readonly keep = (row: string[]): boolean => {
    this.fields = row;
    return true;
  };

  /** `names` of the fields, for messages; `separator` is one character. */
  constructor(names: readonly string[], separator: string = COMMA) {
    this.names = names;
    this.separator = separator;
    const between = separator === '|' ? '\\|' : separator;
    const field = `(?:"(?:[^"]|"")*"|[^"${between}]*)`;
    this.wellQuoted = new RegExp(`^${field}(?:${between}${field})*$`);
    this.field = new RegExp(`${field}(?:${between}|$)`, 'y');
    const header = `${names.join(separator)}\n`;
    this.parser = initParser(inferSchema(header, { col: separator, row: '\n', header: () => [] }));
  }

  /** The fields of a line, valid until the next call; or what is wrong with it. */
  parse(line: string): readonly string[] | RecordProblem {
    const quoted = line.includes(QUOTE);
    if (quoted && !this.wellQuoted.test(line)) return quoteProblem(line, this.badQuoteColumn(line));
    const count = quoted ? fieldStarts(line, this.separator).length : countFields(line, this.separator.charCodeAt(0));
    if (count !== this.names.length) return this.countProblem(line, count);
    this.parser.stringArrs(line, this.keep);
    return this.fields;
  }

  /** Column of the field at which the grammar is broken. */
  private badQuoteColumn(line: string): number {
    const { field } = this;
    field.lastIndex = 0;
    while (field.lastIndex < line.length) {
      const start = field.lastIndex;
      if (!field.test(line)) return start + 1;
    }
    return line.length;
  }

  private countProblem(line: string, count: number): RecordProblem {
    const wanted = this.names.length;
    if (count > wanted) {
      const column = fieldStarts(line, this.separator)[wanted]!;
      return { column, message: `${count} fields, ${wanted} are allowed; quote a field that has a comma in it` };
    }
    const missing = this.names.slice(count).join(', ');
    const hint = line.startsWith('#') ? ' (a CSV file has no comments)' : '';
    return { column: line.length + 1, message: `${count} of ${wanted} fields; missing: ${missing}${hint}` };
  }
}

function quoteProblem(line: string, column: number): RecordProblem {
  const isOpen = /^"(?:[^"]|"")*$/.test(line.slice(column - 1));
  const message = isOpen
    ? 'this quote is not closed, and a field ends on the line on which it begins'
    : /^\s+"/.test(line.slice(column - 1))
      ? 'a space stands before the quote: begin the field with its quote'
      : 'a quote is missing or in excess: quote the whole field, and write a quote inside it twice ("")';
  return { column, message, isOpen };
}

/** Column, from 1 and in UTF-16 units, where the content of field `index` of a well quoted line begins. */
export function fieldColumn(line: string, index: number, separator: string = COMMA): number {
  const start = fieldStarts(line, separator)[index] ?? 1;
  return line.startsWith(QUOTE, start - 1) ? start + 1 : start;
}

function countFields(line: string, separator: number): number {
  let count = 1;
  for (let i = 0; i < line.length; i++) {
    if (line.charCodeAt(i) === separator) count++;
  }
  return count;
}

/** Columns, from 1, of the first characters of all fields of a well quoted line. */
function fieldStarts(line: string, separator: string): number[] {
  const starts = [1];
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line.startsWith(QUOTE, i)) quoted = !quoted;
    else if (!quoted && line[i] === separator) starts.push(i + 2);
  }
  return starts;
}
