/**
 * The rules as the console shows them: in words, beside a draft, with counts, limits, and what waits for an operator.
 */
import * as z from 'zod/mini';
import { exceededLimit } from '../../policy/exceeded-limit-schema.ts';
import { REACH_REASONS } from '../../policy/reach-words.ts';
import { wordedRule } from '../../policy/worded-rule-schema.ts';
import { shadowFigures } from '../../output/event/schema/shadow-schema.ts';

const MOST_RULES = 200;

export const rulesQuery = z.strictObject({
  /** Rows to leave out before the first one. */
  skip: z.optional(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(1e6))),
  limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(MOST_RULES))),
  /** Only rules that the draft changes. */
  show: z.optional(z.enum(['all', 'changed'])),
  /** A part of a rule's name. */
  name: z.optional(z.string().check(z.maxLength(64))),
  /** Without `skip`: the page that has the rule of this name, if there is one. */
  at: z.optional(z.string().check(z.maxLength(64))),
});
export type RulesQuery = z.infer<typeof rulesQuery>;

const reachReason = z.strictObject({
  why: z.enum(REACH_REASONS),
  rules: z.array(z.string()),
  values: z.array(z.string()),
});

const ruleView = z.strictObject({
  /** Its place in the policy, from 1 on. */
  place: z.number(),
  /** Which flows, and what happens to them. */
  words: wordedRule,
  action: z.enum(['allow', 'throttle', 'block']),
  /** Fraction of clients, 0 to 1. */
  rollout: z.number(),
  hits_registered: z.boolean(),
  legal_basis: z.nullable(z.string()),
  review_by: z.nullable(z.string()),
  review: z.nullable(z.enum(['passed', 'near', 'later'])),
  /**
   * By packet time the rule has ended or not begun, so that it decides no flow now, and since or until when; null
   * otherwise.
   */
  outside: z.nullable(z.strictObject({ state: z.enum(['ahead', 'ended']), at_ms: z.number() })),
  /** Whether it can hit a registered user, and why (policy/reach-words); null for a rule that allows. */
  reach: z.nullable(z.strictObject({ hits: z.boolean(), reasons: z.array(reachReason) })),
});
export type RuleView = z.infer<typeof ruleView>;

const ruleRow = z.strictObject({
  name: z.string(),
  /** What the draft does with it; null without a draft. */
  status: z.nullable(z.enum(['same', 'changed', 'moved', 'new', 'gone'])),
  active: z.nullable(ruleView),
  draft: z.nullable(ruleView),
  /** Decisions since the start, and those of them for flows with a registered end. */
  decisions: z.number(),
  registered: z.number(),
});
export type RuleRow = z.infer<typeof ruleRow>;

/** A registration whose user a change would newly hit. Where addresses are hidden, only its sector is shown. */
const registeredUser = z.strictObject({
  rule: z.string(),
  deregistered: z.boolean(),
  sector: z.string(),
  prefix: z.nullable(z.string()),
  holder: z.nullable(z.string()),
  reference: z.nullable(z.string()),
});

/** The effect of a change on the flows of the last hour. */
export const changeFigures = z.strictObject({
  registered_hit: z.number(),
  deregistered: z.number(),
  newly_hit: z.number(),
  no_longer_hit: z.number(),
  clients: z.number(),
  flows: z.number(),
  flows_left_out: z.number(),
  /** Flows by `before-after` actions. */
  actions: z.record(z.string(), z.number()),
  /** null for a number from which that of a small group could be computed. */
  hits_by_rule: z.record(z.string(), z.nullable(z.number())),
  /** The first of them. */
  users: z.array(registeredUser),
});
export type ChangeFigures = z.infer<typeof changeFigures>;

const registrations = z.strictObject({ before: z.number(), after: z.number(), lost: z.number() });

export const changeVerdict = z.strictObject({
  sha256: z.string(),
  /** The limits that it exceeds. */
  reasons: z.array(exceededLimit),
  /** It does not take effect without a confirmation. */
  refused: z.boolean(),
  figures: changeFigures,
  registrations,
});
export type ChangeVerdict = z.infer<typeof changeVerdict>;

const versions = z.strictObject({ policy: z.nullable(z.number()), registry: z.nullable(z.number()) });

const shadow = z.strictObject({
  policy: z.strictObject({ name: z.string(), sha256: z.string() }),
  own_registry: z.boolean(),
  since_ms: z.number(),
  since_began: shadowFigures.shape.since_began,
  last_hour: changeFigures,
  last_hour_ms: z.number(),
  would_trip: shadowFigures.shape.would_trip,
  /** Rules by their status. */
  rules: z.record(z.string(), z.number()),
});
export type ShadowView = z.infer<typeof shadow>;

export const rulesDocument = z.strictObject({
  policy: z.string(),
  /** Hashes of the pair, of the policy and of the registry. */
  sha256: z.string(),
  policy_sha256: z.string(),
  registry_sha256: z.string(),
  versions,
  mode: z.enum(['observe', 'enforce']),
  rules_mode: z.enum(['observe', 'enforce']),
  /** Since when policy, registry and mode are in use, by the clock: over restarts too. */
  since_ms: z.number(),
  /** Counts of decisions begin here. */
  counted_from_ms: z.number(),
  limits: z.array(
    z.strictObject({
      limit: z.string(),
      then: z.string(),
      /** Clients newly hit in its window, clients with a finding, and clients that may be hit. */
      affected: z.number(),
      seen: z.number(),
      allowed: z.number(),
    }),
  ),
  /** Registered hits that are allowed before the breaker trips, and those that were counted. */
  registered_allowed: z.number(),
  registered_hits: z.number(),
  guard: z.strictObject({ registrations: z.number(), deregistered: z.number(), registered: z.number() }),
  /** The times of the breaker's trips in force, ms since 1970. */
  trips: z.array(z.number()),
  waiting: z.strictObject({
    rules: z.nullable(changeVerdict),
    /** A date that is held: its time as a confirmation names it. */
    date: z.nullable(z.extend(changeVerdict, { date: z.string() })),
  }),
  shadow: z.nullable(shadow),
  /** Decisions where no rule matched. */
  unmatched: z.number(),
  /** Rows that the filters leave, and those from `skip` on. */
  total: z.number(),
  skip: z.number(),
  rows: z.array(ruleRow),
  /** Prefixes, holders and references are left out. */
  hidden: z.boolean(),
});
export type RulesDocument = z.infer<typeof rulesDocument>;

/** Decisions by rule, action and registered ends in the last day, from the history's hours. */
export const ruleDay = z.strictObject({
  /** Seconds since 1970: the beginning of the first hour; the last minute. */
  from: z.number(),
  to: z.number(),
  /** Seconds of it that were watched. */
  watched: z.number(),
  counts: z.array(
    z.strictObject({ rule: z.string(), action: z.string(), registered: z.string(), decisions: z.number() }),
  ),
});
export type RuleDay = z.infer<typeof ruleDay>;
