/**
 * The schema of a policy file: the values that each key may have, and the message for the operator where it has
 * another. The keys of `when` are in conditions.ts.
 */
import * as z from 'zod/mini';
import { ACTION_NAMES, parseDuration, parseBytes, parseRate, parsePercent, BUCKET_SCOPE_NAMES } from './action.ts';
import { GROUP_NAMES } from './client-groups.ts';
import { when, whenKeys } from './conditions.ts';
import { guardSchema } from './guard-limits.ts';
import { MAX_LIMITS } from './limits.ts';
import { THEN_NAMES } from './then.ts';
import { MODE_NAMES } from './mode.ts';
import { parseReviewBy } from './review-date.ts';
import { isNumber, oneOf, text, wholeFrom } from './value-schema.ts';

const RULE_NAME_LIMIT = 64;
const LEGAL_BASIS_LIMIT = 500;
/** Printable characters, not only spaces. */
const PRINTABLE = /^(?!\p{Zs}*$)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u;

const LEGAL_BASIS = `must be 1 to ${LEGAL_BASIS_LIMIT} printable characters, like "Telecom Act 2019, section 12"`;
const legalBasis = text(LEGAL_BASIS, (value) => PRINTABLE.test(value) && value.length <= LEGAL_BASIS_LIMIT);
const reviewBy = text(
  'must be a date like 2025-03-01, or a time with its zone like 2025-03-01T09:00:00+05:00',
  (value) => isNumber(parseReviewBy(value)),
);

const PERCENTAGE = 'must be a percentage, like 10%';
const percentage = text(PERCENTAGE, (value) => isNumber(parsePercent(value)));

const rule = z
  .strictObject(
    {
      name: z
        .string({ error: 'a rule needs a name' })
        .check(
          z.regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'must be made of lower-case letters, digits and hyphens' }),
          z.maxLength(RULE_NAME_LIMIT, { error: `must not be longer than ${RULE_NAME_LIMIT} characters` }),
        ),
      when: z.optional(when),
      action: oneOf(ACTION_NAMES),
      rate: z.optional(text('must be a rate like 256kbit/s, 32kB/s or 1Mbit/s', (value) => parseRate(value) > 0)),
      burst: z.optional(text('must be an amount like 32kB', (value) => parseBytes(value) > 0)),
      per: z.optional(oneOf(BUCKET_SCOPE_NAMES)),
      rollout: z.optional(percentage),
      hits_registered: z.optional(z.boolean({ error: 'must be true or false' })),
      legal_basis: z.optional(legalBasis),
      review_by: z.optional(reviewBy),
    },
    { error: 'a rule is a mapping with name, when and action' },
  )
  .check(
    z.superRefine((value, context) => {
      const isThrottle = value.action === 'throttle';
      if (isThrottle && value.rate === undefined) {
        context.addIssue({
          code: 'custom',
          path: ['action'],
          message: 'a throttle needs a rate, like rate: 256kbit/s',
        });
      }
      for (const key of ['rate', 'burst', 'per'] as const) {
        if (!isThrottle && value[key] !== undefined) {
          context.addIssue({
            code: 'custom',
            path: [key],
            message: `${key} is only valid where action is throttle`,
          });
        }
      }
      if (value.hits_registered === true && value.action === 'allow') {
        context.addIssue({
          code: 'custom',
          path: ['hits_registered'],
          message: 'is only valid where action is throttle or block',
        });
      }
    }),
  );

const oneWindow = z.strictObject(
  {
    window: text('must be a duration, like 60s', (value) => parseDuration(value) > 0),
    max_clients_affected: wholeFrom(0),
    max_share_affected: percentage,
    registered: z.optional(wholeFrom(0)),
    then: z.literal('observe', { error: 'must be observe: the breaker only ever falls back' }),
    guard: z.optional(guardSchema),
  },
  { error: 'must be a mapping with limits, or with window, max_clients_affected, max_share_affected and then' },
);

