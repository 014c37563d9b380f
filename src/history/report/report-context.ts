/** What the sections of a report are made from. */
import { type ReportAudience } from './report-audience.ts';
import type { ZoneClock } from '../zone-clock.ts';
import type { ChangeFigures } from './read-changes.ts';
import type { PolicyInForce } from './policies-in-force.ts';
import type { Period } from './period.ts';
import type { ReportIncident } from './read-report-incidents.ts';
import type { ReportFigures, ReportScope } from './read-figures.ts';

export interface ReportContext {
  readonly audience: ReportAudience;
  readonly period: Period;
  readonly clock: ZoneClock;
  readonly scope: ReportScope;
  readonly version: string;
  /** Prefixes of rules may be shown. */
  readonly showsPrefixes: boolean;
  /** The end of the part of the period that has passed, seconds since 1970. */
  readonly untilS: number;
  /** The whole period has passed, by the packets and by the clock. */
  readonly isOver: boolean;
  /** The first and the last second of all that the history has; null for an empty one. */
  readonly kept: { readonly fromS: number; readonly toS: number } | null;
  readonly historySchema: number;
  readonly figures: ReportFigures;
  readonly changes: readonly ChangeFigures[];
  /** Older changes of the period that were left off. */
  readonly moreChanges: boolean;
  readonly incidents: readonly ReportIncident[];
  /** Earlier incidents of the period that were left off. */
  readonly moreIncidents: boolean;
  readonly policies: readonly PolicyInForce[];
}
