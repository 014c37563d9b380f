/** The rows of flows in linear memory. They are reserved at the start, so their views never change. */
import { spareRowsOf } from './flow-rows.ts';
import { DETAIL_WORDS, ROW_WORDS } from './flow-row.ts';
import { FlowRows, UPPER_WORDS } from './flow-rows.ts';
import { address, type DataplaneExports, type LinearDataplane } from './linear-dataplane.ts';

export class LinearRows extends FlowRows {
  private readonly exports: DataplaneExports;

  constructor(capacity: number, { memory, exports }: LinearDataplane) {
    const spareRows = spareRowsOf(capacity);
    const rowCount = capacity + spareRows + 1;
    super(capacity, spareRows, {
      words: new Int32Array(memory.buffer, address(exports.rowsAt()), rowCount * ROW_WORDS),
      details: new Int32Array(memory.buffer, address(exports.detailsAt()), rowCount * DETAIL_WORDS),
      upperWords: new Int32Array(memory.buffer, address(exports.upperAt()), rowCount * UPPER_WORDS),
      quietTimes: new Float64Array(memory.buffer, address(exports.quietTimesAt()), rowCount),
    });
    this.exports = exports;
  }

  override get activeCount(): number {
    return this.exports.activeCount();
  }

  override get lastSlot(): number {
    return this.exports.lastSlot();
  }
}
