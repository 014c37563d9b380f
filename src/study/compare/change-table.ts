/** Flows that change, by what they have in common: protocol, stage, sector, and the rules that decide them. */
import type { DecisionView } from '../../decision/decision-sink.ts';
import type { FlowRecord } from '../../decision/flow-record.ts';
import { findingProtocol, findingStage, STAGE_NAMES } from '../../dataplane/host/finding.ts';
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { RowSet } from '../row-set.ts';

export const DIMENSIONS = ['protocol', 'stage', 'sector', 'rule'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface ChangeRow {
  readonly dimension: Dimension;
  readonly value: string;
  readonly from: string;
  readonly to: string;
  readonly flows: number;
  readonly clients: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Rows of a table at most: rules and sectors are few, but a policy may have thousands of rules. */
const ROW_LIMIT = 10_000;

interface Cell {
  flows: number;
  packets: number;
  bytes: number;
  readonly clients: RowSet;
}

/** The cells of flows with the same decisions and finding. */
interface KnownCells {
  readonly from: DecisionView;
  readonly to: DecisionView;
  readonly finding: number;
  readonly cells: readonly (Cell | null)[];
}

const KNOWN_CHANGES = 16;

export class ChangeTable {
  /** Flows that had no row because there are too many. */
  leftOut = 0;
  private readonly cells = new Map<string, Cell>();
  /** The cells of the changes that came last: decisions are the same objects again and again. */
  private readonly known: KnownCells[] = [];

  /** Takes a flow that changes, by the decisions that differ; `client` is the number of its client. */
  take(flow: FlowRecord, from: DecisionView, to: DecisionView, client: number): void {
    const packets = flow.packetsToDestination + flow.packetsToSource;
    const bytes = flow.bytesToDestination + flow.bytesToSource;
    for (const cell of this.cellsOf(flow, from, to)) {
      if (cell === null) {
        this.leftOut++;
        continue;
      }
      cell.flows++;
      cell.packets += packets;
      cell.bytes += bytes;
      cell.clients.add(client);
    }
  }

  /** The cell of each dimension; null where there are too many. */
  private cellsOf(flow: FlowRecord, from: DecisionView, to: DecisionView): readonly (Cell | null)[] {
    const { known } = this;
    for (const entry of known)
      if (entry.from === from && entry.to === to && entry.finding === flow.finding) return entry.cells;
    const cells = DIMENSIONS.map((dimension) =>
      this.cellOf([dimension, valueOf(dimension, flow, from, to), from.action, to.action].join('\0')),
    );
    if (known.length === KNOWN_CHANGES) known.pop();
    known.unshift({ from, to, finding: flow.finding, cells });
    return cells;
  }

  private cellOf(key: string): Cell | null {
    let cell = this.cells.get(key);
    if (cell !== undefined) return cell;
    if (this.cells.size === ROW_LIMIT) return null;
    cell = { flows: 0, packets: 0, bytes: 0, clients: new RowSet() };
    this.cells.set(key, cell);
    return cell;
  }

  /** The rows of a dimension, the one with most clients first. */
  rows(dimension: Dimension): ChangeRow[] {
    const rows: ChangeRow[] = [];
    for (const [key, { flows, packets, bytes, clients }] of this.cells) {
      const [of, value, from, to] = key.split('\0') as [Dimension, string, string, string];
      if (of === dimension) rows.push({ dimension, value, from, to, flows, clients: clients.count, packets, bytes });
    }
    return rows.sort((a, b) => b.clients - a.clients || b.flows - a.flows || compareText(a.value, b.value));
  }
}

/** The value of a dimension that a flow has, by the decisions that differ. */
export function valueOf(dimension: Dimension, flow: FlowRecord, from: DecisionView, to: DecisionView): string {
  switch (dimension) {
    case 'protocol':
      return PROTOCOL_NAMES[findingProtocol(flow.finding)];
    case 'stage':
      return STAGE_NAMES[findingStage(flow.finding)];
    case 'sector':
      return sectorOf(to) ?? sectorOf(from) ?? 'not registered';
    case 'rule':
      return `${from.rule ?? 'no rule'} → ${to.rule ?? 'no rule'}`;
  }
}

/** The sector of a flow's registered end; the source's where both are registered. */
function sectorOf({ source, destination }: DecisionView): string | null {
  return (source ?? destination)?.sector ?? null;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
