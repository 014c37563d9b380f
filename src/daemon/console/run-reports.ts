/**
 * The daemon's side of reports: asks the history process for them, makes the scheduled ones, and gives their files. One
 * is made at a time, and nothing of it is done where packets are.
 */
import { findChromium, printPdf } from '../../study/report/print-pdf.ts';
import type { HistoryClient } from '../../history/process/history-client.ts';
import { KEPT_PERIODS, type Schedule, scheduledReports } from '../../history/report/due-periods.ts';
import type { ReportTimes } from '../../history/report/available-periods.ts';
import type { ReportSetting } from '../../history/report/make-report.ts';
import type { RefusedReport } from '../../history/report/report-answer.ts';
import { csvName, type ReportFiles } from '../../history/report/report-files.ts';
import type { ReportHead, ReportPreview } from '../../history/report/report-head.ts';
import type { ReportQuery } from '../../history/report/report-query.ts';
import { ZoneClock } from '../../history/zone-clock.ts';
import type { Log } from '../../output/log/log.ts';
import { HistoryFailure } from '../../history/process/history-child.ts';
import { historyProblem } from '../../history/history-problem.ts';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { NO_PROBLEM } from '../../web/api/coded-problem-schema.ts';
import { reasonOf, reasonWith } from '../../web/api/refusals.ts';
import type { ReportAnswers, ReportFile, ReportForm, ReportProblem } from '../../web/api/report-routes.ts';
import type { ReportList } from '../../web/api/report-schema.ts';
import { seesPeople, type User } from '../../web/api/route.ts';
import { KeptReports } from './kept-reports.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { RecentReports } from './recent-reports.ts';

export interface ReportOptions {
  readonly schedules: readonly Schedule[];
  /** Where scheduled reports are kept; null for none. */
  readonly folder: string | null;
  /** Prefixes of rules are shown to those who are signed in. */
  readonly showsPrefixes: boolean;
}

export interface ReportParts {
  readonly client: Pick<HistoryClient, 'ask'>;
  readonly zone: string;
  readonly options: ReportOptions;
  readonly log: Log;
  /** The source is live: the wall clock says that a period is over. */
  readonly isLive: () => boolean;
}

const LOOK_MS = 60_000;
const RETRY_MS = 3_600_000;
/** Reports and previews that may wait at once, and PDFs. */
const MOST_WAITING = 6;
const MOST_PDFS = 2;
const MS_PER_SECOND = 1000;
const BUSY: ReportProblem = { status: 429, ...reasonOf('reports-busy') };
const NOT_THERE: ReportProblem = { status: 404, ...reasonOf('report-unknown') };
const WITH_PEOPLE: ReportProblem = { status: 403, ...reasonOf('report-with-people') };

export class RunReports implements ReportAnswers {
  /** Scheduled reports that were made since the start, and attempts that failed. */
  madeCount = 0;
  failureCount = 0;
  private readonly parts: ReportParts;
  private readonly clock: ZoneClock;
  private readonly kept: KeptReports | null;
  private readonly recent = new RecentReports();
  private readonly making = new OneAtATime(MOST_WAITING);
  private readonly printing = new OneAtATime(MOST_PDFS);
  private isLoaded = false;
  private due = 0;
  private problem: CodedProblem | null = null;
  /** When the schedule is looked at next; monotonic. */
  private lookMs = 0;

  constructor(parts: ReportParts) {
    this.parts = parts;
    this.clock = new ZoneClock(parts.zone);
    const { folder } = parts.options;
    this.kept = folder === null ? null : new KeptReports(folder);
  }

  /** To be called about once a second: makes one scheduled report that is due. */
  tick(nowMs = performance.now()): void {
    if (this.kept === null || this.making.isBusy || nowMs < this.lookMs) return;
    this.lookMs = nowMs + LOOK_MS;
    const { kept } = this;
    void this.making.run(() => this.makeDue(kept));
  }

  async list(): Promise<ReportList> {
    const { options, zone } = this.parts;
    let times: ReportTimes | null = null;
    let { problem } = this;
    try {
      times = await this.times();
    } catch (error) {
      problem = historyReason(error);
    }
    return {
      span: times?.span == null ? null : { from: times.span.fromS, to: times.span.toS },
      periods: Object.fromEntries(
        Object.entries(times?.periods ?? {}).map(([kind, periods]) => [
          kind,
          periods.map(({ name, fromS, toS }) => ({ name, from: fromS, to: toS })),
        ]),
      ),
      zone,
      kept: this.kept?.list ?? [],
      schedules: this.kept === null ? [] : [...options.schedules],
      due: this.due,
      ...(problem ?? NO_PROBLEM),
      pdf: findChromium() !== null,
    };
  }

  async preview(query: ReportQuery, user: User | null): Promise<ReportPreview | ReportProblem> {
    return this.making.run(() => this.answer<ReportPreview>('report-preview', query, user)) ?? BUSY;
  }

  async made(query: ReportQuery, form: ReportForm, user: User | null): Promise<ReportFile | ReportProblem> {
    const question = JSON.stringify([query, user !== null, seesPeople(user)]);
    const files = this.recent.get(question, performance.now()) ?? (await this.make(query, question, user));
    if ('problem' in files) return files;
    const { head, page, json, tables } = files;
    switch (form.format) {
      case 'html':
        return { name: `${head.name}.html`, body: page };
      case 'json':
        return { name: `${head.name}.json`, body: json };
      case 'pdf':
        return this.pdf(`${head.name}.pdf`, page);
      case 'csv': {
        const csv = Object.hasOwn(tables, form.table) ? tables[form.table] : undefined;
        return csv === undefined ? noTable(head, form.table) : { name: csvName(head, form.table), body: csv };
      }
    }
  }

