/** Where the packets of events were seen: the last fields of every event, those that are given. */
import type { infer as Infer } from 'zod/mini';
import type { flowEvent } from './schema/flow-schema.ts';

export const ORIGIN_NAMES = ['site', 'isp', 'link'] as const;

export type EventOrigin = Pick<Infer<typeof flowEvent>, (typeof ORIGIN_NAMES)[number]>;

export const NO_ORIGIN: EventOrigin = {};

/** The fields with a value, in the order of events. */
export function originFields(origin: EventOrigin): EventOrigin {
  return Object.fromEntries(
    ORIGIN_NAMES.filter((name) => origin[name] !== undefined).map((name) => [name, origin[name]]),
  );
}

/** The fields as the text before the closing brace of an event's line. */
export function originText(origin: EventOrigin): string {
  return ORIGIN_NAMES.filter((name) => origin[name] !== undefined)
    .map((name) => `,"${name}":${JSON.stringify(origin[name])}`)
    .join('');
}
