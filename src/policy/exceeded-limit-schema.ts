/** A limit that a change exceeds (excess-words), as pages have it. Numbers of clients from 1 to 4 are all 4. */
import * as z from 'zod/mini';
import { EXCEEDED_LIMITS } from './excess-words.ts';

export const exceededLimit = z.strictObject({
  limit: z.enum(EXCEEDED_LIMITS),
  seen: z.number(),
  allowed: z.number(),
  of: z.nullable(z.number()),
  stage: z.nullable(z.string()),
  /** Seconds. */
  window: z.nullable(z.number()),
});
export type ExceededLimit = z.infer<typeof exceededLimit>;
