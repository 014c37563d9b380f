/** Checks a value against a schema, and says in words what is wrong with it and where. */
import en from 'zod/v4/locales/en.js';
import type * as z from 'zod/mini';

/** The messages of schemas that bring none of their own. */
const error = en().localeError;

export type Checked<T> = { readonly data: T } | { readonly problem: string };

export function checked<T>(schema: z.ZodMiniType<T>, value: unknown, whole: string): Checked<T> {
  const result = schema.safeParse(value, { error });
  if (result.success) return { data: result.data };
  const [issue] = result.error.issues;
  return { problem: `${issue!.path.map(String).join('.') || whole}: ${issue!.message}` };
}
