/**
 * The schema of a policy file: the values that each key may have, and the message for the operator where it has
 * another.
 */
import * as z from 'zod/mini';
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { parseInstant } from '../core/iso-time.ts';
import { STAGE_NAMES, VARIANT_NAMES } from '../dataplane/host/finding.ts';
import { adviseOnPrefix } from '../registry/file/prefix-advice.ts';
import { PrefixParser } from '../registry/prefix.ts';
import { SECTOR_NAMES } from '../registry/sector.ts';
import { ACTION_NAMES, parseDuration, parseBytes, parseRate, parsePercent, BUCKET_SCOPE_NAMES } from './action.ts';
import { GROUP_NAMES } from './client-groups.ts';
import { parsePorts, REGISTERED_NAMES, TRANSPORT_NAMES } from './condition.ts';
import { guardSchema } from './guard-limits.ts';
import { MAX_LIMITS } from './limits.ts';
import { THEN_NAMES } from './then.ts';
import { MODE_NAMES } from './mode.ts';
import { parseReviewBy } from './review-date.ts';
import { DAY_NAMES, parseMinute } from './schedule.ts';

// A policy is checked once, so compiling the schema to functions would cost more than it saves.
z.config({ jitless: true });

const VPN_NAMES = PROTOCOL_NAMES.slice(1);
const SECTORS = SECTOR_NAMES.slice(1);
const FINDING_STAGES = STAGE_NAMES.slice(1);
const VARIANTS = Object.values(VARIANT_NAMES).filter((name) => name !== 'none');
const RULE_NAME_LIMIT = 64;
const LEGAL_BASIS_LIMIT = 500;
/** Printable characters, not only spaces. */
const PRINTABLE = /^(?!\p{Zs}*$)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u;

/** Accepts one of the words, or a list of them; gives a list. */
function words(names: readonly string[]): z.ZodMiniType<string[]> {
  const message = `must be one of ${names.join(', ')}, or a list of them`;
  const word = z.enum(names as [string, ...string[]], { error: message });
  return listOf(word, message);
}

function listOf<T>(item: z.ZodMiniType<T>, message: string): z.ZodMiniType<T[]> {
  const list = z.array(item, { error: message }).check(z.minLength(1, { error: 'the list must not be empty' }));
  return z.pipe(
    z.transform((value: unknown) => (Array.isArray(value) ? (value as unknown) : [value])),
    list,
  );
}

function oneOf(names: readonly string[]): z.ZodMiniType<string> {
  return z.enum(names as [string, ...string[]], { error: `must be one of ${names.join(', ')}` });
}

function text(message: string, isGood: (value: string) => boolean): z.ZodMiniType<string> {
  return z.string({ error: message }).check(z.refine(isGood, { error: message }));
}

const isNumber = (value: number): boolean => !Number.isNaN(value);

const instant = text('must be a time with its zone, like 2024-11-30T23:59:59+05:00', (value) =>
  isNumber(parseInstant(value)),
);

const PREFIX_MESSAGE = 'must be an IPv4 or IPv6 address or prefix, like 192.0.2.0/24, or a list of them';
const prefix = z.string({ error: PREFIX_MESSAGE }).check(
  z.superRefine((value, context) => {
    const parser = new PrefixParser();
    if (parser.parse(value)) return;
    const message = adviseOnPrefix(value, 'list each') ?? parser.message;
    context.addIssue({ code: 'custom', message: `${JSON.stringify(value)}: ${message}` });
  }),
);

const PORT_MESSAGE = 'must be a port from 1 to 65535, a range like 1000-2000, or a list of them';
const port = z
  .union([z.number(), z.string()], { error: PORT_MESSAGE })
  .check(z.refine((value) => parsePorts(value) !== null, { error: PORT_MESSAGE }));

const count = wholeFrom(1);

function wholeFrom(least: number): z.ZodMiniType<number> {
  const error = `must be a whole number from ${least} on`;
  return z.int({ error }).check(z.minimum(least, { error }));
}

const localTime = text('must be a local time in quotes, like "08:30"', (value) => isNumber(parseMinute(value)));

const schedule = z.strictObject(
  {
    days: z.optional(words(DAY_NAMES)),
    from: localTime.check(
      z.refine((value) => value !== '24:00', { error: 'must be before 24:00, the end of the day' }),
    ),
    to: localTime,
    zone: text('must be a time zone name, like Asia/Karachi', isZone),
  },
  { error: 'must be a mapping with from, to, zone and, if not every day, days' },
);

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const when = z.strictObject(
  {
    protocol: z.optional(words(VPN_NAMES)),
    stage: z.optional(words(FINDING_STAGES)),
    variant: z.optional(words(VARIANTS)),
    transport: z.optional(words(TRANSPORT_NAMES)),
    registered: z.optional(oneOf(REGISTERED_NAMES)),
    sector: z.optional(words(SECTORS)),
    source: z.optional(listOf(prefix, PREFIX_MESSAGE)),
    destination: z.optional(listOf(prefix, PREFIX_MESSAGE)),
    source_port: z.optional(listOf(port, PORT_MESSAGE)),
    destination_port: z.optional(listOf(port, PORT_MESSAGE)),
    schedule: z.optional(schedule),
    from: z.optional(instant),
    until: z.optional(instant),
    min_packets: z.optional(count),
    min_bytes: z.optional(count),
  },
  { error: 'must be a mapping of conditions, like { registered: none }' },
);

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
export type WhenShape = NonNullable<RuleShape['when']>;

/** The valid keys below a path of a policy, for the message about an unknown key. */
export function validKeys(path: readonly PropertyKey[], value: unknown): readonly string[] {
  if (path.length === 0) return Object.keys(withLimits.shape);
  if (path[0] === 'safety' && path[1] === 'guard') return Object.keys(guardSchema.shape);
  if (path[0] === 'safety' && path.length > 1) return Object.keys(limit.shape);
  if (path[0] === 'safety') return Object.keys((hasOneWindow(value) ? oneWindow : manyLimits).shape);
  if (path.length === 2) return Object.keys(rule.shape);
  return Object.keys(path.at(-1) === 'schedule' ? schedule.shape : when.shape);
}
