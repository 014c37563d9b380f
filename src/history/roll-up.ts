/**
 * What a history keeps: for each minute, hour and day, counts by series and by place, distinct clients, harm, and how
 * much of the time was watched. Counts are added to what is there, so a minute may come in several parts.
 */

import type { PolicyText } from './policy-text.ts';

/** Lengths of the levels, seconds. Days are cut in the zone of the site, so some have 23 or 25 hours. */
export const LEVEL_SECONDS = { minute: 60, hour: 3600, day: 86_400 } as const;
export type Level = keyof typeof LEVEL_SECONDS;
/** From the finest on. The number of a level in the database is its place here. */
export const LEVEL_NAMES = ['minute', 'hour', 'day'] as const satisfies readonly Level[];

/** Where the packets were seen; empty where it is not named. */
export interface Place {
  readonly site: string;
  readonly isp: string;
  readonly link: string;
}

/**
 * What distinguishes the series of a place. `rule` is empty where no rule matched, `sector` where no end is registered.
 */
export interface SeriesKey {
  readonly protocol: string;
  readonly stage: string;
  readonly action: string;
  readonly rule: string;
  readonly registered: string;
  readonly sector: string;
  readonly mode: string;
}
export const SERIES_NAMES = ['protocol', 'stage', 'action', 'rule', 'registered', 'sector', 'mode'] as const;

/**
 * Counts of a series. A flow counts at its end, by its last decision; a decision when it is made; packets and bytes of
 * a flow when they are seen, by the decision that the flow has then. Delayed and dropped ones are among these, in mode
 * enforce only; all others were forwarded.
 */
export const SERIES_COUNTS = [
  'flows',
  'decisions',
  'packets',
  'bytes',
  'delayed_packets',
  'delayed_bytes',
  'dropped_packets',
  'dropped_bytes',
] as const;
export type SeriesCount = (typeof SERIES_COUNTS)[number];

export interface SeriesRow {
  readonly key: SeriesKey;
  /** In the order of SERIES_COUNTS. */
  readonly counts: readonly number[];
}

/**
 * How a place was watched. `seconds` of packet time; without a row nothing is known of a minute, which differs from 0.
 * The others are counts, but for the two largest values: the lag of a live source, in µs, and active flows.
 */
export const COVERAGE_COUNTS = [
  'seconds',
  'packets',
  'bytes',
  'lost_packets',
  'undecoded_packets',
  'lost_lines',
] as const;
export const COVERAGE_LARGEST = ['lag_us', 'active_flows'] as const;
export type Coverage = Readonly<Record<(typeof COVERAGE_COUNTS)[number] | (typeof COVERAGE_LARGEST)[number], number>>;

/**
 * In place of an action: the clients whose packets were delayed or dropped. In mode observe a decision has no effect.
 */
export const HIT_CLIENTS = 'hit';

/** Distinct clients with a decision of an action, or HIT_CLIENTS: the bytes of a ClientSketch. */
export interface ClientsRow {
  readonly action: string;
  readonly sketch: Uint8Array;
}

/** Registered hits, by the names of decision/registered-hits. */
export interface HarmRow {
  readonly kind: string;
  readonly outcome: string;
  readonly count: number;
}

/** A minute of a place, or a part of one. Times are the beginnings of its minute, hour and day, seconds since 1970. */
export interface Minute {
  readonly place: Place;
  readonly minuteS: number;
  readonly hourS: number;
  readonly dayS: number;
  readonly series: readonly SeriesRow[];
  readonly coverage: Coverage;
  readonly clients: readonly ClientsRow[];
  readonly harm: readonly HarmRow[];
  /** The file that it was read from, if that may be read again after a kill. */
  readonly origin?: MinuteOrigin;
}

/** A part of a file that is read again as a whole unless its reading was recorded, and the place of a minute in it. */
export interface MinuteOrigin {
  readonly file: string;
  /** From 1 on. */
  readonly number: number;
}

/** Something that changed how traffic is treated or watched: a reload, a trip, an action, a start. */
export interface Change {
  /** Packet time, µs since 1970. */
  readonly timeUs: number;
  readonly place: Place;
  /** `start`, `stop`, or the type of the daemon's event: reload, breaker, harm, calendar, action, shadow. */
  readonly kind: string;
  /** The fields of the event. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The policy that came into force, which is stored once. */
  readonly policy?: PolicyText;
}
