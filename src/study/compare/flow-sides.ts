/**
 * What each side has decided for the flows with a finding so far, and what it did to their packets, as columns: there
 * are as many rows as flows with a finding at a time.
 */
import { Outcome } from '../../dataplane/host/outcome.ts';
import type { DecisionView } from '../../decision/decision-sink.ts';
import { type Affected, type SideOfFlow, strengthOf } from './flow-change.ts';

/** Bytes follow packets. */
const Column = { DELAYED_PACKETS: 0, DELAYED_BYTES: 1, DROPPED_PACKETS: 2, DROPPED_BYTES: 3 } as const;
const COLUMNS = 4;
const FIRST_ROWS = 1024;

export class FlowSides {
  private readonly sideCount: number;
  /** Rows by slot of the flow table; 0 for none. Slots are used again. */
  private rows = new Int32Array(FIRST_ROWS);
  /** By row and side; no decision where the row is free. */
  private readonly strongest: (DecisionView | undefined)[] = [];
  private readonly last: (DecisionView | undefined)[] = [];
  private affected: Float64Array;
  private readonly freeRows: number[] = [];
  private usedRows = 1;

  constructor(sideCount: number) {
    this.sideCount = sideCount;
    this.affected = new Float64Array(FIRST_ROWS * sideCount * COLUMNS);
  }

  /** A side decides a flow, for the first time or again. */
  decided(side: number, slot: number, decision: DecisionView): void {
    const at = this.rowOf(slot) * this.sideCount + side;
    const { strongest } = this;
    this.last[at] = decision;
    const known = strongest[at];
    if (known === undefined || strengthOf(decision) >= strengthOf(known)) strongest[at] = decision;
  }

  /** A side delays or drops a packet of a flow that it has decided. */
  affect(side: number, slot: number, outcome: Outcome, wireLength: number): void {
    const at = (this.rows[slot]! * this.sideCount + side) * COLUMNS;
    const column = outcome === Outcome.DELAYED ? Column.DELAYED_PACKETS : Column.DROPPED_PACKETS;
    this.affected[at + column]!++;
    this.affected[at + column + 1]! += wireLength;
  }

  /** A side has dropped packets of a flow that it has decided. */
  drop(side: number, slot: number, packets: number, bytes: number): void {
    const at = (this.rows[slot]! * this.sideCount + side) * COLUMNS;
    this.affected[at + Column.DROPPED_PACKETS]! += packets;
    this.affected[at + Column.DROPPED_BYTES]! += bytes;
  }

  /** Ends a flow, and returns its sides; null for a flow that was not decided. */
  end(slot: number): SideOfFlow[] | null {
    const row = slot < this.rows.length ? this.rows[slot]! : 0;
    if (row === 0) return null;
    const sides: SideOfFlow[] = [];
    for (let side = 0; side < this.sideCount; side++) sides.push(this.take(row * this.sideCount + side));
    this.rows[slot] = 0;
    this.freeRows.push(row);
    return sides;
  }

  /** A side of a flow, whose row is free afterwards. */
  private take(at: number): SideOfFlow {
    const [strongest, last] = [this.strongest[at]!, this.last[at]!];
    this.strongest[at] = undefined;
    this.last[at] = undefined;
    return { strongest, last, affected: this.affectedOf(at * COLUMNS) };
  }

  private affectedOf(at: number): Affected {
    const { affected } = this;
    return {
      delayedPackets: affected[at + Column.DELAYED_PACKETS]!,
      delayedBytes: affected[at + Column.DELAYED_BYTES]!,
      droppedPackets: affected[at + Column.DROPPED_PACKETS]!,
      droppedBytes: affected[at + Column.DROPPED_BYTES]!,
    };
  }

  /** The row of a flow: a new one where it has none. */
  private rowOf(slot: number): number {
    while (slot >= this.rows.length) this.rows = grown(this.rows, new Int32Array(this.rows.length * 2));
    const known = this.rows[slot]!;
    if (known !== 0) return known;
    const row = this.freeRows.pop() ?? this.usedRows++;
    const { sideCount } = this;
    const end = (row + 1) * sideCount;
    if (end * COLUMNS > this.affected.length)
      this.affected = grown(this.affected, new Float64Array(this.affected.length * 2));
    this.affected.fill(0, row * sideCount * COLUMNS, end * COLUMNS);
    this.rows[slot] = row;
    return row;
  }
}

function grown<Numbers extends Int32Array | Float64Array>(column: Numbers, wider: Numbers): Numbers {
  wider.set(column);
  return wider;
}
