/**
 * The obvious twin of the compiled readers (dataplane/assembly/record): what its readers of pcap and pcapng share: the outline of a read, and its end. The words are in record-flaw.
 *
 * Both walk records in the block at hand until the batch is full, the block is used up, or a record is wrong. Rows found
 * before that are handed over first; the walk that then begins at the wrong record, with an empty batch, ends the capture.
 */
import { NO_FAULT } from '../../../src/capture/capture-end.ts';
import { type BlockReader, Fill } from '../../../src/capture/input/block-reader.ts';
import type { PacketBatch } from '../../../src/capture/packet-batch.ts';
import type { CaptureEnd } from '../../../src/capture/packet-source.ts';
import { CaptureFault, Found } from '../../../src/capture/packet-source.ts';

/** What a walk stopped at. */
export const Walk = { BATCH_FULL: 0, NEEDS_MORE: 1, FAULTY: 2 } as const;
export type Walk = (typeof Walk)[keyof typeof Walk];

/** The latest packet time: the last microsecond that a double counts exactly. */
export const LATEST_TIME_US = Number.MAX_SAFE_INTEGER;

export abstract class RecordReader {
  end: CaptureEnd = NO_FAULT;
  protected readonly reader: BlockReader;
  /** Bytes that the record at hand needs, after NEEDS_MORE. */
  protected need = 0;
  /** Words after an offset, where offsets don't count the file's own bytes. */
  private readonly placeNote: string;
  private over = false;

  constructor(reader: BlockReader, compressed: boolean) {
    this.reader = reader;
    this.placeNote = compressed ? ' of the uncompressed stream' : '';
  }

  /** Fills the batch with the next packets that are there; END, with the batch empty, at the end. After NOT_YET: `wait`. */
  readNow(batch: PacketBatch): Found {
    while (!this.over) {
      batch.reset(this.reader.data);
      const stop = this.walk(batch);
      if (batch.count > 0) return Found.PACKETS;
      if (stop !== Walk.NEEDS_MORE) break;
      const fill = this.reader.fillNow(this.need);
      if (fill === Fill.NOT_YET) return Found.NOT_YET;
      if (fill === Fill.ENDED && !this.goesOnAtEnd()) this.finish(this.there);
    }
    this.over = true;
    batch.reset(this.reader.data);
    return Found.END;
  }

  wait(): Promise<void> {
    return this.reader.wait();
  }

  /**
   * Adds rows from `reader.at` on, and leaves `reader.at` at the first record that it did not add. FAULTY only with an
   * empty batch, and after `fail`. Straight work on numbers: nothing is allocated.
   */
  protected abstract walk(batch: PacketBatch): Walk;

  /** True where what is there can be walked now that nothing more comes: once at most. */
  protected goesOnAtEnd(): boolean {
    return false;
  }

  /** What the input ends in, when it ends `there` bytes into the record that begins at offset `at` of the input. */
  protected abstract describeCut(at: number, there: number): CaptureEnd;

  /** Bytes that are there of the record at hand, where the input ends in it. */
  protected get there(): number {
    return this.reader.available;
  }

  /** The input has ended: by a fault of its own, between records, or `there` bytes into one. */
  private finish(there: number): void {
    this.over = true;
    const { inputEnd, offset, available } = this.reader;
    if (inputEnd.fault !== CaptureFault.NONE || there === 0) this.end = inputEnd;
    else this.end = this.describeCut(offset + available - there, there);
  }

  /** Ends the capture at the record at hand. */
  protected fail(fault: CaptureFault, what: string): Walk {
    this.over = true;
    this.end = this.describe(fault, what, this.reader.offset);
    return Walk.FAULTY;
  }

  protected describe(fault: CaptureFault, what: string, at: number): CaptureEnd {
    return { fault, message: `${what} at byte ${at}${this.placeNote}` };
  }
}
