/** Shapes of values in policy files, each with the message for the operator where a value is another. */
import * as z from 'zod/mini';

// A policy is checked once, so compiling the schema to functions would cost more than it saves.
z.config({ jitless: true });

/** Accepts one of the words, or a list of them; gives a list. */
export function words(names: readonly string[]): z.ZodMiniType<string[]> {
  const message = `must be one of ${names.join(', ')}, or a list of them`;
  const word = z.enum(names as [string, ...string[]], { error: message });
  return listOf(word, message);
}

/** Accepts one item, or a list of them; gives a list. */
export function listOf<T>(item: z.ZodMiniType<T>, message: string): z.ZodMiniType<T[]> {
  const list = z.array(item, { error: message }).check(z.minLength(1, { error: 'the list must not be empty' }));
  return z.pipe(
    z.transform((value: unknown) => (Array.isArray(value) ? (value as unknown) : [value])),
    list,
  );
}

/** Accepts one of the words. */
export function oneOf(names: readonly string[]): z.ZodMiniType<string> {
  return z.enum(names as [string, ...string[]], { error: `must be one of ${names.join(', ')}` });
}

/** Accepts a text that is good. */
export function text(message: string, isGood: (value: string) => boolean): z.ZodMiniType<string> {
  return z.string({ error: message }).check(z.refine(isGood, { error: message }));
}

export const isNumber = (value: number): boolean => !Number.isNaN(value);

/** Accepts whole numbers from `least` on. */
export function wholeFrom(least: number): z.ZodMiniType<number> {
  const error = `must be a whole number from ${least} on`;
  return z.int({ error }).check(z.minimum(least, { error }));
}
