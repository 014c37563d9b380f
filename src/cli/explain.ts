/**
 * `sluice explain`: why one flow was decided as it was, as a page of text.
 */
import { listCaptures } from '../capture/list-captures.ts';
import type { DecisionSink } from '../engine/decision-sink.ts';
import type { Rules } from '../engine/decisions.ts';
import { DEFAULT_FLOW_CAPACITY } from '../engine/flow-capacity.ts';
import { CHECKS } from '../fingerprint/checks.ts';
import { type DecisionEvent, EventFields, type FlowEvent } from '../output/event-fields.ts';
import { traceRules, type TriedRule } from '../policy/decide.ts';
import type { AddressFlags } from './address-flags.ts';
import { addressForm } from './address-form.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { FileOfPacket } from './file-of-packet.ts';
import { requirePolicy, requireRegistry } from './load-rules.ts';
import { coverageLines } from './lookup.ts';
import { Replay } from './replay-captures.ts';
import { reportList } from './report-list.ts';

/** One decision of the flow, with what it rested on. */
interface ExplainedDecision {
  readonly event: DecisionEvent;
  readonly tried: readonly TriedRule[];
  readonly source: readonly string[];
  readonly destination: readonly string[];
}

export interface ExplainFlags extends AddressFlags {
  readonly flow: string;
  readonly policy: string;
  readonly registry: string;
  readonly each?: boolean;
}

export async function explain(captures: readonly string[], flags: ExplainFlags): Promise<ExitCode> {
  const policy = await requirePolicy(flags.policy);
  const registry = await requireRegistry(flags.registry);
  const rules: Rules = { policy, registry, mode: policy.mode };
  const list = await listCaptures(captures);
  reportList(list);
  if (list.problems.length > 0) return ExitCode.WRONG_USAGE;
  const context = { policy: { name: policy.name, sha256: policy.sha256 }, registry: { sha256: registry.sha256 } };
  const fields = new EventFields(addressForm(flags), context);
  /** Registered prefixes may be as narrow as an address: they are shown where addresses are. */
  const coverage = (address: Int32Array, timeUs: number, protocol: number): string[] =>
    flags.addresses === 'plain'
      ? coverageLines(registry, address, timeUs, protocol)
      : [`not shown with --addresses ${flags.addresses}`];
  const files = new FileOfPacket();
  const decisions: ExplainedDecision[] = [];
  const ends: FlowEvent[] = [];
  const replay = new Replay(
    {
      rules,
      each: flags.each === true,
      flowCapacity: DEFAULT_FLOW_CAPACITY,
      packetSink: null,
      onFile: (file, before) => {
        files.begin(file, before);
      },
      onBatch: () => Promise.resolve(true),
      onRemark: () => undefined,
    },
    (decisionsAtHand): DecisionSink => ({
      decided: (flow, decision, timeUs, packet) => {
        if (fields.flowId(flow) !== flags.flow) return;
        const { input } = decisionsAtHand();
        decisions.push({
          event: fields.decisionEvent(files.current, flow, decision, timeUs, packet),
          tried: traceRules(policy, input),
          source: coverage(input.source, timeUs, input.protocol),
          destination: coverage(input.destination, timeUs, input.protocol),
        });
      },
      ended: (flow, decision, reason) => {
        if (fields.flowId(flow) === flags.flow)
          ends.push(fields.flowEvent(files.of(flow.firstPacket), flow, decision, reason));
      },
    }),
  );
  await replay.run(list.paths);
  for (const { file, message } of replay.incomplete) process.stderr.write(`sluice: ${file}: ${message}\n`);
  if (decisions.length === 0) {
    const known =
      ends.length === 0
        ? 'no flow with this id is in these captures'
        : 'no VPN was found in this flow, so nothing was decided';
    throw new CommandError(`${flags.flow}: ${known}`, ExitCode.FAILED);
  }
  process.stdout.write(page(flags.flow, decisions, ends.at(-1)));
  return replay.incomplete.length > 0 ? ExitCode.CAPTURE_INCOMPLETE : ExitCode.DONE;
}

function page(id: string, decisions: readonly ExplainedDecision[], end: FlowEvent | undefined): string {
  const { event } = decisions.at(-1)!;
  const port = (value: number | undefined): string => (value === undefined ? '' : ` port ${value}`);
  const ends = `${event.src_ip}${port(event.src_port)}  to  ${event.dest_ip}${port(event.dest_port)}`;
  const lines = [`Flow ${id}`, `  ${ends}, ${event.proto}, community id ${event.community_id}`];
  if (event.encapsulation !== undefined) lines.push(`  inside ${event.encapsulation.join(', ')}`);
  if (end !== undefined) {
    const { flow } = end;
    const forth = `${flow.pkts_toserver} packets (${flow.bytes_toserver} bytes) forth`;
    lines.push(`  ${flow.start} to ${flow.end}: ${forth}, ${flow.pkts_toclient} (${flow.bytes_toclient}) back`);
  }
  for (const [index, decision] of decisions.entries()) {
    const { pcap_cnt: packet, pcap_filename: file, timestamp } = decision.event;
    lines.push('', `Decision ${index + 1} of ${decisions.length}, at packet ${packet} of ${file}, ${timestamp}`);
    lines.push(...decisionLines(decision));
  }
  return `${lines.join('\n')}\n`;
}

function decisionLines({ event, tried, source, destination }: ExplainedDecision): string[] {
  const { vpn, decision } = event;
  const meanings = new Map(Object.values(CHECKS).map((check) => [check.name, check.about]));
  const evidence = vpn.evidence.map(
    ({ packet, offset, check, expected, seen }) =>
      `    packet ${packet}, offset ${offset}: ${meanings.get(check) ?? check}; expected ${expected}, seen ${seen}`,
  );
  const before = decision.previous === null ? '' : `, before that ${decision.previous}`;
  return [
    `  Finding: ${vpn.protocol}, ${vpn.variant}, ${vpn.stage}. Evidence (offsets count from the start of the payload, or of the TCP stream):`,
    ...evidence,
    '  Registrations that cover the source:',
    ...source.map((line) => `    ${line}`),
    '  Registrations that cover the destination:',
    ...destination.map((line) => `    ${line}`),
    '  Rules, in order:',
    ...tried.map(
      (rule) => `    ${rule.name}: ${rule.matched ? 'matches' : `does not hold: ${rule.failed.join('; ')}`}`,
    ),
    ...(tried.at(-1)?.matched === true ? [] : ['    none matches: allow']),
    `  So: ${decision.action} (${decision.reason})${before}; mode ${decision.mode}.`,
  ];
}
