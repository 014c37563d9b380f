/** Who counts the flows when it is looked at whether there are too many. */
import type { Eviction } from './flow/eviction.ts';
import type { FlowTable } from './flow/flow-table.ts';

export interface FlowLimit {
  /**
   * At the `check`-th look, of 1, 2, …: how many of the table's flows must go now, those that have been idle longest.
   * They have been found, by the eviction given.
   */
  excess(table: FlowTable, eviction: Eviction, check: number): number;
  /** The capture is over: looks begin again. */
  reset(): void;
}

/** Where all flows are in one table. */
export const ONE_TABLE: FlowLimit = {
  excess(table, eviction) {
    const count = table.activeCount - table.capacity;
    if (count <= 0) return 0;
    eviction.find(count);
    return count;
  },
  reset() {
    // Nothing is kept.
  },
};
