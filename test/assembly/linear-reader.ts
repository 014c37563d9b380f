/** A capture through the readers in linear memory: the host's part, as the oracle's RecordReader has it around its `walk`. */
import type { Block } from '../../src/capture/input/block.ts';
import { BlockReader, Fill, LARGEST_RECORD_LENGTH } from '../../src/capture/input/block-reader.ts';
import type { ByteInput } from '../../src/capture/input/byte-input.ts';
import { NO_FAULT } from '../../src/capture/capture-end.ts';
import { faultOf, type Flaw, pcapCut, pcapngCut } from '../../src/capture/format/record-flaw.ts';
import { type CaptureEnd, CaptureFault } from '../../src/capture/packet-source.ts';
import type { Compiled } from './compiled.ts';

export type RecordName =
  | 'takeRegion'
  | 'begin'
  | 'recordsAt'
  | 'walk'
  | 'goesOnAtEnd'
  | 'placeAfter'
  | 'count'
  | 'need'
  | 'flaw'
  | 'firstNumber'
  | 'secondNumber'
  | 'isBegun'
  | 'cutLength'
  | 'there'
  | 'stampToMicros'
  | 'brokenGuard';

/** What a walk stopped at (assembly/record/record-reader). */
const NEEDS_MORE = 1;
/** Bytes of a record (assembly/record/packet-record). */
const RECORD_LENGTH = 24;
const BLOCKS = 2;

/** Takes each packet: its time, bytes in `data` from `at` on, lengths and link type. */
export type PacketTaker = (
  data: DataView,
  at: number,
  capturedLength: number,
  wireLength: number,
  timeUs: number,
  linkType: number,
) => void;

export class LinearReader {
  private readonly wasm: Compiled<RecordName>;
  private readonly payloadLength: number;
  private readonly blocks: Block[] = [];
  private readonly records: DataView;

  constructor(wasm: Compiled<RecordName>, payloadLength: number) {
    this.wasm = wasm;
    this.payloadLength = payloadLength;
    // Later growth would detach the blocks.
    wasm.memory.grow(1024);
    const length = LARGEST_RECORD_LENGTH + payloadLength;
    const regions = Array.from({ length: BLOCKS }, () => wasm.exports.takeRegion(length));
    for (const at of regions) {
      const bytes = new Uint8Array(wasm.memory.buffer, at, length);
      this.blocks.push({ bytes, data: new DataView(wasm.memory.buffer, at, length) });
    }
    this.records = new DataView(wasm.memory.buffer, wasm.exports.recordsAt());
  }

  /** Reads an input to its end, in groups of up to `capacity`. */
  async read(input: ByteInput, isPcapng: boolean, capacity: number, take: PacketTaker): Promise<CaptureEnd> {
    const { exports } = this.wasm;
    const blocks = input.readNow === undefined ? this.blocks : this.blocks.slice(0, 1);
    const lender = { lend: () => blocks, waitFor: () => undefined };
    const reader = new BlockReader(input, this.payloadLength, lender);
    exports.begin(Number(isPcapng));
    for (;;) {
      const base = reader.data.byteOffset;
      const stop = exports.walk(base + reader.at, base + reader.limit, capacity);
      reader.at = exports.placeAfter() - base;
      const count = exports.count();
      if (count > 0) {
        this.hand(count, reader.data, take);
        continue;
      }
      if (stop !== NEEDS_MORE)
        return this.describe(
          reader.offset,
          faultOf(exports.flaw() as Exclude<Flaw, 0>, exports.firstNumber() >>> 0, exports.secondNumber()),
        );
      const fill = reader.fillNow(exports.need());
      if (fill === Fill.NOT_YET) await reader.wait();
      if (fill !== Fill.ENDED) continue;
      const start = reader.data.byteOffset;
      const goesOn = exports.goesOnAtEnd(start + reader.at, start + reader.limit);
      if (goesOn === 0) return this.finish(reader, isPcapng);
    }
  }

  private hand(count: number, data: DataView, take: PacketTaker): void {
    const { records } = this;
    for (let i = 0; i < count; i++) {
      const at = i * RECORD_LENGTH;
      const packetAt = records.getUint32(at + 8, true) - data.byteOffset;
      const captured = records.getUint32(at + 12, true);
      const wire = records.getUint32(at + 16, true);
      take(data, packetAt, captured, wire, records.getFloat64(at, true), records.getUint32(at + 20, true));
    }
  }

  private finish(reader: BlockReader, isPcapng: boolean): CaptureEnd {
    const { exports } = this.wasm;
    const there = exports.there() >>> 0;
    if (reader.inputEnd.fault !== CaptureFault.NONE || there === 0) return reader.inputEnd;
    const cut = isPcapng ? pcapngCut : pcapCut;
    const at = reader.offset + reader.available - there;
    return this.describe(at, cut(exports.isBegun() !== 0, exports.cutLength() >>> 0, there));
  }

  private describe(at: number, [fault, what]: readonly [CaptureFault, string]): CaptureEnd {
    return fault === CaptureFault.NONE ? NO_FAULT : { fault, message: `${what} at octet ${at}` };
  }
}
