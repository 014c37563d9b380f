/**
 * One line of CSV as its fields: RFC 4180, except that a quoted field may not run over the end of its line, so that one mistyped quote
 * spoils one row and not the rest of the file.
 *
 * uDSV does the splitting. It is fast because it trusts its input: given a row with a field too few it takes the next row's text, a quote too
 * many and it drops what came before, and it says nothing. So a line reaches it only after its grammar and number of fields were checked here;
 * of such lines it makes what RFC 4180 says (held against a plain reading in the tests).
 */
import { inferSchema, initParser } from 'udsv';

const COMMA = 44;
const QUOTE = '"';
/** Fields that are quoted whole, with doubled quotes inside, or have no quote at all. */
const WELL_QUOTED = /^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$/;

/** Column of the place, and what is wrong there. */
export interface RecordProblem {
  readonly column: number;
  readonly message: string;
}

/** Splits lines of a fixed number of fields. */
export class RecordParser {
  private readonly names: readonly string[];
  private readonly parser: ReturnType<typeof initParser>;
  private fields: readonly string[] = [];
  private readonly keep = (row: string[]): boolean => {
    this.fields = row;
    return true;
  };

  /** `names` of the fields, for messages. */
  constructor(names: readonly string[]) {
    this.names = names;
    const header = `${names.join(',')}\n`;
    this.parser = initParser(inferSchema(header, { col: ',', row: '\n', header: () => [] }));
  }

  /** The fields of a line, valid until the next call; or what is wrong with it. */
  parse(line: string): readonly string[] | RecordProblem {
    const quoted = line.includes(QUOTE);
    if (quoted && !WELL_QUOTED.test(line)) {
      return {
        column: badQuoteColumn(line),
        message: 'a quote is missing or in excess: quote the whole field, and write a quote inside it twice ("")',
      };
    }
    const count = quoted ? fieldStarts(line).length : countFields(line);
    if (count !== this.names.length) return this.countProblem(line, count);
    this.parser.stringArrs(line, this.keep);
    return this.fields;
  }

  private countProblem(line: string, count: number): RecordProblem {
    const wanted = this.names.length;
    if (count > wanted) {
      const column = fieldStarts(line)[wanted]!;
      return { column, message: `${count} fields, ${wanted} are allowed; quote a field that has a comma in it` };
    }
    const missing = this.names.slice(count).join(', ');
    const hint = line.startsWith('#') ? ' (a CSV file has no comments)' : '';
    return { column: line.length + 1, message: `${count} of ${wanted} fields; missing: ${missing}${hint}` };
  }
}

/** Column, from 1 and in UTF-16 units, where the content of field `index` of a well quoted line begins. */
export function fieldColumn(line: string, index: number): number {
  const start = fieldStarts(line)[index] ?? 1;
  return line.startsWith(QUOTE, start - 1) ? start + 1 : start;
}

function countFields(line: string): number {
  let count = 1;
  for (let i = 0; i < line.length; i++) {
    if (line.charCodeAt(i) === COMMA) count++;
  }
  return count;
}

/** Columns, from 1, of the first characters of all fields of a well quoted line. */
function fieldStarts(line: string): number[] {
  const starts = [1];
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line.startsWith(QUOTE, i)) quoted = !quoted;
    else if (!quoted && line.charCodeAt(i) === COMMA) starts.push(i + 2);
  }
  return starts;
}

/** Column of the field at which the grammar is broken. */
function badQuoteColumn(line: string): number {
  const field = /(?:"(?:[^"]|"")*"|[^",]*)(?:,|$)/y;
  while (field.lastIndex < line.length) {
    const start = field.lastIndex;
    if (!field.test(line)) return start + 1;
  }
  return line.length;
}
