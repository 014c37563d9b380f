/** The schema of a rule whose words the page of the console has (policy/rule-words). */
import * as z from 'zod/mini';
import { CONDITION_KEYS, THROTTLE_SCOPES } from './rule-words.ts';

export const wordedCondition = z.strictObject({
  key: z.enum(CONDITION_KEYS),
  values: z.readonly(z.array(z.string())),
  hidden: z.nullable(z.number()),
  schedule: z.nullable(
    z.strictObject({
      days: z.readonly(z.array(z.string())),
      from: z.string(),
      to: z.string(),
      zone: z.string(),
      past_midnight: z.boolean(),
    }),
  ),
});

export const wordedRule = z.strictObject({
  conditions: z.readonly(z.array(wordedCondition)),
  rollout: z.nullable(z.string()),
  action: z.enum(['allow', 'throttle', 'block']),
  throttle: z.nullable(
    z.strictObject({ rate: z.string(), burst: z.union([z.string(), z.number()]), per: z.enum(THROTTLE_SCOPES) }),
  ),
});
