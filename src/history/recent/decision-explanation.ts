/** Why a decision was made, as far as it was noted when it was made. Shared with the page. */
import * as z from 'zod/mini';
import { CHECKS } from '../../dataplane/fingerprint/checks.ts';
import { displayFilter } from '../../output/event/display-filter.ts';
import type { DecisionEvent } from '../../output/event/event-fields.ts';
import { MODE_NAMES } from '../../policy/mode.ts';
import { triedRules } from '../../policy/rule-trace.ts';
import { decisionRow, decisionStock } from './decision-document.ts';
import { type KeptDecision, rowOf } from './kept-decision.ts';
import type { RecentDecisions } from './recent-decisions.ts';

/** The number of a decision in this run, with the flow that it must be of; or a flow and the packet of its decision. */
export interface DecisionKey {
  readonly number?: number;
  readonly flowId?: string;
  readonly packet?: number;
}

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
      /** What the check says. */
      about: z.string(),
      expected: z.string(),
      seen: z.string(),
    }),
  ),
  /** The rules that decided, whose mode is not the mode in effect after a trip of the breaker. */
  rules: z.strictObject({
    policy: z.string(),
    policy_sha256: z.string(),
    registry_sha256: z.string(),
    mode: z.enum(MODE_NAMES),
    /** What the rule that decided does, in words; null where none matched. */
    action: z.nullable(z.string()),
  }),
  tried: z.array(z.strictObject({ name: z.string(), matched: z.boolean(), failed: z.array(z.string()) })),
  /** The other decisions of the flow that are kept, and of each other flow of its tunnel the newest; the newest first. */
  flow: z.array(decisionRow),
  tunnel: z.array(decisionRow),
  /** Flows of the tunnel beyond those shown. */
  tunnel_more: z.number(),
  /** A display filter of Wireshark for the flow; null where addresses are hidden. */
  filter: z.nullable(z.string()),
  stock: decisionStock,
});
export type KeptExplanation = z.infer<typeof keptExplanation>;

const SHOWN_DECISIONS = 100;
const SHOWN_FLOWS = 50;
const ABOUT = new Map(Object.values(CHECKS).map(({ name, about }) => [name, about]));

/** Null if the decision is not kept. */
export function explainKept(recent: RecentDecisions, key: DecisionKey): KeptExplanation | null {
  const [kept] = recent.selected(matching(key));
  if (kept === undefined) return null;
  const event = JSON.parse(kept.line) as DecisionEvent;
  const rules = recent.rulesOf(kept.generation)!;
  const tried = triedRules(rules.rules, kept.tried);
  const { stock } = recent;
  return {
    decision: rowOf(kept),
    vlan: [...(event.vlan ?? [])],
    encapsulation: [...(event.encapsulation ?? [])],
    evidence: event.vpn.evidence.map(({ packet, offset, check, expected, seen }) => ({
      packet,
      offset,
      check,
      about: ABOUT.get(check) ?? check,
      expected,
      seen,
    })),
    rules: {
      policy: rules.policy,
      policy_sha256: rules.policySha256,
      registry_sha256: rules.registrySha256,
      mode: rules.mode,
      action: tried.at(-1)?.matched === true ? rules.rules[tried.length - 1]!.action : null,
    },
    tried: tried.map(({ name, matched, failed }) => ({ name, matched, failed: [...failed] })),
    flow: ofFlow(recent, kept),
    ...ofTunnel(recent, kept),
    filter: stock.addresses === 'plain' ? displayFilter(event) : null,
    stock,
  };
}

function matching({ number, flowId, packet }: DecisionKey): (kept: KeptDecision) => boolean {
  return (kept) =>
    (number === undefined || kept.number === number) &&
    (flowId === undefined || kept.flowId === flowId) &&
    (packet === undefined || rowOf(kept).packet === packet);
}

function ofFlow(recent: RecentDecisions, { flowId, number }: KeptDecision): KeptExplanation['flow'] {
  const others: KeptDecision[] = [];
  for (const one of recent.selected((other) => other.flowId === flowId && other.number !== number)) {
    if (others.length === SHOWN_DECISIONS) break;
    others.push(one);
  }
  return others.map(rowOf);
}

function ofTunnel(
  recent: RecentDecisions,
  { tunnelId, flowId }: KeptDecision,
): Pick<KeptExplanation, 'tunnel' | 'tunnel_more'> {
  if (tunnelId === '') return { tunnel: [], tunnel_more: 0 };
  const newest = new Map<string, KeptDecision>();
  for (const one of recent.selected((other) => other.tunnelId === tunnelId && other.flowId !== flowId)) {
    if (!newest.has(one.flowId)) newest.set(one.flowId, one);
  }
  const shown = [...newest.values()].slice(0, SHOWN_FLOWS);
  return { tunnel: shown.map(rowOf), tunnel_more: newest.size - shown.length };
}
