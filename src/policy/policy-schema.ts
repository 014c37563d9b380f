/**
 * The shape of a policy file, as a schema: what each key may hold, in words that an operator reads when it does not.
 */
import { z } from 'zod';
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { parseInstant } from '../core/iso-time.ts';
import { STAGE_NAMES, VARIANT_NAMES } from '../fingerprint/finding.ts';
import { PrefixParser } from '../registry/prefix.ts';
import { SECTOR_NAMES } from '../registry/sector.ts';
import { ACTION_NAMES, parseDuration, parseOctets, parseRate, parseShare, SHARE_NAMES } from './action.ts';
import { REGISTERED_NAMES } from './condition.ts';
import { MODE_NAMES } from './policy.ts';
import { DAY_NAMES, parseMinute } from './schedule.ts';

// A policy is checked once: functions compiled for its shape would cost more than they save.
z.config({ jitless: true });

export const TRANSPORT_NAMES = ['udp', 'tcp', 'esp', 'ah'] as const;
const VPN_NAMES = PROTOCOL_NAMES.slice(1);
const SECTORS = SECTOR_NAMES.slice(1);
const FOUND_STAGES = STAGE_NAMES.slice(1);
const VARIANTS = Object.values(VARIANT_NAMES).filter((name) => name !== 'none');
const RULE_NAME_LIMIT = 64;

/** One of the words, or a list of them; always a list once read. */
function words(names: readonly string[]): z.ZodType<string[]> {
  const message = `must be one of ${names.join(', ')}, or a list of them`;
  const word = z.enum(names as [string, ...string[]], { error: message });
  return listOf(word, message);
}

function listOf<T>(item: z.ZodType<T>, message: string): z.ZodType<T[]> {
  const list = z.array(item, { error: message }).min(1, { error: 'the list must not be empty' });
  return z.preprocess((value) => (Array.isArray(value) ? (value as unknown) : [value]), list);
}

function oneOf(names: readonly string[]): z.ZodType<string> {
  return z.enum(names as [string, ...string[]], { error: `must be one of ${names.join(', ')}` });
}

function text(message: string, isGood: (value: string) => boolean): z.ZodType<string> {
  return z.string({ error: message }).refine(isGood, { error: message });
}

const isNumber = (value: number): boolean => !Number.isNaN(value);

const instant = text('must be a time with its zone, like 2024-11-30T23:59:59+05:00', (value) =>
  isNumber(parseInstant(value)),
);

const PREFIX_MESSAGE = 'must be an IPv4 or IPv6 address or prefix, like 192.0.2.0/24, or a list of them';
const prefix = z.string({ error: PREFIX_MESSAGE }).superRefine((value, context) => {
  const parser = new PrefixParser();
  if (!parser.parse(value))
    context.addIssue({ code: 'custom', message: `${JSON.stringify(value)}: ${parser.message}` });
});

const PORT_MESSAGE = 'must be a port from 1 to 65535, a range like 1000-2000, or a list of them';
const port = z.union([z.number(), z.string()], { error: PORT_MESSAGE }).refine((value) => parsePorts(value) !== null, {
  error: PORT_MESSAGE,
});

/** A port or a range of ports; null where the value is neither. */
export function parsePorts(value: number | string): { first: number; last: number } | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value));
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : null;
}

const count = z
  .int({ error: 'must be a whole number from 1 on' })
  .min(1, { error: 'must be a whole number from 1 on' });

const localTime = text('must be a local time in quotes, like "08:30"', (value) => isNumber(parseMinute(value)));

const schedule = z.strictObject(
  {
    days: words(DAY_NAMES).optional(),
    from: localTime.refine((value) => value !== '24:00', { error: 'must be before 24:00, the end of the day' }),
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
    protocol: words(VPN_NAMES).optional(),
    stage: words(FOUND_STAGES).optional(),
    variant: words(VARIANTS).optional(),
    transport: words(TRANSPORT_NAMES).optional(),
    registered: oneOf(REGISTERED_NAMES).optional(),
    sector: words(SECTORS).optional(),
    source: listOf(prefix, PREFIX_MESSAGE).optional(),
    destination: listOf(prefix, PREFIX_MESSAGE).optional(),
    source_port: listOf(port, PORT_MESSAGE).optional(),
    destination_port: listOf(port, PORT_MESSAGE).optional(),
    schedule: schedule.optional(),
    from: instant.optional(),
    until: instant.optional(),
    min_packets: count.optional(),
    min_bytes: count.optional(),
  },
  { error: 'must be a mapping of conditions, like { registered: none }' },
);

const PERCENTAGE = 'must be a percentage, like 10%';
const percentage = text(PERCENTAGE, (value) => isNumber(parseShare(value)));

const rule = z
  .strictObject(
    {
      name: z
        .string({ error: 'a rule needs a name' })
        .regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'must be made of lower-case letters, digits and hyphens' })
        .max(RULE_NAME_LIMIT, { error: `must not be longer than ${RULE_NAME_LIMIT} characters` }),
      when: when.optional(),
      action: oneOf(ACTION_NAMES),
      rate: text('must be a rate like 256kbit/s, 32kB/s or 1Mbit/s', (value) => parseRate(value) > 0).optional(),
      burst: text('must be an amount like 32kB', (value) => parseOctets(value) > 0).optional(),
      per: oneOf(SHARE_NAMES).optional(),
      rollout: percentage.optional(),
    },
    { error: 'a rule is a mapping with name, when and action' },
  )
  .superRefine((value, context) => {
    const isThrottle = value.action === 'throttle';
    if (isThrottle && value.rate === undefined) {
      context.addIssue({ code: 'custom', path: ['action'], message: 'a throttle needs a rate, like rate: 256kbit/s' });
    }
    for (const key of ['rate', 'burst', 'per'] as const) {
      if (!isThrottle && value[key] !== undefined) {
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `${key} has a meaning only where action is throttle`,
        });
      }
    }
  });

const safety = z.strictObject(
  {
    window: text('must be a duration, like 60s', (value) => parseDuration(value) > 0),
    max_clients_affected: z
      .int({ error: 'must be a whole number from 0 on' })
      .min(0, { error: 'must be a whole number from 0 on' }),
    max_share_affected: percentage,
    then: z.literal('observe', { error: 'must be observe: the breaker only ever falls back' }),
  },
  { error: 'must be a mapping with window, max_clients_affected, max_share_affected and then' },
);

const POLICY_NAME = 'a policy needs a name: a text of 1 to 64 characters that can be seen';
const POLICY_NAME_PATTERN = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,64}$/u;

export const policySchema = z.strictObject({
  name: z.string({ error: POLICY_NAME }).regex(POLICY_NAME_PATTERN, { error: POLICY_NAME }),
  mode: oneOf(MODE_NAMES).optional(),
  rules: z.array(rule, { error: 'must be a list of rules' }),
  safety: safety.optional(),
});

export type PolicyShape = z.infer<typeof policySchema>;
export type RuleShape = PolicyShape['rules'][number];

/** The keys that are known below a path, for messages about one that is not. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(policySchema.shape);
  if (path[0] === 'safety') return Object.keys(safety.shape);
  if (path.length === 2) return Object.keys(rule.shape);
  return Object.keys(path.at(-1) === 'schedule' ? schedule.shape : when.shape);
}
