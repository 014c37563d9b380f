/**
 * Writes captures of any size through one buffer: the attacks modify their frames in place and keep no copies. pcap,
 * microseconds, little-endian; pcapng blocks and raw bytes for some attacks.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER_LENGTH = 1 << 20;
const RECORD_HEADER_LENGTH = 16;
/** Start time of the attacks, unless they are about time: 2024-11-10T18:00:00Z. */
export const START_US = 1_731_261_600_000_000;

export class CaptureFile {
  /** Packets written. */
  packets = 0;
  #descriptor;
  #buffer = Buffer.alloc(BUFFER_LENGTH);
  #length = 0;

  constructor(path) {
    this.#descriptor = openSync(path, 'w');
  }

  /** Begins a pcap file. */
  begin(linkType = 1) {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(262_144, 16);
    header.writeUInt32LE(linkType, 20);
    this.octets(header);
  }

  /** A packet of the first `length` bytes of `frame`. */
  packet(timeUs, frame, length = frame.length, wireLength = length) {
    const buffer = this.#room(RECORD_HEADER_LENGTH + length);
    const at = this.#length;
    const seconds = Math.floor(timeUs / 1e6);
    buffer.writeUInt32LE(seconds, at);
    buffer.writeUInt32LE(timeUs - seconds * 1e6, at + 4);
    buffer.writeUInt32LE(length, at + 8);
    buffer.writeUInt32LE(wireLength, at + 12);
    frame.copy(buffer, at + RECORD_HEADER_LENGTH, 0, length);
    this.#length += RECORD_HEADER_LENGTH + length;
    this.packets++;
  }

  octets(octets) {
    if (octets.length > BUFFER_LENGTH) {
      this.#flush();
      writeSync(this.#descriptor, octets);
      return;
    }
    octets.copy(this.#room(octets.length), this.#length);
    this.#length += octets.length;
  }

  close() {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #room(length) {
    if (this.#length + length > BUFFER_LENGTH) this.#flush();
    return this.#buffer;
  }

  #flush() {
    writeSync(this.#descriptor, this.#buffer, 0, this.#length);
    this.#length = 0;
  }
}