  async keptFile(id: string, { format, table }: ReportForm, user: User | null): Promise<ReportFile | ReportProblem> {
    const head = this.kept?.get(id);
    if (this.kept === null || head === undefined) return NOT_THERE;
    if (head.audience === 'operator' && !seesPeople(user)) return WITH_PEOPLE;
    try {
      const file = await this.kept.file(id, format === 'pdf' ? 'html' : format, table);
      if (file === null) return noTable(head, table);
      return format === 'pdf' ? await this.pdf(`${head.name}.pdf`, file.body) : file;
    } catch (error) {
      return { status: 500, ...reasonWith('report-unreadable', (error as Error).message) };
    }
  }

  private async make(query: ReportQuery, question: string, user: User | null): Promise<ReportFiles | ReportProblem> {
    return (
      this.making.run(async () => {
        // Another request may have waited for the same report.
        const before = this.recent.get(question, performance.now());
        if (before !== null) return before;
        const files = await this.answer<ReportFiles>('report', query, user);
        if (!('problem' in files)) this.recent.add(question, files, performance.now());
        return files;
      }) ?? BUSY
    );
  }

  private async pdf(name: string, page: string): Promise<ReportFile | ReportProblem> {
    const chromium = findChromium();
    if (chromium === null) return { status: 501, ...reasonOf('no-chromium') };
    return (
      this.printing.run(async () => {
        try {
          return { name, body: await printPdf(chromium, page) };
        } catch (error) {
          return { status: 500, ...reasonWith('pdf-failed', (error as Error).message) };
        }
      }) ?? BUSY
    );
  }

  private async answer<T extends object>(
    what: 'report' | 'report-preview',
    query: ReportQuery,
    user: User | null,
    showsPeople = seesPeople(user),
  ): Promise<T | ReportProblem> {
    const setting = this.setting(this.parts.options.showsPrefixes && user !== null, showsPeople);
    let answer: T | RefusedReport;
    try {
      answer = JSON.parse(await this.parts.client.ask({ what, query: { query, setting } })) as T | RefusedReport;
    } catch (error) {
      return { status: 503, ...historyReason(error) };
    }
    return 'refused' in answer ? { status: 422, ...answer.refused } : answer;
  }

  private setting(showsPrefixes: boolean, showsPeople: boolean): ReportSetting {
    return { zone: this.parts.zone, showsPrefixes, showsPeople, nowMs: Date.now(), isLive: this.parts.isLive() };
  }

  /** Makes the first report that is due, and looks again at once if there are more. */
  private async makeDue(kept: KeptReports): Promise<void> {
    try {
      if (!this.isLoaded) await kept.load();
      this.isLoaded = true;
      const scheduled = await this.scheduled();
      await this.removeOld(kept);
      const missing = scheduled.filter(({ id }) => kept.get(id) === undefined);
      this.due = missing.length;
      const [next] = missing;
      if (next === undefined) return;
      const query: ReportQuery = { period: next.period.name, audience: next.audience };
      // Kept reports are for all who may see the pages, so they show no prefixes.
      const answer = await this.answer<ReportFiles>('report', query, null, true);
      if ('problem' in answer) throw new HistoryFailure(codedReason(answer));
      await kept.add(next.id, answer);
      this.madeCount++;
      this.due--;
      this.problem = null;
      this.lookMs = 0;
      this.parts.log.info({ report: next.id }, 'a scheduled report was made');
    } catch (error) {
      this.failureCount++;
      this.problem = historyReason(error);
      this.lookMs = performance.now() + RETRY_MS;
      this.parts.log.error(
        { problem: this.problem.problem },
        'a scheduled report could not be made; the next try is in an hour',
      );
    }
  }

  private async scheduled(): Promise<ReturnType<typeof scheduledReports>> {
    const { span } = await this.times();
    const wallS = Date.now() / MS_PER_SECOND;
    return scheduledReports(
      this.parts.options.schedules,
      span?.daysS ?? [],
      this.parts.isLive() ? wallS : Math.min(wallS, span?.toS ?? -Infinity),
      this.clock,
    );
  }

  /** Removes the oldest reports of each kind of period beyond those that are kept. */
  private async removeOld(kept: KeptReports): Promise<void> {
    for (const [kind, most] of [
      ['day', KEPT_PERIODS.daily],
      ['week', KEPT_PERIODS.weekly],
      ['month', KEPT_PERIODS.monthly],
    ] as const) {
      const heads = kept.list.filter(({ period }) => period.kind === kind);
      const periods = [...new Set(heads.map(({ period }) => period.name))];
      const old = new Set(periods.slice(most));
      for (const { id, period } of heads) if (old.has(period.name)) await kept.remove(id);
    }
  }

  private async times(): Promise<ReportTimes> {
    return JSON.parse(await this.parts.client.ask({ what: 'report-times', query: null })) as ReportTimes;
  }
}

/** Why the history did not answer, or what its answer could not be used for. */
function historyReason(error: unknown): CodedProblem {
  return error instanceof HistoryFailure ? error.reason : historyProblem('history-fault', (error as Error).message);
}

function codedReason({ problem, code, values = [] }: ReportProblem): CodedProblem {
  return code === undefined ? historyProblem('history-fault', problem) : { problem, code, values };
}

function noTable({ tables }: Pick<ReportHead, 'tables'>, table: string): ReportProblem {
  const names = tables.map(({ id }) => id).join(', ');
  return { status: 404, ...reasonWith('report-table-unknown', table, names) };
}
