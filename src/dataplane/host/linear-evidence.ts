/** The rows of evidence in linear memory, which grows: a row has an address of its own. */
import { EvidenceRows } from './evidence-rows.ts';
import { address, type DataplaneExports, type LinearDataplane } from './linear-dataplane.ts';

/** Where the rows are. */
interface RowPlaces {
  readonly memory: LinearDataplane['memory'];
  readonly exports: Pick<DataplaneExports, 'evidenceRowAt'>;
}

export class LinearEvidence extends EvidenceRows {
  private readonly dataplane: RowPlaces;
  /** Bytes that the views show: a number is read faster here than `byteLength`, for each row. */
  private shown = 0;

  constructor(dataplane: RowPlaces) {
    super();
    this.dataplane = dataplane;
    this.showAll();
  }

  protected override wordAt(row: number): number {
    const { exports } = this.dataplane;
    const at = address(exports.evidenceRowAt(row));
    // Memory that was added since is in no view that is there.
    if (at >= this.shown) this.showAll();
    return at / 4;
  }

  private showAll(): void {
    const { buffer } = this.dataplane.memory;
    this.useMemory(buffer);
    this.shown = buffer.byteLength;
  }
}
