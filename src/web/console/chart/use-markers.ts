/**
 * Restarts, changes of rules and actions of people in a span, as markers on the time axis of its charts. Charts of one
 * span share one request.
 */
import type { ChangeList } from '../../../history/query/change-list.ts';
import { changeName, type ShownChange } from '../pages/incidents/change-words.ts';
import { type SpanChoice, spanQuery } from '../span/span-choice.ts';
import { SharedAnswer, useShared } from './shared-answer.ts';

export const MARKER_KINDS = ['restart', 'rules', 'person'] as const;
export type MarkerKind = (typeof MARKER_KINDS)[number];

export interface Marker {
  /** Seconds since 1970. */
  readonly at: number;
  readonly kind: MarkerKind;
  readonly name: string;
  readonly change: ShownChange;
}

/** Signs that differ by shape, in a square of MARKER_SIZE. */
export const MARKER_SIZE = 10;
export const MARKER_PATHS: Readonly<Record<MarkerKind, string>> = {
  restart: 'M5 0.5L9.7 9.5H0.3Z',
  rules: 'M5 0L10 5L5 10L0 5Z',
  person: 'M5 0.7A4.3 4.3 0 1 1 4.99 0.7Z',
};

const KINDS: Readonly<Record<string, MarkerKind>> = {
  start: 'restart',
  stop: 'restart',
  reload: 'rules',
  calendar: 'rules',
  action: 'person',
};
const MS_PER_SECOND = 1000;
const MOST = 1000;
/** Dates that are ahead or held, and reloads of the same files, have changed nothing. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['ahead', 'held', 'unchanged']);

const markers = new SharedAnswer(({ changes }: ChangeList) => changes.filter(hasEffect).map(markerOf).reverse());

/** `places`: filters by site, isp and link. */
export function useMarkers(span: SpanChoice, places: Readonly<Record<string, string>> = {}): readonly Marker[] {
  const query = { ...places, kind: Object.keys(KINDS).join(','), limit: String(MOST), ...spanQuery(span) };
  return useShared(markers, `/changes?${new URLSearchParams(query).toString()}`);
}

function hasEffect({ kind, fields }: ShownChange): boolean {
  const { state, result } = (fields[kind] ?? {}) as { readonly state?: string; readonly result?: string };
  return !WITHOUT_EFFECT.has((kind === 'calendar' ? state : kind === 'reload' ? result : '') ?? '');
}

function markerOf(change: ShownChange): Marker {
  return { at: change.time_ms / MS_PER_SECOND, kind: KINDS[change.kind]!, name: changeName(change), change };
}

/** Those from a time up to another one, seconds since 1970. */
export function markersWithin(all: readonly Marker[], from: number, to: number): readonly Marker[] {
  return all.filter(({ at }) => at >= from && at < to);
}
