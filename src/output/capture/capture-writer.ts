/**
 * Writes packets to a capture with the times at which they leave: a packet that is delayed takes its place among those that
 * came after it. What is written is in the order of time where the packets came in that order; packets that did not keep the order in
 * which they came.
 *
 * Memory: delayed packets wait in memory. A token bucket delays at most what its burst holds, so what waits is bounded by the bursts of
 * all buckets in use, and by HELD_LIMIT: beyond it the packets that leave next are written early, and counted.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { CaptureBytes } from './capture-bytes.ts';
import { DelayedPackets } from './delayed-packets.ts';
import { ETHERNET } from './packet-target.ts';
import { PcapngFile } from './pcapng-file.ts';
import { SplitPcap } from './split-pcap.ts';

/** Memory for delayed packets, in bytes. */
const HELD_LIMIT = 256_000_000;
/** A larger step back in time is another capture, or a damaged time: what waits for its turn must not wait for that. */
const REORDERING_LIMIT_US = 60_000_000;

export interface CaptureShape {
  /** One file of pcapng rather than pcap files, one for each link type. */
  readonly isPcapng: boolean;
  /** Files beside the named one replace what exists. */
  readonly overwrites: boolean;
  /** For tests: memory for delayed packets. */
  readonly heldLimit?: number;
}

export class CaptureWriter {
  private readonly bytes: CaptureBytes;
  private readonly shape: CaptureShape;
  private readonly heldLimit: number;
  private readonly delayed = new DelayedPackets();
  private target: SplitPcap | PcapngFile | null = null;
  private timeUs = -Infinity;
  /** Delayed packets that were written before their turn, for want of memory. */
  private earlyCount = 0;

  /** Creates the file; `path` may be `-` for standard output. Throws OutputError where it cannot be made. */
  constructor(path: string, shape: CaptureShape) {
    this.bytes = new CaptureBytes(path, 'w');
    this.shape = shape;
    this.heldLimit = shape.heldLimit ?? HELD_LIMIT;
  }

  /** Names the link type of the first packet that was read, written or not: that of the named file, or of the first interface. */
  begin(linkType: number): void {
    this.target ??= this.open(linkType);
  }

  /** Adds a packet that leaves `delayUs` later than it was captured. Throws OutputError where the disk is full. */
  write(batch: PacketBatch, row: number, delayUs: number): void {
    const { delayed } = this;
    const timeUs = batch.timeUs[row]!;
    const linkType = batch.linkType[row]!;
    const wireLength = batch.wireLength[row]!;
    const target = (this.target ??= this.open(linkType));
    if (timeUs < this.timeUs - REORDERING_LIMIT_US) this.endCapture();
    this.timeUs = timeUs;
    while (delayed.nextTimeUs <= timeUs) delayed.leave(target);
    const bytes = new Uint8Array(batch.data.buffer, batch.data.byteOffset + batch.at[row]!, batch.capturedLength[row]);
    if (delayUs === 0) {
      target.write(timeUs, linkType, wireLength, bytes);
      return;
    }
    delayed.add(timeUs + Math.round(delayUs), linkType, wireLength, bytes);
    while (delayed.heldLength > this.heldLimit) {
      delayed.leave(target);
      this.earlyCount++;
    }
  }

  /** Writes the packets that wait: what comes next is of another capture. */
  endCapture(): void {
    const { delayed, target } = this;
    if (target !== null) while (delayed.count > 0) delayed.leave(target);
    this.timeUs = -Infinity;
  }

  /** Writes the rest. A file without packets is a capture all the same. */
  close(): void {
    this.endCapture();
    const target = (this.target ??= this.open(ETHERNET));
    target.close();
  }

  /** Sentences for a user about what the file does not show by itself. */
  get remarks(): string[] {
    const { target, earlyCount } = this;
    const remarks: string[] = [];
    if (target instanceof SplitPcap && target.remark !== '') remarks.push(target.remark);
    if (earlyCount > 0)
      remarks.push(
        `${this.bytes.name} is not in the order of time: ${earlyCount} delayed packets were written before their turn, as more than ${this.heldLimit / 1e6} MB of them waited`,
      );
    return remarks;
  }

  private open(linkType: number): SplitPcap | PcapngFile {
    const { bytes, shape } = this;
    return shape.isPcapng ? new PcapngFile(bytes, linkType) : new SplitPcap(bytes, shape.overwrites, linkType);
  }
}
