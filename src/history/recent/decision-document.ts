/** Recent decisions as the API shows them. Shared with the page. */
import * as z from 'zod/mini';
import { ADDRESS_FORMS } from '../../output/event/address-forms.ts';
import { MODE_NAMES } from '../../policy/mode.ts';
import { wordedCondition, wordedRule } from '../../policy/worded-rule-schema.ts';

/** As events show it: with hidden addresses there is neither prefix nor holder, and the reference is a pseudonym. */
const registration = z.strictObject({
  prefix: z.optional(z.string()),
  holder: z.optional(z.string()),
  sector: z.string(),
  reference: z.string(),
});

const end = z.strictObject({
  ip: z.string(),
  /** Null for ESP and AH. */
  port: z.nullable(z.number()),
  registration: z.nullable(registration),
});

export const decisionRow = z.strictObject({
  /** Counted from 1 since the daemon's start, those included that are not kept; from 0 down for those before it. */
  number: z.number(),
  flow_id: z.string(),
  tunnel_id: z.nullable(z.string()),
  community_id: z.string(),
  /** Packet time, as events show it. */
  time: z.string(),
  packet: z.number(),
  file: z.string(),
  protocol: z.string(),
  variant: z.string(),
  stage: z.string(),
  action: z.string(),
  previous: z.nullable(z.string()),
  rule: z.nullable(z.string()),
  reason: z.string(),
  mode: z.string(),
  /** The breaker refuses the action; null before the daemon's start, because the log does not have it. */
  held: z.nullable(z.boolean()),
  /** No registration is in force for the flow, but one for another protocol covers an end of it; null as above. */
  other_protocol: z.nullable(z.boolean()),
  proto: z.string(),
  source: end,
  destination: end,
});
export type DecisionRow = z.infer<typeof decisionRow>;

/**
 * How the decisions from before the start came into the list: there is no log to read; it has pseudonyms, perhaps by
 * another key; it is being read, or has been; or it could not be read to its end.
 */
export const EARLIER_STATES = ['no-log', 'pseudonyms', 'reading', 'read', 'failed'] as const;

/** How much of what was decided can be searched. */
export const decisionStock = z.strictObject({
  /** Decisions since the daemon's start. */
  made: z.number(),
  /** Decisions that can be searched, with those from before the start. */
  kept: z.number(),
  /** Decisions from before the start that are kept, and lines of the log that could not be shown. */
  earlier: z.strictObject({ kept: z.number(), skipped: z.number(), state: z.enum(EARLIER_STATES) }),
  /** Decisions that never came into the list because too many came at once. */
  left_out: z.number(),
  /** Number and packet time of the oldest and the newest that are kept; null for none. */
  oldest: z.nullable(z.strictObject({ number: z.number(), time: z.string() })),
  newest: z.nullable(z.strictObject({ number: z.number(), time: z.string() })),
  /** How addresses are shown, and searched. */
  addresses: z.enum(ADDRESS_FORMS),
});
export type DecisionStock = z.infer<typeof decisionStock>;

export const decisionList = z.strictObject({
  /** The newest first. */
  rows: z.array(decisionRow),
  /** Decisions that the filters select, and those of them with a number above `after`. */
  matched: z.number(),
  newer: z.number(),
  /** `before` of the next page; null if this is the last. */
  next: z.nullable(z.number()),
  stock: decisionStock,
});
export type DecisionList = z.infer<typeof decisionList>;

/** The explanation of a decision, as far as it was noted when it was made. */
export const keptExplanation = z.strictObject({
  decision: decisionRow,
  vlan: z.array(z.number()),
  encapsulation: z.array(z.string()),
  /** Offsets count from the start of the payload, or of the TCP stream. */
  evidence: z.array(
    z.strictObject({
      packet: z.number(),
      offset: z.number(),
      check: z.string(),
      expected: z.string(),
      seen: z.string(),
    }),
  ),
  /** The rules that decided, whose mode is not the mode in effect after a trip of the breaker. */
  rules: z.strictObject({
    policy: z.string(),
    policy_sha256: z.string(),
    registry_sha256: z.string(),
    /** Null for a decision from before the daemon's start: the log has the mode in effect only. */
    mode: z.nullable(z.enum(MODE_NAMES)),
    /** The rule that decided; null where none matched, or before the start. */
    rule: z.nullable(wordedRule),
  }),
  /** Null for a decision from before the daemon's start. */
  tried: z.nullable(
    z.array(
      z.strictObject({
        name: z.string(),
        matched: z.boolean(),
        /** The conditions that did not hold, or the rollout (`10%`) that the client is outside. */
        failed: z.readonly(z.array(wordedCondition)),
        rollout: z.nullable(z.string()),
      }),
    ),
  ),
  /**
   * The other decisions of the flow that are kept, and of each other flow of its tunnel the newest; the newest first.
   */
  flow: z.array(decisionRow),
  tunnel: z.array(decisionRow),
  /** Flows of the tunnel beyond those shown. */
  tunnel_more: z.number(),
  /** A display filter of Wireshark for the flow; null where addresses are hidden. */
  filter: z.nullable(z.string()),
  stock: decisionStock,
});
export type KeptExplanation = z.infer<typeof keptExplanation>;
