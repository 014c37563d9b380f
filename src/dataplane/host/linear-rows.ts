/** The rows of flows in linear memory. They are reserved at the start, so their views never change. */
import { spareRowsOf } from './flow-rows.ts';
import { DETAIL_WORDS, ROW_WORDS } from './flow-row.ts';
import { FlowRows, UPPER_WORDS } from './flow-rows.ts';
import { QuietCounts } from './quiet-counts.ts';
import { address, type DataplaneExports, type LinearDataplane } from './linear-dataplane.ts';

export class LinearRows extends FlowRows {
  private readonly dataplane: LinearDataplane;
  private readonly exports: DataplaneExports;
  private quietCounts: QuietCounts | null = null;

  constructor(capacity: number, dataplane: LinearDataplane) {
    const { memory, exports } = dataplane;
    const spareRows = spareRowsOf(capacity);
    const rowCount = capacity + spareRows + 1;
    super(capacity, spareRows, {
      words: new Int32Array(memory.buffer, address(exports.rowsAt()), rowCount * ROW_WORDS),
      details: new Int32Array(memory.buffer, address(exports.detailsAt()), rowCount * DETAIL_WORDS),
      upperWords: new Int32Array(memory.buffer, address(exports.upperAt()), rowCount * UPPER_WORDS),
      quietTimes: new Float64Array(memory.buffer, address(exports.quietTimesAt()), rowCount),
    });
    this.dataplane = dataplane;
    this.exports = exports;
  }

  override countQuiet(): QuietCounts {
    if (this.quietCounts === null) {
      const at = address(this.exports.countQuiet());
      this.quietCounts = new QuietCounts(this.dataplane.memory.buffer, at, this.largestSlot + 1);
    }
    return this.quietCounts;
  }

  override get activeCount(): number {
    return this.exports.activeCount();
  }

  override get lastSlot(): number {
    return this.exports.lastSlot();
  }
}
