/**
 * The latest reports that were asked for, for a few minutes: its page, its PDF and its CSV files are then of one
 * report.
 */
import type { ReportFiles } from '../../history/report/report-files.ts';

const MOST = 8;
const MOST_CHARACTERS = 16_000_000;
const LIFETIME_MS = 300_000;

export class RecentReports {
  private readonly reports = new Map<
    string,
    { readonly files: ReportFiles; readonly size: number; readonly madeMs: number }
  >();

  /** Null for one that was not asked for lately. `nowMs` is monotonic. */
  get(question: string, nowMs: number): ReportFiles | null {
    this.expire(nowMs);
    return this.reports.get(question)?.files ?? null;
  }

  add(question: string, files: ReportFiles, nowMs: number): void {
    const { page, json, tables } = files;
    const size = page.length + json.length + Object.values(tables).reduce((sum, csv) => sum + csv.length, 0);
    this.reports.set(question, { files, size, madeMs: nowMs });
    this.expire(nowMs);
  }

  /** The earliest are the first of the map. */
  private expire(nowMs: number): void {
    let size = [...this.reports.values()].reduce((sum, report) => sum + report.size, 0);
    for (const [question, report] of this.reports) {
      if (size <= MOST_CHARACTERS && this.reports.size <= MOST && nowMs - report.madeMs < LIFETIME_MS) break;
      this.reports.delete(question);
      size -= report.size;
    }
  }
}
