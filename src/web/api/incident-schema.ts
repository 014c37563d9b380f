/** What a note about an incident has. */
import * as z from 'zod/mini';
import { wanted } from '../../core/wanted-value.ts';

/** Printable characters and line ends, not only spaces. */
const PRINTABLE = /^(?!\s*$)[^\p{Cc}\p{Cf}]*(\n[^\p{Cc}\p{Cf}]*)*$/u;
const words = (longest: number) =>
  z
    .string()
    .check(
      z.maxLength(longest, { error: wanted('value-longest', String(longest)) }),
      z.regex(PRINTABLE, { error: wanted('value-printable') }),
    );
/** Seconds since 1970. */
const time = z.int().check(z.minimum(0), z.maximum(1e11));
const names = z.array(words(200)).check(z.maxLength(50));

export const newNote = z
  .strictObject({
    title: words(120),
    cause: z.optional(words(2000)),
    protocols: z.optional(names),
    rules: z.optional(names),
    sectors: z.optional(names),
    from: time,
    /** Left out while it lasts. */
    to: z.optional(time),
  })
  .check(
    z.refine(({ from, to }) => to === undefined || to >= from, {
      error: wanted('value-not-before', 'from'),
      path: ['to'],
    }),
  );
export type NewNote = z.infer<typeof newNote>;

export const notedIncident = z.strictObject({ id: z.number() });
export type NotedIncident = z.infer<typeof notedIncident>;
