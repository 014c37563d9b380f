/** The incidents in a span as bands of its charts. Charts of one span share one request. */
import type { IncidentList, ShownIncident } from '../../../history/query/incident-list.ts';
import { type SpanChoice, spanQuery } from '../span/span-choice.ts';
import { text } from '../text/catalogue.ts';
import type { Band } from './plot-ground.ts';
import { SharedAnswer, useShared } from './shared-answer.ts';

export interface IncidentBand extends Band {
  readonly id: number;
}

const MS_PER_SECOND = 1000;
const LATEST_S = 1e11;
/** A moment is drawn as long as this, so that it is seen. */
const SHORTEST_S = 60;
const SEVERE: ReadonlySet<string> = new Set(['hit', 'breaker']);

const bands = new SharedAnswer(({ incidents }: IncidentList) => incidents.map(bandOf));

/** `places`: filters by site, isp and link. */
export function useBands(span: SpanChoice, places: Readonly<Record<string, string>> = {}): readonly IncidentBand[] {
  return useShared(bands, `/incidents?${new URLSearchParams({ ...places, ...spanQuery(span) }).toString()}`);
}

function bandOf({ id, kind, title, from_ms: fromMs, to_ms: toMs }: ShownIncident): IncidentBand {
  const from = fromMs / MS_PER_SECOND;
  const to = toMs === null ? LATEST_S : Math.max(from + SHORTEST_S, toMs / MS_PER_SECOND);
  return { id, from, to, title: title ?? text.incidents.kinds[kind] ?? kind, isSevere: SEVERE.has(kind) };
}
