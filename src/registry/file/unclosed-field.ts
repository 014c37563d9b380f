/**
 * A quoted field that is not closed on its line. RFC 4180 lets it run on; here it may not, since one mistyped quote would then swallow
 * the rows after it. A field that does run on (a cell with a line break in it) is still recognised as one mistake, and the lines that
 * belong to it are not reported one by one.
 */
import { adviseOnPrefix } from './prefix-advice.ts';

/** A cell has hardly more lines than this. */
const LINES_LIMIT = 64;

export interface HeldLine {
  readonly line: string;
  readonly lineNumber: number;
}

export class UnclosedField {
  /** The line that opens the field, and those after it that may belong to it. */
  readonly held: HeldLine[];
  readonly column: number;

  constructor(first: HeldLine, column: number) {
    this.held = [first];
    this.column = column;
  }

  /** Takes a line that is no row of its own: the message once the field is closed, null while it may go on, false where it cannot. */
  take(line: string, lineNumber: number): string | null | false {
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
