/** The explanation of a decision: what was noted when it was made, and what can be said of it now. */
import * as z from 'zod/mini';
import { keptExplanation } from '../../history/recent/decision-document.ts';

/** A registration that covers an address, and whether it is the one that counts. */
const covering = z.strictObject({
  prefix: z.string(),
  holder: z.string(),
  sector: z.string(),
  reference: z.string(),
  /** Line of the registry's file. */
  line: z.number(),
  counts: z.boolean(),
  /** Why it does not count, in words; `counts` for the one that does. */
  mark: z.string(),
});

const decided = z.strictObject({ action: z.string(), rule: z.nullable(z.string()) });

export const decisionExplanation = z.strictObject({
  kept: keptExplanation,
  now: z.strictObject({
    /** The policy and the registry that decided are still in use. */
    same_policy: z.boolean(),
    same_registry: z.boolean(),
    /** The registrations of both ends in the registry in use; null where addresses are hidden. */
    covering: z.nullable(z.strictObject({ source: z.array(covering), destination: z.array(covering) })),
    /** The flow, and what holds for it now; null once it has ended. */
    flow: z.nullable(
      z.strictObject({
        packets_forth: z.number(),
        packets_back: z.number(),
        bytes_forth: z.number(),
        bytes_back: z.number(),
        /** Packet time, ms since 1970. */
        first_ms: z.number(),
        last_ms: z.number(),
        decided,
        /** What a shadow has decided; null without a shadow. */
        shadow: z.nullable(decided),
      }),
    ),
    /** By packets, those of the evidence and of the decision: the file, and the number in it by which other programs name it. */
    places: z.record(z.string(), z.strictObject({ file: z.string(), packet: z.number() })),
    /** The policy of the shadow; null without one. */
    shadow: z.nullable(z.string()),
  }),
});
export type DecisionExplanation = z.infer<typeof decisionExplanation>;
