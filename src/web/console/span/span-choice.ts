/**
 * The span of time that a page shows. The address has it: a name in `span`, or `from` and `to` in seconds since 1970.
 */
import type { LiveDocument } from '../../api/live-schema.ts';

/** What spans need of a live document, which a daemon's and a hub's have. */
export type PageTime = Pick<LiveDocument, 'now_ms' | 'wall_ms' | 'zone'> & {
  readonly source: { readonly kind: string };
};

/** Lengths of the spans that end now, in seconds; `all` is everything recorded. */
export const SPAN_SECONDS = { hour: 3600, day: 86_400, week: 604_800, month: 2_592_000, year: 31_536_000 } as const;
export const SPAN_NAMES = ['hour', 'day', 'week', 'month', 'year', 'all'] as const;
export type SpanName = (typeof SPAN_NAMES)[number];

export interface SpanChoice {
  /** Null for one with its own beginning and end. */
  readonly name: SpanName | null;
  /** Seconds since 1970; null for the first, or last, that is recorded. */
  readonly from: number | null;
  readonly to: number | null;
}

const LARGEST_TIME = 1e11;
const SECONDS_PER_MINUTE = 60;
const MS_PER_SECOND = 1000;
/** Packet time that is older than this against the clock is that of packets from the past. */
const PAST_MS = 86_400_000;
/** How long after its end a minute is written. */
const WRITING_MS = 5000;

/** The span in the address; without one that of `usual`, and for replayed captures everything. */
export function spanOf(query: URLSearchParams, live: PageTime, usual: SpanName = 'day'): SpanChoice {
  const from = timeIn(query.get('from'));
  const to = timeIn(query.get('to'));
  if (from !== null && to !== null && from < to) return { name: null, from, to };
  const named = SPAN_NAMES.find((name) => name === query.get('span'));
  const name = named ?? (live.source.kind === 'captures' ? 'all' : usual);
  if (name === 'all') return { name, from: null, to: null };
  const end = endOf(live);
  return { name, from: Math.max(0, end - SPAN_SECONDS[name]), to: end };
}

/** For an address of the API: `from=…&to=…`, or nothing for everything recorded. */
export function spanQuery({ from, to }: SpanChoice): Record<string, string> {
  return from === null || to === null ? {} : { from: String(from), to: String(to) };
}

/** For an address of the page that shows this span. */
export function spanAddress({ name, from, to }: SpanChoice): Record<string, string | null> {
  return name === null ? { span: null, from: String(from), to: String(to) } : { span: name, from: null, to: null };
}

/** The span of the same length before (-1) or after (1); null where there is none. */
export function stepped({ from, to }: SpanChoice, direction: -1 | 1): SpanChoice | null {
  if (from === null || to === null) return null;
  const length = direction * (to - from);
  return from + length < 0 ? null : { name: null, from: from + length, to: to + length };
}

/**
 * The end of the last whole minute that is surely recorded: by the clock, or by the packets where they are from the
 * past.
 */
export function endOf({ now_ms: nowMs, wall_ms: wallMs }: PageTime): number {
  const isPast = nowMs !== null && Math.abs(wallMs - nowMs) >= PAST_MS;
  const ms = isPast ? nowMs : wallMs;
  return isPast
    ? Math.ceil(ms / MS_PER_SECOND / SECONDS_PER_MINUTE) * SECONDS_PER_MINUTE
    : Math.floor((ms - WRITING_MS) / MS_PER_SECOND / SECONDS_PER_MINUTE) * SECONDS_PER_MINUTE;
}

function timeIn(value: string | null): number | null {
  if (value === null || !/^\d{1,11}$/.test(value)) return null;
  return Number(value) <= LARGEST_TIME ? Number(value) : null;
}