const LONGEST_WINDOW_US = 31 * 86_400e6;
const limit = z
  .strictObject(
    {
      window: text(
        'must be a duration from 1s to 31d, like 60s',
        (value) => parseDuration(value) >= 1e6 && parseDuration(value) <= LONGEST_WINDOW_US,
      ),
      stage: z.optional(oneOf(GROUP_NAMES)),
      clients: wholeFrom(0),
      share: z.optional(percentage),
      floor: z.optional(wholeFrom(0)),
      then: z.optional(oneOf(THEN_NAMES)),
    },
    { error: 'must be a mapping like { window: 60s, stage: confirmed, clients: 500, share: 5%, floor: 10 }' },
  )
  .check(
    z.superRefine((value, context) => {
      if (value.then === 'ignore-suspected' && value.stage !== 'suspected') {
        context.addIssue({
          code: 'custom',
          path: ['then'],
          message: 'ignore-suspected is only valid where stage is suspected',
        });
      }
      if (value.floor !== undefined && value.share === undefined) {
        context.addIssue({ code: 'custom', path: ['floor'], message: 'is only valid together with share' });
      }
    }),
  );

const LIMITS_MESSAGE = 'must be a list of limits, like [{ window: 60s, clients: 500 }]';
const manyLimits = z.strictObject({
  limits: z.optional(
    z
      .array(limit, { error: LIMITS_MESSAGE })
      .check(
        z.minLength(1, { error: LIMITS_MESSAGE }),
        z.maxLength(MAX_LIMITS, { error: `at most ${MAX_LIMITS} limits are supported` }),
      ),
  ),
  registered: z.optional(wholeFrom(0)),
  then: z.optional(z.literal('observe', { error: 'must be observe: the breaker only ever falls back' })),
  guard: z.optional(guardSchema),
});

const POLICY_NAME = 'a policy needs a name: 1 to 64 visible characters';
const POLICY_NAME_PATTERN = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,64}$/u;

const policyKeys = {
  name: z.string({ error: POLICY_NAME }).check(z.regex(POLICY_NAME_PATTERN, { error: POLICY_NAME })),
  mode: z.optional(oneOf(MODE_NAMES)),
  rules: z.array(rule, { error: 'must be a list of rules' }),
};
const withOneWindow = z.strictObject({ ...policyKeys, safety: z.optional(oneWindow) });
const withLimits = z.strictObject({ ...policyKeys, safety: z.optional(manyLimits) });

export type PolicyShape = z.infer<typeof withOneWindow> | z.infer<typeof withLimits>;
export type LimitShape = z.infer<typeof limit>;

/** The schema for the form of `safety` that the policy uses, so that problems are reported in terms of that form. */
export function policySchemaFor(value: unknown): z.ZodMiniType<PolicyShape> {
  return hasOneWindow(value) ? withOneWindow : withLimits;
}

const ONE_WINDOW_KEYS = ['window', 'max_clients_affected', 'max_share_affected'];

/** True for the form of one window. What is no mapping counts as this form, whose message names both. */
function hasOneWindow(value: unknown): boolean {
  const safety = (value as { safety?: unknown } | null)?.safety;
  if (typeof safety !== 'object' || safety === null || Array.isArray(safety)) return true;
  return !('limits' in safety) && ONE_WINDOW_KEYS.some((key) => key in safety);
}

export type RuleShape = PolicyShape['rules'][number];

/** The valid keys below a path of a policy, for the message about an unknown key. */
export function validKeys(path: readonly PropertyKey[], value: unknown): readonly string[] {
  if (path.length === 0) return Object.keys(withLimits.shape);
  if (path[0] === 'safety' && path[1] === 'guard') return Object.keys(guardSchema.shape);
  if (path[0] === 'safety' && path.length > 1) return Object.keys(limit.shape);
  if (path[0] === 'safety') return Object.keys((hasOneWindow(value) ? oneWindow : manyLimits).shape);
  if (path.length === 2) return Object.keys(rule.shape);
  return whenKeys(path.at(-1) === 'schedule');
}
