/**
 * What a report of a replay shows beyond the summary, counted while the replay runs. The figures are the key `report`
 * of the summary as JSON; its names are an interface for users: never rename them.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { formatMicros } from '../../core/units.ts';
import type { FlowEnd } from '../../dataplane/host/flow-end.ts';
import { findingProtocol, findingStage, NO_FINDING, STAGE_NAMES } from '../../dataplane/host/finding.ts';
import { Outcome } from '../../dataplane/host/outcome.ts';
import type { DecisionSink, DecisionView } from '../../decision/decision-sink.ts';
import type { FlowRecord } from '../../decision/flow-record.ts';
import type { OutcomeListener } from '../../pipeline/outcome-listener.ts';
import { ACTION_NAMES, Action } from '../../policy/action.ts';
import { ClientTable } from '../../policy/client-table.ts';
import type { Policy } from '../../policy/policy.ts';
import { type Interval, TimeLine } from '../time-line.ts';
import { type FlowGroup, FlowGroups, share } from './flow-groups.ts';
import { type RegisteredFigures, RegisteredUsers } from './registered-figures.ts';
import { type EncapsulationFigures, type LinkTypeFigures, TrafficFigures } from './traffic-figures.ts';

/** Intervals of the time line at most: as many as a page can show. */
const TIME_ROWS = 48;

/** Columns of the time line. */
const Column = {
  DELAYED_PACKETS: 0,
  DELAYED_BYTES: 1,
  THROTTLE_DROPPED_PACKETS: 2,
  THROTTLE_DROPPED_BYTES: 3,
  BLOCKED_PACKETS: 4,
  BLOCKED_BYTES: 5,
  DECISIONS: 6,
} as const;
const COLUMN_COUNT = Column.DECISIONS + ACTION_NAMES.length;

export interface Amount {
  readonly packets: number;
  readonly bytes: number;
}

export interface TimeFigures {
  readonly start: string;
  readonly seconds: number;
  readonly offered: Amount;
  /** Let through at once. */
  readonly forwarded: Amount;
  readonly delayed: Amount;
  readonly dropped: Amount;
  readonly dropped_by: { readonly throttle: Amount; readonly block: Amount };
  /** Decisions that were made, by action. */
  readonly decisions: Readonly<Record<string, number>>;
}

export interface ReplayReportFigures {
  readonly span_seconds: number | null;
  readonly link_types: readonly LinkTypeFigures[];
  readonly encapsulations: readonly EncapsulationFigures[];
  readonly not_decoded: readonly { readonly reason: string; readonly packets: number; readonly share: number }[];
  readonly registered: RegisteredFigures;
  readonly vpn: { readonly flows: number; readonly share: number; readonly clients: number };
  readonly findings: readonly ({ readonly protocol: string; readonly stage: string } & FlowGroup)[];
  readonly protocols: readonly ({ readonly protocol: string } & FlowGroup)[];
  readonly stages: readonly ({ readonly stage: string } & FlowGroup)[];
  readonly actions: readonly ({ readonly action: string } & FlowGroup)[];
  readonly rules: readonly ({ readonly rule: string | null; readonly action: string } & FlowGroup)[];
  readonly time_line: readonly TimeFigures[];
}

/** The counters of the summary that the figures need. */
export interface CountedPackets {
  readonly packets: number;
  readonly flowsStarted: number;
  readonly firstTimeUs: number;
  readonly lastTimeUs: number;
  notDecodedByName(): Record<string, number>;
}

export class ReplayFigures implements OutcomeListener {
  private readonly traffic = new TrafficFigures();
  private readonly timeLine = new TimeLine(COLUMN_COUNT);
  private readonly clients = new ClientTable();
  private readonly registered = new RegisteredUsers();
  private readonly findings = new FlowGroups<string>();
  private readonly protocols = new FlowGroups<string>(PROTOCOL_NAMES.slice(1));
  private readonly stages = new FlowGroups<string>(STAGE_NAMES.slice(1).toReversed());
  private readonly actions = new FlowGroups<string>(ACTION_NAMES);
  private readonly rules: FlowGroups<string>;
  private readonly onPurpose: ReadonlySet<string | null>;
  /** Action of the decided flows, by slot. */
  private actionOf = new Uint8Array(1024);
  private vpnFlows = 0;

  constructor({ rules }: Policy) {
    this.rules = new FlowGroups(rules.map(({ name, action }) => ruleKey(name, ACTION_NAMES[action])));
    this.onPurpose = new Set(rules.filter(({ hitsRegistered }) => hitsRegistered).map(({ name }) => name));
  }

  /** A sink that counts and hands on to another. */
  before(sink: DecisionSink): DecisionSink {
    return {
      decided: (flow, decision, timeUs, packet) => {
        this.decided(flow, decision, timeUs);
        sink.decided?.(flow, decision, timeUs, packet);
      },
      ended: (flow, decision, reason: FlowEnd) => {
        this.ended(flow, decision);
        sink.ended?.(flow, decision, reason);
      },
    };
  }

  /** Takes all packets of a batch. */
  offered(batch: PacketBatch): void {
    this.traffic.read(batch);
    this.timeLine.offered(batch);
  }

