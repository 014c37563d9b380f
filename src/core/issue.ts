/**
 * Problems in a policy or a registry, collected: a reader of such a file notes everything it finds and goes on,
 * so that one run shows every mistake.
 */

export type Severity = 'error' | 'warning';

/** One problem and its place. `line` and `column` count from 1; 0 where the problem has no place of its own. */
export interface Issue {
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `file:line:column: severity: message`, the form editors and terminals can jump to. */
export function formatIssue(issue: Issue): string {
  return `${placeOf(issue)}: ${issue.severity}: ${issue.message}`;
}

/** `file:line:column`, or the file alone where the problem has no place of its own. */
export function placeOf({ file, line, column }: Issue): string {
  return line > 0 ? `${file}:${line}:${column}` : file;
}

/** How many issues a list keeps with their text; all are counted. A garbage file of a million rows stays printable. */
const KEPT_ISSUES_LIMIT = 1000;

/** Collects the issues of one file. */
export class IssueList {
  readonly file: string;
  readonly kept: Issue[] = [];
  errorCount = 0;
  warningCount = 0;

  constructor(file: string) {
    this.file = file;
  }

  error(line: number, column: number, message: string): void {
    this.errorCount++;
    this.keep('error', line, column, message);
  }

  warning(line: number, column: number, message: string): void {
    this.warningCount++;
    this.keep('warning', line, column, message);
  }

  /** True when further issues are only counted: their text is not needed. */
  get isFull(): boolean {
    return this.kept.length >= KEPT_ISSUES_LIMIT;
  }

  get ok(): boolean {
    return this.errorCount === 0;
  }

  private keep(severity: Severity, line: number, column: number, message: string): void {
    if (this.kept.length < KEPT_ISSUES_LIMIT) {
      this.kept.push({ severity, file: this.file, line, column, message });
    }
  }
}
