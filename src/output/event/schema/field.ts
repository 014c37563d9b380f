/**
 * The kinds of values in events. Each has the type in TypeScript, the JSON Schema, and by that the type of its column
 * in tables (output/table/table-columns).
 */
import * as z from 'zod/mini';

/** Six digits after the second, UTC. Years beyond 9999 have a sign and six digits, as in ECMAScript. */
export const TIME_PATTERN = String.raw`^(\d{4}|\+\d{6})-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$`;
const LARGEST_PORT = 65_535;
const LARGEST_VLAN = 4095;
const SHA256 = '^[0-9a-f]{64}$';

type Text = z.ZodMiniString;

export function text(description: string): Text {
  return z.string().check(z.describe(description));
}

/** A text that matches a regular expression. */
export function patterned(pattern: string, description: string): Text {
  return z.string().check(z.meta({ description, pattern }));
}

/** One of these names. Its type is `string`, because names come from tables by their codes. */
export function name(names: readonly string[], description: string): Text {
  return z.string().check(z.meta({ description, enum: [...names] }));
}

/** Packet time, µs since 1970 as text. */
export function time(description: string): Text {
  return z.string().check(z.meta({ description, format: 'date-time', pattern: TIME_PATTERN }));
}

export function sha256(description: string): Text {
  return patterned(SHA256, description);
}

/** A whole number from 0 to 2^53 - 1. */
export function count(description: string): z.ZodMiniNumber {
  return z.int().check(z.minimum(0), z.describe(description));
}

export function port(description: string): z.ZodMiniNumber {
  return z.int().check(z.minimum(0), z.maximum(LARGEST_PORT), z.describe(description));
}

export function vlanId(): z.ZodMiniNumber {
  return z.int().check(z.minimum(0), z.maximum(LARGEST_VLAN));
}

/** A number of at least 0, which need not be whole. */
export function amount(description: string): z.ZodMiniNumber {
  return z.number().check(z.minimum(0), z.describe(description));
}

export function flag(description: string): z.ZodMiniBoolean {
  return z.boolean().check(z.describe(description));
}

/** Counts by name. */
export function countsByName(description: string): z.ZodMiniRecord<z.ZodMiniString, z.ZodMiniNumber> {
  return z.record(z.string(), z.int().check(z.minimum(0))).check(z.describe(description));
}

/** A list that events only read. */
export function list<Item extends z.core.SomeType>(
  item: Item,
  description: string,
): z.ZodMiniReadonly<z.ZodMiniArray<Item>> {
  return z.readonly(z.array(item)).check(z.describe(description));
}
