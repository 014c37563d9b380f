/** `sluice explain`: prints why a flow was decided as it was, or that it had no finding. */
import { listCaptures } from '../capture/input/list-captures.ts';
import type { DecisionSink, DecisionView } from '../decision/decision-sink.ts';
import type { Decisions } from '../decision/decisions.ts';
import type { Rules } from '../decision/rules.ts';
import { DEFAULT_FLOW_CAPACITY } from '../dataplane/host/flow-capacity.ts';
import type { FlowRecord } from '../decision/flow-record.ts';
import { contextOf } from '../output/event/event-context.ts';
import { EventFields, type FlowEvent } from '../output/event/event-fields.ts';
import { traceRules } from '../policy/rule-trace.ts';
import { AssemblyTracker } from '../dataplane/host/assembly-tracker.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import type { AddressFlags } from './address-flags.ts';
import { addressForm } from './address-form.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { endsText, type ExplainedDecision, type ExplainedFlow, explainPage } from './explain-page.ts';
import { PacketFiles } from '../output/event/packet-files.ts';
import { checkFlowChoice, flowChoice, type FlowChoice, type FlowChoiceFlags } from './flow-choice.ts';
import { keyOfPacket, type PacketKey } from './flow-of-packet.ts';
import { requireRules } from '../rules/load-rules.ts';
import { coverageLines } from '../registry/coverage-text.ts';
import type { FlowTrace } from '../study/explain/flow-trace.ts';
import { Replay } from '../pipeline/replay.ts';
import { checkReadableTwice, isReadableTwice } from './read-twice.ts';
import { traceFlows } from '../study/explain/trace-flows.ts';
import { reportList, reportSplitFlows } from './report-list.ts';

export interface ExplainFlags extends AddressFlags, FlowChoiceFlags {
  readonly policy: string;
  readonly registry: string;
  readonly each?: boolean;
  readonly linkIdentity: LinkIdentity;
}

/** Maximum number of matching flows to explain, and of flows between the same addresses to suggest if none matches. */
const SHOWN_FLOWS = 10;

export async function explain(captures: readonly string[], flags: ExplainFlags): Promise<ExitCode> {
  checkFlowChoice(flags);
  const { policy, registry } = await requireRules(flags);
  const rules: Rules = { policy, registry, mode: policy.mode };
  const list = await listCaptures(captures);
  reportList(list);
  if (list.problems.length > 0) return ExitCode.WRONG_USAGE;
  const context = contextOf({ policy, registry });
  const show = addressForm(flags);
  const fields = new EventFields(show, context);
  const key = flags.packet === undefined ? null : await packetKey(list.paths, flags.packet, flags);
  const found = new FoundFlows(flowChoice(flags, fields, show, key), fields, rules, flags);
  const replay = new Replay(
    {
      rules,
      each: flags.each === true,
      tracker: new AssemblyTracker(DEFAULT_FLOW_CAPACITY, flags.linkIdentity),
      packetSink: null,
      onFile: (file, before) => {
        found.beginFile(file, before);
      },
      onBatch: () => Promise.resolve(true),
      onRemark: () => undefined,
    },
    (decisionsAtHand) => found.sink(decisionsAtHand),
  );
  await replay.replay(list.paths);
  for (const { file, message } of replay.incomplete) process.stderr.write(`sluice: ${file}: ${message}\n`);
  reportSplitFlows(replay.counters);
  await found.trace();
  process.stdout.write(found.pages());
  return replay.incomplete.length > 0 ? ExitCode.CAPTURE_INCOMPLETE : ExitCode.DONE;
}

/** The key of the packet's flow. The captures are read once for it and once for the flow's decisions. */
async function packetKey(paths: readonly string[], packet: number, flags: ExplainFlags): Promise<PacketKey> {
  const { linkIdentity } = flags;
  if (flags.each === true && paths.length > 1) {
    const reason = 'packets of each file are numbered from 1: name one file';
    throw new CommandError(`--packet with --each: ${reason}`, ExitCode.WRONG_USAGE);
  }
  await checkReadableTwice('--packet', paths);
  const key = await keyOfPacket(paths, packet, linkIdentity);
  if (typeof key === 'string') throw new CommandError(key, ExitCode.FAILED);
  return key;
}

/** A requested flow under way. */
interface FoundFlow {
  readonly decisions: ExplainedDecision[];
  end: FlowEvent | null;
  readonly firstPacket: number;
  readonly firstPlace: string;
  /** Files of its capture. */
  readonly files: PacketFiles;
  readonly paths: readonly string[];
  trace: FlowTrace | null;
}

/** Collects the requested flows' decisions from the engine. */
class FoundFlows {
  /** Files of the capture at hand, by packets and in order. */
  private files = new PacketFiles();
  private paths: string[] = [];
  private readonly choice: FlowChoice;
  private readonly fields: EventFields;
  private readonly rules: Rules;
  private readonly flags: ExplainFlags;
  /** By flow_id, in the order of their first decision or end. */
  private readonly flows = new Map<string, FoundFlow>();
  private moreFlows = new Set<string>();
  private readonly near = new Set<string>();

