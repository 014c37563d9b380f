/**
 * Records of the event queue in linear memory (dataplane/assembly/event-queue), and how each is reported to a listener.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import type { FlowEnd } from './flow-end.ts';
import { Detection } from './detection.ts';
import type { FingerprintId } from './holder.ts';
import type { TrackerListener } from './tracker.ts';

export const EventKind = { DETECTION: 1, PACKET: 2, ENDED: 3 } as const;

/** Places of a record's words, and of its 64-bit numbers. */
const EventWord = {
  KIND: 4,
  SLOT: 5,
  DIRECTION: 6,
  HOLDER: 14,
  FINDING: 15,
  KEY_HIGH: 16,
  KEY_LOW: 17,
  RECEIVER: 18,
  EVIDENCE_COUNT: 20,
  REASON: 21,
} as const;
const EventNumber = { TIME_US: 0, PACKET: 1, ORDER: 11 } as const;
const EVENT_WORDS = 32;

/** Records that wait at a time, at most; and records of the ring, which is longer where records have copies. */
export const EVENT_CAPACITY = 1024;
export const EVENT_RING = 4096;

/** A copy of a flow's row, which a record may have: its words, then these. */
export const CopyWord = { DETAILS: 16, UPPER: 32, EVIDENCE: 40 } as const;
export const COPY_WORDS = 144;

export class FlowEvents {
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly detection = new Detection();

  /** `at`: address of the ring. */
  constructor(memory: ArrayBufferLike, at: number) {
    this.words = new Int32Array(memory, at, EVENT_RING * EVENT_WORDS);
    this.numbers = new Float64Array(memory, at, (EVENT_RING * EVENT_WORDS) >> 1);
  }

  kindOf(place: number): number {
    return this.words[place * EVENT_WORDS + EventWord.KIND]!;
  }

  slotOf(place: number): number {
    return this.words[place * EVENT_WORDS + EventWord.SLOT]!;
  }

  /** How many rows of evidence the flow had. */
  evidenceCountOf(place: number): number {
    return this.words[place * EVENT_WORDS + EventWord.EVIDENCE_COUNT]!;
  }

  /** Reports the record at a place. Its packet is one of the batch, before which the capture had so many. */
  report(place: number, listener: TrackerListener, batch: PacketBatch, packetsBefore: number): void {
    const { words, numbers } = this;
    const at = place * EVENT_WORDS;
    const slot = words[at + EventWord.SLOT]!;
    const packet = numbers[(at >> 1) + EventNumber.PACKET]!;
    switch (words[at + EventWord.KIND]) {
      case EventKind.DETECTION:
        listener.onDetection(slot, this.detectionAt(at, packet));
        break;
      case EventKind.PACKET:
        listener.packet(batch, packet - packetsBefore - 1, slot, packet);
        break;
      default:
        if (listener.wantsFlowEnd(slot))
          listener.ended(slot, words[at + EventWord.REASON] as FlowEnd, numbers[(at >> 1) + EventNumber.ORDER]!);
    }
  }

  private detectionAt(at: number, packet: number): Detection {
    const { detection, words } = this;
    detection.timeUs = this.numbers[(at >> 1) + EventNumber.TIME_US]!;
    detection.packet = packet;
    detection.direction = words[at + EventWord.DIRECTION] as 0 | 1;
    detection.holder = words[at + EventWord.HOLDER] as FingerprintId;
    detection.finding = words[at + EventWord.FINDING]!;
    detection.keyHigh = words[at + EventWord.KEY_HIGH]!;
    detection.keyLow = words[at + EventWord.KEY_LOW]!;
    detection.receiver = words[at + EventWord.RECEIVER]!;
    return detection;
  }
}
