/**
 * Reads the records of a pcap or pcapng capture into batches: fills blocks of linear memory from an input, and lets the
 * compiled reader of the format walk them (dataplane/assembly/record). The words for wrong records are in record-flaw.
 *
 * A walk ends where the batch is full, the block is used up, or a record is wrong. Rows found before that are handed
 * over first; the walk that then begins at the wrong record, with an empty batch, ends the capture.
 */
import { address } from '../../dataplane/host/linear-dataplane.ts';
import { NO_FAULT } from '../capture-end.ts';
import { type BlockReader, Fill } from '../input/block-reader.ts';
import type { PacketBatch } from '../packet-batch.ts';
import type { CaptureEnd } from '../packet-source.ts';
import { CaptureFault, Found } from '../packet-source.ts';
import { type DescribedFault, faultOf, type Flaw, pcapCut, pcapngCut } from './record-flaw.ts';
import type { RecordMemory } from './record-memory.ts';

/** What a walk stopped at: more bytes are needed (dataplane/assembly/record/record-reader, Walk). */
const NEEDS_MORE = 1;

export class RecordReader {
  end: CaptureEnd = NO_FAULT;
  private readonly blocks: BlockReader;
  private readonly memory: RecordMemory;
  private readonly isPcapng: boolean;
  /** Words after an offset, where offsets don't count the file's own bytes. */
  private readonly placeNote: string;
  private over = false;

  /** `blocks` are those that the memory lends. Any reader before this one in the same memory is done. */
  constructor(blocks: BlockReader, memory: RecordMemory, isPcapng: boolean, compressed: boolean) {
    this.blocks = blocks;
    this.memory = memory;
    this.isPcapng = isPcapng;
    this.placeNote = compressed ? ' of the uncompressed stream' : '';
    memory.dataplane.exports.openFile(isPcapng ? 1 : 0);
  }

  /**
   * Fills the batch with the next packets that are there; END, with the batch empty, at the end. After NOT_YET: `wait`.
   */
  readNow(batch: PacketBatch): Found {
    const { blocks, memory } = this;
    const { exports } = memory.dataplane;
    batch.reset(memory.data);
    while (!this.over) {
      const stop = this.walk(batch);
      if (batch.count > 0) return Found.PACKETS;
      if (stop !== NEEDS_MORE) {
        this.fail();
        break;
      }
      const fill = blocks.fillNow(exports.need());
      if (fill === Fill.NOT_YET) return Found.NOT_YET;
      if (fill === Fill.ENDED && !this.goesOnAtEnd()) this.finish();
    }
    this.over = true;
    return Found.END;
  }

  wait(): Promise<void> {
    return this.blocks.wait();
  }

  /** Fills the batch from where the block is, and moves on in the block to the first record that is not in it. */
  private walk(batch: PacketBatch): number {
    const { blocks, memory } = this;
    const { exports } = memory.dataplane;
    const base = blocks.data.byteOffset;
    const columns = memory.columnsOf(batch);
    const target = columns === undefined ? memory.ownBatch : batch;
    const capacity = Math.min(batch.capacity, target.capacity);
    const at = columns ?? memory.columnsOf(target)!;
    const stop = exports.walk(at, capacity, base + blocks.at, base + blocks.limit);
    blocks.at = address(exports.placeAfter()) - base;
    target.count = exports.count();
    if (target !== batch) batch.copyRows(target);
    return stop;
  }

  /** True where what is there can be walked now that nothing more comes: once at most. */
  private goesOnAtEnd(): boolean {
    const { blocks, memory } = this;
    const base = blocks.data.byteOffset;
    return memory.dataplane.exports.goesOnAtEnd(base + blocks.at, base + blocks.limit) === 1;
  }

  /** The input has ended: by a fault of its own, between records, or in one of which some bytes are there. */
  private finish(): void {
    this.over = true;
    const { exports } = this.memory.dataplane;
    const { inputEnd, offset, available } = this.blocks;
    const there = address(exports.there());
    if (inputEnd.fault !== CaptureFault.NONE || there === 0) {
      this.end = inputEnd;
      return;
    }
    const cut = this.isPcapng ? pcapngCut : pcapCut;
    const fault = cut(exports.isBegun() === 1, address(exports.cutLength()), there);
    this.end = this.describe(fault, offset + available - there);
  }

  /** Ends the capture at the record at hand. */
  private fail(): void {
    const { exports } = this.memory.dataplane;
    const flaw = exports.flaw() as Exclude<Flaw, 0>;
    this.end = this.describe(
      faultOf(flaw, address(exports.firstNumber()), address(exports.secondNumber())),
      this.blocks.offset,
    );
  }

  private describe([fault, what]: DescribedFault, at: number): CaptureEnd {
    return { fault, message: `${what} at byte ${at}${this.placeNote}` };
  }
}
