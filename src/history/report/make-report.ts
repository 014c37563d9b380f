/** Makes a report from a history: reads what its period and its scope need, and lets the sections tell it. */
import type { CodedProblem } from '../../core/coded-problem.ts';
import { packageVersion, buildInfo } from '../../output/build-info.ts';
import { keptSpan } from './kept-span.ts';
import type { HistoryDatabase } from '../store/database.ts';
import { ZoneClock } from '../zone-clock.ts';
import { changesSection } from './changes-section.ts';
import { effectsSection } from './effects-section.ts';
import { harmSection } from './harm-section.ts';
import { incidentsSection } from './incidents-section.ts';
import { intervalFor, intervalsIn } from './interval-choice.ts';
import { measuresSection } from './measures-section.ts';
import { methodSection, provenanceSection } from './method-section.ts';
import { monitoredSection } from './monitored-section.ts';
import { parsePeriod, type Period } from './period.ts';
import { reportProblem } from './report-problem.ts';
import { readPolicies } from './policies-in-force.ts';
import { publicReport } from './public-report.ts';
import { qualitySection } from './quality-section.ts';
import { readReportChanges } from './read-changes.ts';
import { readReportIncidents } from './read-report-incidents.ts';
import { readFigures } from './read-figures.ts';
import { localTime } from './local-time.ts';
import type { ReportContext } from './report-context.ts';
import { REPORT_SCHEMA, type ReportDocument, type ReportParts } from './report-document.ts';
import { noticesOf, summaryOf } from './report-notices.ts';
import type { ReportQuery } from './report-query.ts';
import { spanPieces } from './span-pieces.ts';

/** What a report needs beyond its question. */
export interface ReportSetting {
  readonly zone: string;
  /** Prefixes of rules may be shown. */
  readonly showsPrefixes: boolean;
  /** What people did is among the changes; left out, it is. */
  readonly showsPeople?: boolean;
  /** Wall clock, ms since 1970: no period is over before its end by it. A live source's ends by it, without packets. */
  readonly nowMs: number;
  readonly isLive: boolean;
}

/** A question that cannot be answered, with a reason for the user. */
export class ReportRefusal extends Error {
  readonly reason: CodedProblem;

  constructor(reason: CodedProblem) {
    super(reason.problem);
    this.reason = reason;
  }
}

const MS_PER_SECOND = 1000;
const SECONDS_PER_MINUTE = 60;
const LONGEST_YEARS = 10;
const LONGEST_S = LONGEST_YEARS * 366 * 86_400;
/** Kinds of periods that a public report may have. */
const PUBLIC_KINDS: readonly string[] = ['week', 'month', 'quarter', 'year'];

/** Throws ReportRefusal where the question asks for what may not be, or what does not exist. */
export function makeReport(database: HistoryDatabase, query: ReportQuery, setting: ReportSetting): ReportDocument {
  const clock = new ZoneClock(setting.zone);
  const period = periodOf(query, clock);
  const { site = '', isp = '', link = '' } = query;
  const scope = { site, isp, link };
  const kept = keptSpan(database);
  const nowS = setting.isLive ? setting.nowMs / MS_PER_SECOND : -Infinity;
  const untilS = Math.floor(Math.max(period.fromS, Math.min(period.toS, Math.max(nowS, kept?.toS ?? -Infinity))));
  // A packet may be dated ahead of the clock, by which nothing is over.
  const isOver = untilS >= period.toS && setting.nowMs >= period.toS * MS_PER_SECOND;
  if (query.audience === 'public') checkPublic(query, period, isOver);
  const pieces = spanPieces(
    period.fromS,
    untilS,
    intervalFor(period.fromS, period.toS) === 'hour' && query.audience !== 'public' ? 'hour' : 'day',
    clock,
  );
  const { changes, more } = readReportChanges(database, period.fromS, untilS);
  const found = readReportIncidents(database, period.fromS, untilS, scope, clock);
  const context: ReportContext = {
    audience: query.audience,
    period,
    clock,
    scope,
    version: packageVersion(),
    showsPrefixes: setting.showsPrefixes && query.audience !== 'public',
    untilS,
    isOver,
    kept,
    historySchema: schemaOf(database),
    figures: readFigures(database, pieces, scope, startsOf(query, period, untilS, clock)),
    changes: setting.showsPeople === false ? changes.filter(({ kind }) => kind !== 'action') : changes,
    moreChanges: more,
    incidents: found.incidents,
    moreIncidents: found.more,
    policies: readPolicies(database, period.fromS, untilS),
  };
  const { commit } = buildInfo();
  const parts = query.audience === 'public' ? publicReport(context, commit) : fullReport(context, commit);
  return {
    report: 'sluice-history-report',
    schema: REPORT_SCHEMA,
    audience: query.audience,
    period: {
      kind: period.kind,
      name: period.name,
      from: period.fromS,
      to: period.toS,
      zone: clock.zone,
      over: isOver,
    },
    scope,
    made_at: new Date(setting.nowMs).toISOString(),
    version: context.version,
    ...parts,
  };
}

/** A long report has decisions by month alone, but for the public, whose decisions are made coarse by day. */
function startsOf(
  { audience }: ReportQuery,
  { fromS, toS }: Period,
  untilS: number,
  clock: ZoneClock,
): number[] | null {
  const interval = intervalFor(fromS, toS);
  if (audience === 'public' || interval !== 'month') return null;
  return intervalsIn(interval, fromS, untilS, clock).map(({ startS }) => startS);
}

function fullReport(context: ReportContext, commit: string): ReportParts {
  return {
    notices: noticesOf(context),
    summary: summaryOf(context),
    sections: [
      harmSection(context),
      monitoredSection(context),
      measuresSection(context),
      effectsSection(context),
      incidentsSection(context),
      changesSection(context),
      qualitySection(context),
      methodSection(),
      provenanceSection(context, commit),
    ],
  };
}

/** The period that a question names. Throws ReportRefusal for one that does not exist. */
export function periodOf({ period: name, from, to }: ReportQuery, clock: ZoneClock): Period {
  if (name !== undefined) {
    if (from !== undefined || to !== undefined) throw new ReportRefusal(reportProblem('report-period-twice'));
    const period = parsePeriod(name, clock);
    if (period === null) throw new ReportRefusal(reportProblem('report-period-unknown', name));
    return period;
  }
  if (from === undefined || to === undefined) throw new ReportRefusal(reportProblem('report-period-missing'));
  const minute = (timeS: number): number => timeS - (timeS % SECONDS_PER_MINUTE);
  const [fromS, toS] = [minute(from), minute(to)];
  if (fromS >= toS) throw new ReportRefusal(reportProblem('report-span-empty'));
  if (toS - fromS > LONGEST_S) throw new ReportRefusal(reportProblem('report-span-long', String(LONGEST_YEARS)));
  return { kind: 'span', name: `${localTime(fromS, clock)} to ${localTime(toS, clock)}`, fromS, toS };
}

function checkPublic({ site, isp, link }: ReportQuery, period: Period, isOver: boolean): void {
  if (!PUBLIC_KINDS.includes(period.kind)) throw new ReportRefusal(reportProblem('report-public-period'));
  if ([site, isp, link].some((name) => name !== undefined && name !== ''))
    throw new ReportRefusal(reportProblem('report-public-places'));
  if (!isOver) throw new ReportRefusal(reportProblem('report-public-early'));
}

function schemaOf(database: HistoryDatabase): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}
