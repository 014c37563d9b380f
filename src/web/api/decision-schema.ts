/** The explanation of a decision: what was noted when it was made, and what can be said of it now. */
import * as z from 'zod/mini';
import { keptExplanation } from '../../history/recent/decision-document.ts';
import { VALIDITY_NAMES } from '../../registry/registration.ts';

/** A registration that covers an address, and whether it is the one that counts. */
const covering = z.strictObject({
  prefix: z.string(),
  holder: z.string(),
  sector: z.string(),
  reference: z.string(),
  /** Line of the registry's file. */
  line: z.number(),
  counts: z.boolean(),
  /** Why it does not count, if it does not; with what this follows from. Ms since 1970; null where open. */
  validity: z.enum(VALIDITY_NAMES),
  valid_from_ms: z.nullable(z.number()),
  valid_until_ms: z.nullable(z.number()),
  /** Empty for any. */
  protocols: z.array(z.string()),
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
    /**
     * By packets, those of the evidence and of the decision: the file, and the number in it by which other programs
     * name it.
     */
    places: z.record(z.string(), z.strictObject({ file: z.string(), packet: z.number() })),
    /** The captures with its packets: kept, not kept, or hidden because addresses are. */
    bytes: z.enum(['kept', 'not-kept', 'hidden']),
    /** The policy of the shadow; null without one. */
    shadow: z.nullable(z.string()),
  }),
});
export type DecisionExplanation = z.infer<typeof decisionExplanation>;

export const decisionBytes = z.strictObject({
  packets: z.array(
    z.strictObject({
      file: z.string(),
      /** Its number in the file. */
      packet: z.number(),
      /** Bytes of the payload, and the offset that evidence shows for the first of them. */
      length: z.number(),
      start: z.number(),
      /**
       * Lines of a hex dump: only the header in clear and the checked bytes are shown, marked with numbers of evidence.
       */
      dump: z.array(z.string()),
    }),
  ),
});
export type DecisionBytes = z.infer<typeof decisionBytes>;