  affected(_: number, slot: number, outcome: Outcome, wireLength: number, timeUs: number): void {
    const { timeLine } = this;
    let column: number = Column.DELAYED_PACKETS;
    if (outcome === Outcome.DROPPED)
      column = this.actionOf[slot] === Action.BLOCK ? Column.BLOCKED_PACKETS : Column.THROTTLE_DROPPED_PACKETS;
    timeLine.addPacket(timeUs, column, wireLength);
  }

  figures(counters: CountedPackets, showsHolders: boolean): ReplayReportFigures {
    const { vpnFlows, clients } = this;
    const notDecoded = Object.entries(counters.notDecodedByName()).sort(([, a], [, b]) => b - a);
    const span = (counters.lastTimeUs - counters.firstTimeUs) / 1e6;
    return {
      span_seconds: Number.isNaN(span) ? null : span,
      link_types: this.traffic.linkTypes(),
      encapsulations: this.traffic.encapsulations(),
      not_decoded: notDecoded.map(([reason, packets]) => ({
        reason,
        packets,
        share: share(packets, counters.packets),
      })),
      registered: this.registered.figures(showsHolders),
      vpn: { flows: vpnFlows, share: share(vpnFlows, counters.flowsStarted), clients: clients.count },
      findings: this.findings
        .rows()
        .sort((a, b) => findingOrder(a.key) - findingOrder(b.key))
        .map(({ key, ...group }) => {
          const [protocol, stage] = key.split('\0') as [string, string];
          return { protocol, stage, ...group };
        }),
      protocols: this.protocols.rows().map(({ key, ...group }) => ({ protocol: key, ...group })),
      stages: this.stages.rows().map(({ key, ...group }) => ({ stage: key, ...group })),
      actions: this.actions.rows().map(({ key, ...group }) => ({ action: key, ...group })),
      rules: this.rules.rows().map(({ key, ...group }) => {
        const [action, rule] = key.split('\0') as [string, string | undefined];
        return { rule: rule ?? null, action, ...group };
      }),
      time_line: this.timeLine.intervals(TIME_ROWS).map(timeFigures),
    };
  }

  private decided(flow: FlowRecord, decision: DecisionView, timeUs: number): void {
    const action = (ACTION_NAMES as readonly string[]).indexOf(decision.action);
    this.timeLine.add(timeUs, Column.DECISIONS + action, 1);
    while (flow.slot >= this.actionOf.length) this.grow();
    this.actionOf[flow.slot] = action;
    if (action === Action.ALLOW) return;
    this.registered.take(decision, this.clients.rowOf(flow.source), this.onPurpose.has(decision.rule));
  }

  private ended(flow: FlowRecord, decision: DecisionView | null): void {
    this.traffic.flowEnded(flow.encapsulation);
    if (decision === null || flow.finding === NO_FINDING) return;
    this.vpnFlows++;
    const client = this.clients.rowOf(flow.source);
    const protocol = PROTOCOL_NAMES[findingProtocol(flow.finding)];
    const stage = STAGE_NAMES[findingStage(flow.finding)];
    this.findings.take(`${protocol}\0${stage}`, flow, client);
    this.protocols.take(protocol, flow, client);
    this.stages.take(stage, flow, client);
    this.actions.take(decision.action, flow, client);
    this.rules.take(ruleKey(decision.rule, decision.action), flow, client);
  }

  private grow(): void {
    const actions = new Uint8Array(this.actionOf.length * 2);
    actions.set(this.actionOf);
    this.actionOf = actions;
  }
}

/** A rule and its action; no rule has no name. */
function ruleKey(rule: string | null, action: string): string {
  return rule === null ? action : `${action}\0${rule}`;
}

/** Protocols in their order, confirmed findings before suspected ones. */
function findingOrder(key: string): number {
  const [protocol, stage] = key.split('\0') as [string, string];
  return (
    (PROTOCOL_NAMES as readonly string[]).indexOf(protocol) * STAGE_NAMES.length -
    (STAGE_NAMES as readonly string[]).indexOf(stage)
  );
}

function timeFigures({ fromUs, lengthUs, packets, bytes, counts }: Interval): TimeFigures {
  const amount = (column: number): Amount => ({ packets: counts[column]!, bytes: counts[column + 1]! });
  const delayed = amount(Column.DELAYED_PACKETS);
  const throttle = amount(Column.THROTTLE_DROPPED_PACKETS);
  const block = amount(Column.BLOCKED_PACKETS);
  const dropped = { packets: throttle.packets + block.packets, bytes: throttle.bytes + block.bytes };
  return {
    start: formatMicros(fromUs),
    seconds: lengthUs / 1e6,
    offered: { packets, bytes },
    forwarded: {
      packets: packets - delayed.packets - dropped.packets,
      bytes: bytes - delayed.bytes - dropped.bytes,
    },
    delayed,
    dropped,
    dropped_by: { throttle, block },
    decisions: Object.fromEntries(ACTION_NAMES.map((name, action) => [name, counts[Column.DECISIONS + action]!])),
  };
}
