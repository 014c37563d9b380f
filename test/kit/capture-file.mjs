/**
 * Writes captures of any size through one buffer. Frames are copied into it, or built in place in it. The format is pcap
 * (microseconds, little-endian), or any other that the caller writes as bytes.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { buildPcapHeader, putRecordHeader, RECORD_HEADER_LENGTH } from './pcap.mjs';

const BUFFER_LENGTH = 4 << 20;
/** Room that one packet may need. */
const LONGEST_RECORD = 1 << 16;

export class CaptureFile {
  /** Packets written. A caller that writes bytes counts their packets itself. */
  packetCount = 0;
  /** Length of the file once it is closed. */
  byteCount = 0;
  bytes = Buffer.alloc(BUFFER_LENGTH);
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, BUFFER_LENGTH);
  #descriptor;
  #used = 0;

  constructor(path) {
    this.#descriptor = openSync(path, 'w');
  }

  /** Begins a pcap file. */
  pcapHeader(linkType = 1) {
    this.write(buildPcapHeader({ linkType }));
  }

  /** Offset in `bytes` at which the next frame is to be built; up to 60,000 bytes fit. */
  begin() {
    if (this.#used + LONGEST_RECORD > BUFFER_LENGTH) this.#flush();
    return this.#used + RECORD_HEADER_LENGTH;
  }

  /** Closes the record of the frame that ends at `end`. */
  end(end, timeUs, wireLength = end - this.#used - RECORD_HEADER_LENGTH) {
    const at = this.#used;
    putRecordHeader(this.view, at, timeUs, end - at - RECORD_HEADER_LENGTH, wireLength);
    this.#used = end;
    this.packetCount++;
  }

  /** A packet of the first `length` bytes of `frame`. */
  packet(timeUs, frame, length = frame.length, wireLength = length) {
    const at = this.begin();
    frame.copy(this.bytes, at, 0, length);
    this.end(at + length, timeUs, wireLength);
  }

  write(bytes) {
    if (this.#used + bytes.length > BUFFER_LENGTH) this.#flush();
    if (bytes.length > BUFFER_LENGTH) {
      this.#writeOut(bytes);
      return;
    }
    this.bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  close() {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush() {
    this.#writeOut(this.bytes.subarray(0, this.#used));
    this.#used = 0;
  }

  #writeOut(bytes) {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
    this.byteCount += bytes.length;
  }
}
