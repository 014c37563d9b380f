/**
 * Splits a line of CSV into fields: RFC 4180, except that a quoted field must end on its line, so one mistyped quote
 * spoils one row and not the rest of the file. The grammar and the number of fields are checked before a line is split.
 */

const COMMA = ',';
const QUOTE = '"';

/** A problem of a line, at a column from 1. */
export interface RecordProblem {
  readonly column: number;
  readonly message: string;
  /** True where a quoted field begins at the column and does not end on the line. */
  readonly isUnclosed?: boolean;
}

/** Splits lines of a fixed number of fields. */
export class RecordParser {
  private readonly names: readonly string[];
  private readonly separator: string;
  /**
   * Matches lines whose fields are either quoted as a whole, with quotes inside doubled, or have no quotes. `field`
   * matches one field.
   */
  private readonly wellQuoted: RegExp;
  private readonly field: RegExp;

  /** `names` of the fields, for messages; `separator` is one character. */
  constructor(names: readonly string[], separator: string = COMMA) {
    this.names = names;
    this.separator = separator;
    const between = separator === '|' ? '\\|' : separator;
    const field = `(?:"(?:[^"]|"")*"|[^"${between}]*)`;
    this.wellQuoted = new RegExp(`^${field}(?:${between}${field})*$`);
    this.field = new RegExp(`${field}(?:${between}|$)`, 'y');
  }

  /** The fields of a line, or its problem. */
  parse(line: string): readonly string[] | RecordProblem {
    const isQuoted = line.includes(QUOTE);
    if (isQuoted && !this.wellQuoted.test(line)) return quoteProblem(line, this.badQuoteColumn(line));
    const fields = isQuoted ? unquotedFields(line, this.separator) : line.split(this.separator);
    return fields.length === this.names.length ? fields : this.countProblem(line, fields.length);
  }

  /** Column of the first field with a wrong quote. */
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
  const isUnclosed = /^"(?:[^"]|"")*$/.test(line.slice(column - 1));
  const message = isUnclosed
    ? 'this quote is not closed, and a field ends on the line on which it begins'
    : /^\s+"/.test(line.slice(column - 1))
      ? 'there is a space before the quote: begin the field with its quote'
      : 'a quote is missing or in excess: quote the whole field, and write a quote inside it twice ("")';
  return { column, message, isUnclosed };
}

/** Column, from 1 in UTF-16 units, at which the content of field `index` of a well-quoted line begins. */
export function fieldColumn(line: string, index: number, separator: string = COMMA): number {
  const start = fieldStarts(line, separator)[index] ?? 1;
  return line.startsWith(QUOTE, start - 1) ? start + 1 : start;
}

/** The fields of a well-quoted line, without their quotes. */
function unquotedFields(line: string, separator: string): string[] {
  const starts = fieldStarts(line, separator);
  return starts.map((start, index) => {
    const next = starts[index + 1] ?? line.length + 2;
    const field = line.slice(start - 1, next - 2);
    return field.startsWith(QUOTE) ? field.slice(1, -1).replaceAll('""', QUOTE) : field;
  });
}

/** Columns, from 1, of the first characters of the fields of a well-quoted line. */
function fieldStarts(line: string, separator: string): number[] {
  const starts = [1];
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === QUOTE) isQuoted = !isQuoted;
    else if (!isQuoted && line[i] === separator) starts.push(i + 2);
  }
  return starts;
}
