/**
 * Writes packets to a classic pcap file (nanosecond magic is not needed: packet time is in microseconds). A classic file has
 * one link type; packets of another are counted and left out.
 *
 * Format: pcap-savefile(5), little-endian.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { PacketBatch } from '../capture/packet-batch.ts';
import { OutputError } from './output-error.ts';

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const FILE_HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;
const SNAPLEN = 262_144;
const BUFFER_LENGTH = 1 << 20;
const LATEST_SECOND = 0xffffffff;

export class CaptureWriter {
  readonly path: string;
  packetCount = 0;
  /** Packets left out because their link type is not the file's. */
  otherLinkTypeCount = 0;
  private readonly file: number;
  private readonly bytes = new Uint8Array(BUFFER_LENGTH);
  private readonly view = new DataView(this.bytes.buffer);
  private used = 0;
  private linkType = -1;

  /** Creates the file. Throws where it cannot be. */
  constructor(path: string) {
    this.path = path;
    this.file = openSync(path, 'w');
  }

  /** Adds a packet, `delayUs` later than it was captured. Throws OutputError where the disk is full. */
  write(batch: PacketBatch, row: number, delayUs: number): void {
    const linkType = batch.linkType[row]!;
    if (this.linkType < 0) this.begin(linkType);
    if (linkType !== this.linkType) {
      this.otherLinkTypeCount++;
      return;
    }
    const length = batch.capturedLength[row]!;
    if (this.used + RECORD_HEADER_LENGTH + length > BUFFER_LENGTH) this.flush();
    const timeUs = batch.timeUs[row]! + Math.round(delayUs);
    const { view } = this;
    view.setUint32(this.used, Math.min(Math.floor(timeUs / 1e6), LATEST_SECOND), true);
    view.setUint32(this.used + 4, timeUs % 1e6, true);
    view.setUint32(this.used + 8, length, true);
    view.setUint32(this.used + 12, batch.wireLength[row]!, true);
    const source = new Uint8Array(batch.data.buffer, batch.data.byteOffset + batch.at[row]!, length);
    this.bytes.set(source, this.used + RECORD_HEADER_LENGTH);
    this.used += RECORD_HEADER_LENGTH + length;
    this.packetCount++;
  }

  /** Writes the rest. A file without packets is an empty Ethernet capture. */
  close(): void {
    if (this.linkType < 0) this.begin(1);
    this.flush();
    closeSync(this.file);
  }

  private begin(linkType: number): void {
    this.linkType = linkType;
    const { view } = this;
    view.setUint32(0, MAGIC_MICROSECONDS, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, SNAPLEN, true);
    view.setUint32(20, linkType, true);
    this.used = FILE_HEADER_LENGTH;
  }

  private flush(): void {
    try {
      for (let at = 0; at < this.used;) at += writeSync(this.file, this.bytes, at, this.used - at);
    } catch (error) {
      throw new OutputError(this.path, error as NodeJS.ErrnoException);
    }
    this.used = 0;
  }
}
