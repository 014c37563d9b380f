/**
 * Writes a classic pcap file, with one link type. Times are in microseconds, like packet times. A time after the
 * format's last (2106-02-07) is written as the last.
 *
 * Format: pcap-savefile(5), little-endian.
 */
import type { CaptureBytes } from './capture-bytes.ts';
import { SNAPLEN } from './packet-target.ts';

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const FILE_HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;
const LATEST_TIME_US = 0xffffffff * 1e6 + 999_999;

export class PcapFile {
  readonly linkType: number;
  packetCount = 0;
  private readonly bytes: CaptureBytes;

  constructor(bytes: CaptureBytes, linkType: number) {
    this.bytes = bytes;
    this.linkType = linkType;
    const at = this.bytes.reserve(FILE_HEADER_LENGTH);
    const { view } = this.bytes;
    view.setUint32(at, MAGIC_MICROSECONDS, true);
    view.setUint16(at + 4, 2, true);
    view.setUint16(at + 6, 4, true);
    view.setUint32(at + 8, 0, true);
    view.setUint32(at + 12, 0, true);
    view.setUint32(at + 16, SNAPLEN, true);
    view.setUint32(at + 20, linkType, true);
  }

  write(timeUs: number, wireLength: number, packet: Uint8Array): void {
    const at = this.bytes.reserve(RECORD_HEADER_LENGTH + packet.length);
    const { view } = this.bytes;
    const time = Math.min(timeUs, LATEST_TIME_US);
    view.setUint32(at, Math.floor(time / 1e6), true);
    view.setUint32(at + 4, time % 1e6, true);
    view.setUint32(at + 8, packet.length, true);
    view.setUint32(at + 12, wireLength, true);
    this.bytes.copy(packet, at + RECORD_HEADER_LENGTH);
    this.packetCount++;
  }

  get path(): string {
    return this.bytes.name;
  }

  close(): void {
    this.bytes.close();
  }
}
