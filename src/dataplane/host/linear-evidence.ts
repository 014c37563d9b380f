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

  constructor(dataplane: RowPlaces) {
    super();
    this.dataplane = dataplane;
    this.useMemory(dataplane.memory.buffer);
  }

  protected override wordAt(row: number): number {
    const { memory, exports } = this.dataplane;
    const at = address(exports.evidenceRowAt(row));
    // Memory that was added since is in no view that is there.
    if (at >= this.words.byteLength) this.useMemory(memory.buffer);
    return at / 4;
  }
}
