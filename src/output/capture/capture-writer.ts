/**
 * Writes packets to a capture with the times at which they leave: a delayed packet is sorted among later ones. If the
 * packets come in order of time, the output is in order of time; packets that come out of order stay out of order.
 *
 * Memory: a token bucket delays at most the bytes of its burst, so delayed packets are bounded by the bursts of all
 * buckets in use, and by HELD_LIMIT. Beyond this limit the packets that leave next are written early, and counted.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { CaptureBytes } from './capture-bytes.ts';
import { DelayedPackets } from './delayed-packets.ts';
import { ETHERNET } from './packet-target.ts';
import { PcapngFile } from './pcapng-file.ts';
import { SplitPcap } from './split-pcap.ts';

/** Memory for delayed packets, in bytes. */
const HELD_LIMIT = 256_000_000;
/** A larger step back in time means another capture or a damaged time: delayed packets are written before it. */
const REORDERING_LIMIT_US = 60_000_000;

export interface CaptureShape {
  /** One pcapng file instead of one pcap file per link type. */
  readonly isPcapng: boolean;
  /** Additional files may replace existing ones. */
  readonly overwrites: boolean;
  /** Memory for delayed packets; set by tests. */
  readonly heldLimit?: number;
}

export class CaptureWriter {
  private readonly bytes: CaptureBytes;
  private readonly shape: CaptureShape;
  private readonly heldLimit: number;
  private readonly delayed = new DelayedPackets();
  private target: SplitPcap | PcapngFile | null = null;
  private timeUs = -Infinity;
  /** Delayed packets that were written too early for lack of memory. */
  private earlyCount = 0;

  /** Creates the file; `path` may be `-` for standard output. Throws OutputError if that fails. */
  constructor(path: string, shape: CaptureShape) {
    this.bytes = new CaptureBytes(path, 'w');
    this.shape = shape;
    this.heldLimit = shape.heldLimit ?? HELD_LIMIT;
  }

  /**
   * Sets the link type of the file, or of its first interface: that of the first packet that was read, whether it is
   * written or not.
   */
  begin(linkType: number): void {
    this.target ??= this.open(linkType);
  }

  /** Adds a packet that leaves `delayUs` after its capture. Throws OutputError if the disk is full. */
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

  /** Writes the delayed packets: the next packet belongs to another capture. */
  endCapture(): void {
    const { delayed, target } = this;
    if (target !== null) while (delayed.count > 0) delayed.leave(target);
    this.timeUs = -Infinity;
  }

  /** Writes the rest. A file without packets is a valid capture too. */
  close(): void {
    this.endCapture();
    const target = (this.target ??= this.open(ETHERNET));
    target.close();
  }

  /** Paths of additional files, for packets of other link types. */
  get filesBeside(): readonly string[] {
    return this.target instanceof SplitPcap ? this.target.filesBeside : [];
  }

  /** Sentences for the user about what the file itself does not show. */
  get remarks(): string[] {
    const { target, earlyCount } = this;
    const remarks: string[] = [];
    if (target instanceof SplitPcap && target.remark !== '') remarks.push(target.remark);
    if (earlyCount > 0)
      remarks.push(
        `${this.bytes.name} is not in the order of time: ${earlyCount} delayed packets were written before ` +
          `their turn, as more than ${this.heldLimit / 1e6} MB of them waited`,
      );
    return remarks;
  }

  private open(linkType: number): SplitPcap | PcapngFile {
    const { bytes, shape } = this;
    return shape.isPcapng ? new PcapngFile(bytes, linkType) : new SplitPcap(bytes, shape.overwrites, linkType);
  }
}