  constructor(choice: FlowChoice, fields: EventFields, rules: Rules, flags: ExplainFlags) {
    this.choice = choice;
    this.fields = fields;
    this.rules = rules;
    this.flags = flags;
  }

  /** If no packets of its own capture precede a file, a new capture begins. */
  beginFile(file: string, packetsBefore: number): void {
    if (packetsBefore === 0) {
      this.files = new PacketFiles();
      this.paths = [];
    }
    this.files.begin(file, packetsBefore);
    this.paths.push(file);
  }

  /** Reads the captures of the flows again, where they can be, for what the fingerprints made of them. */
  async trace(): Promise<void> {
    const { linkIdentity } = this.flags;
    const flows = [...this.flows.values()];
    for (const paths of new Set(flows.map((flow) => flow.paths))) {
      const readable = await Promise.all(paths.map(isReadableTwice));
      if (readable.includes(false)) continue;
      const own = flows.filter((flow) => flow.paths === paths);
      const wanted = new Map(own.map((flow) => [flow.firstPacket, evidencePackets(flow)]));
      const traces = await traceFlows(paths, wanted, { maxFlows: DEFAULT_FLOW_CAPACITY, linkIdentity });
      for (const flow of own) flow.trace = traces.get(flow.firstPacket)!;
    }
  }

  sink(decisionsAtHand: () => Decisions): DecisionSink {
    const { fields, choice } = this;
    return {
      decided: (flow, decision, timeUs, packet) => {
        if (!choice.matches(flow)) return;
        this.at(flow)?.decisions.push(this.explained(flow, decision, timeUs, packet, decisionsAtHand()));
      },
      ended: (flow, decision, reason) => {
        if (choice.matches(flow)) {
          const found = this.at(flow);
          if (found !== null) found.end = fields.flowEvent(this.files.of(flow.firstPacket), flow, decision, reason);
        } else if (choice.isNear(flow) && this.near.size < SHOWN_FLOWS) {
          const event = fields.flowEvent('', flow, decision, reason);
          this.near.add(`${endsText(event)}, ${event.proto}`);
        }
      },
    };
  }

  /** The pages of the flows. Throws CommandError if there is none. */
  pages(): string {
    const { choice, flows, near, flags } = this;
    if (flows.size === 0) {
      const others = near.size === 0 ? '' : `; between these addresses there are: ${[...near].join('; ')}`;
      throw new CommandError(`no flow ${choice.what} is in these captures${others}`, ExitCode.FAILED);
    }
    const pages = [...flows.values()].map((flow) => {
      const explained: ExplainedFlow = { ...flow, place: (packet) => flow.files.shortPlaceOf(packet) };
      return explainPage(explained, flags.addresses);
    });
    const count = pages.length + this.moreFlows.size;
    const head = count > 1 ? `${count} flows ${choice.what}; --flow ID explains one of them\n\n` : '';
    const more = this.moreFlows.size > 0 ? `\nand ${this.moreFlows.size} more flows\n` : '';
    return head + pages.join('\n') + more;
  }

  /** The entry of a flow; null beyond the maximum number. */
  private at(flow: FlowRecord): FoundFlow | null {
    const id = this.fields.flowId(flow);
    const known = this.flows.get(id);
    if (known !== undefined) return known;
    // Several flows may have one key in turn: the packet belongs to the last that began before it.
    if (this.choice.packet !== null) this.flows.clear();
    else if (this.flows.size === SHOWN_FLOWS) {
      this.moreFlows.add(id);
      return null;
    }
    const { files, paths } = this;
    const { firstPacket } = flow;
    const firstPlace = files.placeOf(firstPacket);
    const found: FoundFlow = { decisions: [], end: null, firstPacket, firstPlace, files, paths, trace: null };
    this.flows.set(id, found);
    return found;
  }

  private explained(
    flow: FlowRecord,
    decision: DecisionView,
    timeUs: number,
    packet: number,
    { input }: Decisions,
  ): ExplainedDecision {
    const { files, fields, rules } = this;
    const event = fields.decisionEvent(files.current, flow, decision, timeUs, packet);
    return {
      event,
      tried: traceRules(rules.policy, input),
      source: this.coverage(input.source, timeUs, input.protocol),
      destination: this.coverage(input.destination, timeUs, input.protocol),
      place: files.placeOf(packet),
      places: new Map(event.vpn.evidence.map((row) => [row.packet, files.shortPlaceOf(row.packet)])),
    };
  }

  /** A registered prefix may be as narrow as an address, so it is only shown with plain addresses. */
  private coverage(address: Int32Array, timeUs: number, protocol: number): string[] {
    const { addresses } = this.flags;
    if (addresses !== 'plain') return [`not shown with --addresses ${addresses}`];
    return coverageLines(this.rules.registry, address, timeUs, protocol);
  }
}

function evidencePackets({ decisions }: FoundFlow): Set<number> {
  return new Set(decisions.flatMap(({ event }) => event.vpn.evidence.map(({ packet }) => packet)));
}
