/** A capture of TCP connections whose first bytes are missing, so that what follows waits to be put in order. */
import { buildPcap } from '../kit/pcap.mjs';

const CONNECTIONS = 24;
/** Bytes left behind of each direction: more than a handshake's first record. */
const LENGTH = 600;
const GAP = 2;
const SYN = 2;
const SYN_ACK = 18;
const ACK = 16;

/** All bytes of the connections have the value. */
export function staleStreams(value) {
  const packets = [];
  for (let port = 0; port < CONNECTIONS; port++) {
    const segment = (isAnswer, flags, sequence, length) => ({
      timeUs: 1_700_000_000_000_000 + packets.length,
      bytes: tcpFrame(isAnswer, 1024 + port, flags, sequence, Buffer.alloc(length, value)),
    });
    packets.push(segment(false, SYN, 99, 0), segment(true, SYN_ACK, 99, 0));
    packets.push(segment(false, ACK, 100 + GAP, LENGTH), segment(true, ACK, 100 + GAP, LENGTH));
  }
  return Buffer.from(buildPcap(packets));
}

function tcpFrame(isAnswer, port, flags, sequence, payload) {
  const header = Buffer.alloc(14 + 20 + 20);
  header.writeUInt16BE(0x0800, 12);
  header[14] = 0x45;
  header.writeUInt16BE(40 + payload.length, 16);
  header[22] = 64;
  header[23] = 6;
  header.writeUInt32BE(isAnswer ? 0x0a000002 : 0x0a000001, 26);
  header.writeUInt32BE(isAnswer ? 0x0a000001 : 0x0a000002, 30);
  header.writeUInt16BE(isAnswer ? 443 : port, 34);
  header.writeUInt16BE(isAnswer ? port : 443, 36);
  header.writeUInt32BE(sequence, 38);
  header[46] = 0x50;
  header[47] = flags;
  return Buffer.concat([header, payload]);
}
