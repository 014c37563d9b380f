/**
 * Takes packets to their flows one by one (dataplane/assembly/packet-walk): for what reads captures a second time, to
 * show packets of flows that are known by then. Captures are read into its memory.
 */
import { RecordMemory } from '../../capture/format/record-memory.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { newSeed } from './hash-seed.ts';
import type { LinkIdentity } from './link-identity.ts';
import { address, type DataplaneExports, LinearDataplane } from './linear-dataplane.ts';
import { LinearView } from './linear-view.ts';
import { readLook, type TracedLook } from './traced-look.ts';

/** Words that the fragments of one datagram share (dataplane/assembly/wire/fragment-header). */
const FRAGMENT_WORDS = 11;

export class PacketWalk {
  /** Where captures are read, into this batch. */
  readonly records: RecordMemory;
  readonly batch: PacketBatch;
  /** The packet that was decoded last. */
  readonly view: LinearView;
  private readonly memory: WebAssembly.Memory;
  private readonly exports: DataplaneExports;
  private readonly columns: number;

  /** Flows end as in a tracker with the same capacity and link identity. */
  constructor(capacity: number, linkIdentity: LinkIdentity) {
    const dataplane = new LinearDataplane();
    const { exports, memory } = dataplane;
    exports.start(capacity, newSeed(), linkIdentity === 'vlan' ? 1 : 0);
    exports.startWalk();
    this.records = new RecordMemory(dataplane);
    this.batch = this.records.newBatch();
    this.columns = this.records.columnsOf(this.batch)!;
    this.view = new LinearView(new DataView(memory.buffer), address(exports.walkViewAt()));
    this.memory = memory;
    this.exports = exports;
  }

  /** Begins a capture. The one before it has finished. */
  begin(): void {
    this.exports.begin();
  }

  /** Decodes the next packet of the capture, a row of the batch. Returns a DecodeStatus, or WAITS. */
  decode(row: number): number {
    return this.exports.walkDecode(this.columns, row);
  }

  /** The number of the first packet of the packet's flow: its own where it begins one. */
  find(): number {
    return this.exports.walkFind();
  }

  /**
   * Takes the packet to its flow. Returns the number of the flow's first packet; 0 for a fragment whose flow is no
   * more.
   */
  take(): number {
    return this.exports.walkTake();
  }

  /** Ends all flows: the capture is over. */
  finish(): void {
    const { exports } = this;
    for (let waiting = exports.finish(); waiting > 0;) waiting = exports.resume();
  }

  /** The captured bytes of the packet's payload, valid until the next packet. */
  get payload(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.view.payloadAt, this.view.payloadCaptured);
  }

  /** What the fragments of the packet's datagram share, as a text: of a fragment only. */
  get datagram(): string {
    return new Int32Array(this.memory.buffer, address(this.exports.walkFragmentAt()), FRAGMENT_WORDS).join();
  }

  /** Whether the looks at the packets to come are recorded. */
  traceLooks(isWanted: boolean): void {
    this.exports.traceLooks(isWanted ? 1 : 0);
  }

  /** The recorded looks at the packet that was taken last. */
  looks(): TracedLook[] {
    const { exports, memory } = this;
    return Array.from({ length: exports.traceCount() }, (_, i) =>
      readLook(memory.buffer, address(exports.traceRecordAt(i))),
    );
  }
}
