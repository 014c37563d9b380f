/** What can be asked of the recent decisions: filters, a page of them, a form. Shared with the page. */
import * as z from 'zod/mini';
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { wanted } from '../../core/wanted-value.ts';
import { STAGE_NAMES, VARIANT_NAMES } from '../../dataplane/host/finding.ts';
import { ACTION_NAMES } from '../../policy/action.ts';
import { REASON_NAMES } from '../../policy/decide.ts';
import { MODE_NAMES } from '../../policy/mode.ts';
import { PrefixParser } from '../../registry/prefix.ts';

export const REGISTERED_ENDS = ['none', 'source', 'destination', 'both'] as const;
/** Stands for decisions of flows that have a registration for another protocol only; `none` has these too. */
export const OTHER_PROTOCOL = 'other';
/** Stands for the action before a flow's first decision, and for a decision by no rule. */
export const NONE = 'none';
export const FORMATS = ['json', 'csv', 'jsonl'] as const;

/** Longest text of a filter. */
const LONGEST = 1000;
const LARGEST_PORT = 65_535;
const LARGEST_PAGE = 1000;

/** Names of a list, separated by commas; any of them is meant. */
function names(known: readonly string[]) {
  const error = wanted('value-several-of', known.join(', '));
  const isKnown = (text: string): boolean => text.split(',').every((name) => known.includes(name));
  return z.optional(z.string({ error }).check(z.maxLength(LONGEST), z.refine(isKnown, { error })));
}

/** Texts, separated by commas; any of them is meant. */
const texts = z.optional(
  z
    .string({ error: wanted('value-once') })
    .check(z.maxLength(LONGEST, { error: wanted('value-longest', String(LONGEST)) })),
);

/** A number of a range. */
function numberOf(least: number, most: number, error: string, isWhole = true) {
  const bounds = [z.minimum(least, { error }), z.maximum(most, { error })];
  return z.optional(z.coerce.number({ error }).check(...bounds, ...(isWhole ? [z.int({ error })] : [])));
}

function matching(pattern: RegExp, error: string) {
  return z.optional(z.string({ error }).check(z.refine((text) => pattern.test(text), { error })));
}

const flowId = matching(/^[0-9a-f]{16}$/, wanted('value-flow-id'));
/** Packet time, seconds since 1970. */
const time = numberOf(0, 1e11, wanted('value-time'), false);
/** From 0 down for decisions from before the daemon's start. */
const decisionNumber = numberOf(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, wanted('value-decision-number'));

export const decisionsQuery = z.strictObject({
  protocol: names(PROTOCOL_NAMES.slice(1)),
  variant: names(Object.values(VARIANT_NAMES).slice(1)),
  stage: names(STAGE_NAMES.slice(1)),
  action: names(ACTION_NAMES),
  previous: names([...ACTION_NAMES, NONE]),
  reason: names(REASON_NAMES),
  registered: names([...REGISTERED_ENDS, OTHER_PROTOCOL]),
  mode: names(MODE_NAMES),
  /** The breaker refused the action. */
  held: names(['yes', 'no']),
  rule: texts,
  sector: texts,
  /** An address or a prefix, which one end has. */
  prefix: z.optional(
    z.string().check(
      z.refine((text) => new PrefixParser().parse(text), {
        error: wanted('value-prefix'),
      }),
    ),
  ),
  port: numberOf(1, LARGEST_PORT, wanted('value-port')),
  tunnel_id: flowId,
  flow_id: flowId,
  community_id: matching(/^1:[A-Za-z0-9+/]{27}=$/, wanted('value-community-id')),
  from: time,
  to: time,
  /** A part of a holder's name, a reference or a prefix of a registration, as they are shown, in capitals or not. */
  q: texts,
  /** Only decisions with a smaller number: the next page. */
  before: decisionNumber,
  /** Only decisions with a greater number: what is new. */
  after: decisionNumber,
  limit: numberOf(0, LARGEST_PAGE, wanted('value-decision-count', String(LARGEST_PAGE))),
  format: z.optional(z.enum(FORMATS, { error: wanted('value-one-of', FORMATS.join(', ')) })),
});
export type DecisionsQuery = z.infer<typeof decisionsQuery>;

/** Filters that compare one text of a decision with the values of a list. */
export const TEXT_FILTERS = [
  'protocol',
  'variant',
  'stage',
  'action',
  'previous',
  'reason',
  'mode',
  'held',
  'rule',
] as const satisfies readonly (keyof DecisionsQuery)[];

/** The filters, without what only chooses a page or a form. */
export const FILTER_NAMES = [
  ...TEXT_FILTERS,
  'registered',
  'sector',
  'prefix',
  'port',
  'tunnel_id',
  'flow_id',
  'community_id',
  'from',
  'to',
  'q',
] as const satisfies readonly (keyof DecisionsQuery)[];
