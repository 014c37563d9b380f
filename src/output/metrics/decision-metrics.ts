/** Metrics of findings, decisions and simulated enforcement. */
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { OUTCOME_NAMES } from '../../dataplane/host/outcome.ts';
import { STAGE_NAMES } from '../../dataplane/host/finding.ts';
import { byName, counters, type CatalogueMetric } from './metric.ts';

export const DECISIONS: readonly CatalogueMetric[] = [
  counters('sluice_findings_total', ['protocol', 'stage'], 'Flows in which a VPN was detected, at each stage.', (s) =>
    PROTOCOL_NAMES.slice(1).flatMap((protocol, index) =>
      STAGE_NAMES.slice(1).map((stage, at) => ({
        labels: { protocol, stage },
        value: s.decisions.counts.findings[(index + 1) * STAGE_NAMES.length + at + 1]!,
      })),
    ),
  ),
  counters(
    'sluice_decisions_total',
    ['action', 'protocol', 'rule', 'registered'],
    'Decision events. The rule is empty if none matched; registered shows which ends are registered.',
    (s) =>
      s.decisions.counts.tally.rows().map(({ action, protocol, rule, registered, count }) => ({
        labels: { action, protocol, rule: rule ?? '', registered },
        value: count,
      })),
  ),
  {
    type: 'histogram',
    name: 'sluice_decision_delay_seconds',
    help: "From a flow's first packet to its first decision, in packet time.",
    labels: [],
    read: (s) => s.decisions.counts.delays,
  },
  counters('sluice_outcome_packets_total', ['outcome'], 'Packets by outcome of simulated enforcement.', (s) =>
    byName('outcome', OUTCOME_NAMES, s.counters.outcomePackets),
  ),
  counters('sluice_outcome_bytes_total', ['outcome'], 'Bytes by outcome of simulated enforcement.', (s) =>
    byName('outcome', OUTCOME_NAMES, s.counters.outcomeBytes),
  ),
];
