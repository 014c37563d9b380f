/** Why a decision was made, as far as it was noted when it was made. */
import { displayFilter } from '../../output/event/display-filter.ts';
import type { DecisionEvent } from '../../output/event/event-fields.ts';
import { triedValues } from '../../policy/rule-trace.ts';
import type { KeptExplanation } from './decision-document.ts';
import { type KeptDecision, rowOf } from './kept-decision.ts';
import type { RecentDecisions } from './recent-decisions.ts';

/** The number of a decision in this run, with the flow that it must be of; or a flow and the packet of its decision. */
export interface DecisionKey {
  readonly number?: number;
  readonly flowId?: string;
  readonly packet?: number;
}

const SHOWN_DECISIONS = 100;
const SHOWN_FLOWS = 50;

/** Null if the decision is not kept. */
export function explainKept(recent: RecentDecisions, key: DecisionKey): KeptExplanation | null {
  const [kept] = recent.selected(matching(key));
  if (kept === undefined) return null;
  const event = JSON.parse(kept.line) as DecisionEvent;
  const rules = recent.rulesOf(kept.generation);
  const tried = rules === undefined ? null : triedValues(rules.rules, kept.tried);
  const { stock } = recent;
  return {
    decision: rowOf(kept),
    vlan: [...(event.vlan ?? [])],
    encapsulation: [...(event.encapsulation ?? [])],
    evidence: event.vpn.evidence.map(({ packet, offset, check, expected, seen }) => ({
      packet,
      offset,
      check,
      expected,
      seen,
    })),
    rules: {
      policy: rules?.policy ?? event.policy.name,
      policy_sha256: rules?.policySha256 ?? event.policy.sha256,
      registry_sha256: rules?.registrySha256 ?? event.registry.sha256,
      mode: rules?.mode ?? null,
      rule: tried?.at(-1)?.matched === true ? rules!.rules[tried.length - 1]!.words : null,
    },
    tried,
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
