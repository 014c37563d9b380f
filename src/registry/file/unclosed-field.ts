/**
 * A quoted field that is not closed on its line. RFC 4180 allows that; a registry does not, because one mistyped quote
 * would swallow the rows after it. A field that is closed on a later line (a cell with a line break) is reported as one
 * mistake, and not line by line.
 */
import { adviseOnPrefix } from './prefix-advice.ts';

/** The largest number of lines that are held for one field. */
const LINES_LIMIT = 64;

export interface HeldLine {
  readonly line: string;
  readonly lineNumber: number;
}

export class UnclosedField {
  /** The line in which the field begins, and the lines after it that may belong to it. */
  readonly held: HeldLine[];
  readonly column: number;

  constructor(first: HeldLine, column: number) {
    this.held = [first];
    this.column = column;
  }

  /**
   * Adds a line that is not a valid row. Returns the message if the line closes the field, null if it may belong to it,
   * false if it cannot.
   */
  add(line: string, lineNumber: number): string | null | false {
    if (this.held.length === LINES_LIMIT) return false;
    if (!line.includes('"')) {
      this.held.push({ line, lineNumber });
      return null;
    }
    const closing = /^((?:[^"]|"")*)"(?!")/.exec(line);
    return closing === null ? false : this.message(closing[1]!, lineNumber);
  }

  private message(last: string, lastLine: number): string {
    const [first, ...others] = this.held.map(({ line }) => line);
    const parts = [first!.slice(this.column), ...others, last];
    const advice = this.column === 1 ? adviseOnPrefix(parts.join('\n')) : null;
    const rule = `this field runs on to line ${lastLine}, and a field ends on the line on which it begins`;
    return advice === null ? rule : `${rule}; it is ${advice}`;
  }
}
