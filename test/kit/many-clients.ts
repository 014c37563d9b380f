/**
 * Captures of many clients, derived from one: the packets of a committed handshake are repeated with other client
 * addresses, at chosen times. Checksums are not updated, because nothing here verifies them.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildPcapRecord, FILE_HEADER_LENGTH, RECORD_HEADER_LENGTH } from './pcap.mjs';

const ETHERNET_LENGTH = 14;
const SOURCE = ETHERNET_LENGTH + 12;
const DESTINATION = ETHERNET_LENGTH + 16;

interface Packet {
  readonly sinceFirstUs: number;
  readonly frame: Buffer;
}

export class Conversation {
  readonly header: Buffer;
  readonly packets: Packet[] = [];
  private readonly client: Buffer;

  /** The packets of a little-endian Ethernet capture below captures/; the first packet's source is the client. */
  constructor(name: string, limit = Infinity) {
    const bytes = readFileSync(fileURLToPath(new URL(`../../captures/${name}`, import.meta.url)));
    this.header = bytes.subarray(0, FILE_HEADER_LENGTH);
    let firstUs = NaN;
    for (let at = FILE_HEADER_LENGTH; at < bytes.length && this.packets.length < limit;) {
      const timeUs = bytes.readUInt32LE(at) * 1e6 + bytes.readUInt32LE(at + 4);
      const length = bytes.readUInt32LE(at + 8);
      if (Number.isNaN(firstUs)) firstUs = timeUs;
      const frame = bytes.subarray(at + RECORD_HEADER_LENGTH, at + RECORD_HEADER_LENGTH + length);
      if (frame.readUInt16BE(12) === 0x0800) this.packets.push({ sinceFirstUs: timeUs - firstUs, frame });
      at += RECORD_HEADER_LENGTH + length;
    }
    this.client = this.packets[0]!.frame.subarray(SOURCE, SOURCE + 4);
  }

  /** Records of the conversation for client `number` (10.x.y.z), beginning at `startUs`. */
  records(number: number, startUs: number): Buffer {
    const client = Buffer.from([10, (number >> 16) & 255, (number >> 8) & 255, number & 255]);
    return Buffer.concat(
      this.packets.map(({ sinceFirstUs, frame }) => {
        const record = buildPcapRecord({ timeUs: startUs + sinceFirstUs, bytes: frame });
        const isFromClient = frame.subarray(SOURCE, SOURCE + 4).equals(this.client);
        client.copy(record, RECORD_HEADER_LENGTH + (isFromClient ? SOURCE : DESTINATION));
        return record;
      }),
    );
  }

  /** A capture of several clients, in turn, `stepUs` apart. */
  capture(from: number, to: number, startUs: number, stepUs: number): Buffer {
    const records: Buffer[] = [this.header];
    for (let number = from; number < to; number++)
      records.push(this.records(number, startUs + (number - from) * stepUs));
    return Buffer.concat(records);
  }
}
