/** The incidents in a span as bands of its charts. Charts of one span share one request. */
import { useEffect, useState } from 'preact/hooks';
import type { IncidentList, ShownIncident } from '../../../history/query/incident-list.ts';
import { getJson } from '../live/api.ts';
import { type SpanChoice, spanQuery } from '../span/span-choice.ts';
import { text } from '../text/catalogue.ts';
import type { Band } from './plot-ground.ts';

export interface IncidentBand extends Band {
  readonly id: number;
}

const NONE: readonly IncidentBand[] = [];
/** An answer that is older is asked for again. */
const KEPT_MS = 5000;
const MS_PER_SECOND = 1000;
const LATEST_S = 1e11;
/** A moment is drawn as long as this, so that it is seen. */
const SHORTEST_S = 60;
const SEVERE: ReadonlySet<string> = new Set(['hit', 'breaker']);

let asked: { readonly path: string; readonly atMs: number; readonly bands: Promise<readonly IncidentBand[]> } | null =
  null;

export function useBands(span: SpanChoice): readonly IncidentBand[] {
  const [bands, setBands] = useState(NONE);
  const path = `/incidents?${new URLSearchParams(spanQuery(span)).toString()}`;
  useEffect(() => {
    let isOver = false;
    bandsOf(path).then(
      (now) => {
        if (!isOver) setBands(now);
      },
      // The charts themselves say what cannot be read.
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [path]);
  return bands;
}

function bandsOf(path: string): Promise<readonly IncidentBand[]> {
  const nowMs = performance.now();
  if (asked?.path === path && nowMs - asked.atMs < KEPT_MS) return asked.bands;
  const bands = getJson<IncidentList>(path).then(({ incidents }) => incidents.map(bandOf));
  asked = { path, atMs: nowMs, bands };
  return bands;
}

function bandOf({ id, kind, title, from_ms: fromMs, to_ms: toMs }: ShownIncident): IncidentBand {
  const from = fromMs / MS_PER_SECOND;
  const to = toMs === null ? LATEST_S : Math.max(from + SHORTEST_S, toMs / MS_PER_SECOND);
  return { id, from, to, title: title ?? text.incidents.kinds[kind] ?? kind, isSevere: SEVERE.has(kind) };
}
