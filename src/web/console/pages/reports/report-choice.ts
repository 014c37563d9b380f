/** The report that the address names: its period, its audience and its scope. */
import { REPORT_AUDIENCES, type ReportAudience } from '../../../../history/report/report-audience.ts';
import type { ReportList } from '../../../api/report-schema.ts';

export const CHOICE_KINDS = ['day', 'week', 'month', 'quarter', 'year', 'span'] as const;
export type ChoiceKind = (typeof CHOICE_KINDS)[number];
export const SCOPE_NAMES = ['site', 'isp', 'link'] as const;

type Period = ReportList['periods'][string][number];

export interface ReportChoice {
  readonly kind: ChoiceKind;
  /** The name of a period; null where the kind is `span`, or the history has no such period. */
  readonly period: string | null;
  /** Those of the kind that have figures, the latest first. */
  readonly periods: readonly Period[];
  readonly audience: ReportAudience;
  readonly scope: Readonly<Record<(typeof SCOPE_NAMES)[number], string>>;
}

/** Kinds of periods of public reports. */
export const PUBLIC_KINDS: readonly ChoiceKind[] = ['week', 'month', 'quarter', 'year'];
const USUAL_KIND = 'month';

/** `nowS`: present time, seconds since 1970. */
export function choiceOf(query: URLSearchParams, all: ReportList['periods'], nowS: number): ReportChoice {
  const audience = REPORT_AUDIENCES.find((name) => name === query.get('audience')) ?? 'operator';
  const isPublic = audience === 'public';
  const named = query.get('period');
  const asked = CHOICE_KINDS.find((kind) => kind === query.get('kind')) ?? kindOf(named, all) ?? USUAL_KIND;
  const kind = isPublic && !PUBLIC_KINDS.includes(asked) ? USUAL_KIND : asked;
  const periods = (all[kind] ?? []).filter(({ to }) => !isPublic || to <= nowS);
  const latest = periods.find(({ to }) => to <= nowS) ?? periods[0];
  const scope = Object.fromEntries(
    SCOPE_NAMES.map((name) => [name, isPublic ? '' : (query.get(name) ?? '')]),
  ) as ReportChoice['scope'];
  const isKnown = periods.some(({ name }) => name === named);
  return { kind, period: isKnown ? named : (latest?.name ?? null), periods, audience, scope };
}

/** For an address of the API; null where there is nothing to report on. `span` stands in place of a period. */
export function apiQuery(
  { kind, period, audience, scope }: ReportChoice,
  span: { readonly from: number; readonly to: number },
): string | null {
  const query = new URLSearchParams({ audience });
  if (kind === 'span') {
    query.set('from', String(span.from));
    query.set('to', String(span.to));
  } else if (period !== null) query.set('period', period);
  else return null;
  for (const name of SCOPE_NAMES) if (scope[name] !== '') query.set(name, scope[name]);
  return query.toString();
}

function kindOf(name: string | null, all: ReportList['periods']): ChoiceKind | undefined {
  return CHOICE_KINDS.find((kind) => all[kind]?.some((period) => period.name === name));
}
