/**
 * A classic pcap file (microseconds, little-endian, Ethernet), written in large pieces: packets are built in place in its
 * buffer, so nothing is copied and memory stays the same whatever the file's size.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const FILE_HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;
const SNAP_LENGTH = 262_144;
const LINK_TYPE_ETHERNET = 1;
const BUFFER_LENGTH = 4 << 20;
/** Room that one packet may need. */
const LONGEST_RECORD = 1 << 16;

export class PcapFile {
  packetCount = 0;
  /** Octets of the file so far. */
  octetCount = 0;
  bytes = Buffer.alloc(BUFFER_LENGTH);
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, BUFFER_LENGTH);
  #file;
  #used = FILE_HEADER_LENGTH;

  constructor(path) {
    this.#file = openSync(path, 'w');
    this.view.setUint32(0, 0xa1b2c3d4, true);
    this.view.setUint16(4, 2, true);
    this.view.setUint16(6, 4, true);
    this.view.setUint32(16, SNAP_LENGTH, true);
    this.view.setUint32(20, LINK_TYPE_ETHERNET, true);
  }

  /** Offset in `bytes` at which the next frame is to be built; up to 60,000 octets fit. */
  begin() {
    if (this.#used + LONGEST_RECORD > BUFFER_LENGTH) this.#flush();
    return this.#used + RECORD_HEADER_LENGTH;
  }

  /** Closes the record of the frame that ends at `end`. */
  end(end, timeUs) {
    const { view } = this;
    const at = this.#used;
    const length = end - at - RECORD_HEADER_LENGTH;
    const seconds = Math.floor(timeUs / 1e6);
    view.setUint32(at, seconds, true);
    view.setUint32(at + 4, timeUs - seconds * 1e6, true);
    view.setUint32(at + 8, length, true);
    view.setUint32(at + 12, length, true);
    this.#used = end;
    this.packetCount++;
  }

  close() {
    this.#flush();
    closeSync(this.#file);
  }

  #flush() {
    for (let at = 0; at < this.#used;) at += writeSync(this.#file, this.bytes, at, this.#used - at);
    this.octetCount += this.#used;
    this.#used = 0;
  }
}
