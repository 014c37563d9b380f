/**
 * TCP: RFC 9293 section 3.1. Options are stepped over by the data offset. Checksums are not verified.
 *
 * After check says OK the header's first 20 bytes lie inside the captured bytes; the options may be cut.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE = 4;
const DATA_OFFSET = 12;
const FLAGS = 13;
const SHORTEST_HEADER = 20;

export const TcpFlag = { FIN: 1, SYN: 2, RST: 4, ACK: 16 } as const;

/** The flags that begin and end connections: most segments have none of them. */
export const TURNING_FLAGS = TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST;

export function checkTcp(data: DataView, at: number, end: number): DecodeStatus {
  if (at + SHORTEST_HEADER > end) return DecodeStatus.TRUNCATED_TCP;
  return tcpHeaderLength(data, at) < SHORTEST_HEADER ? DecodeStatus.MALFORMED_TCP : DecodeStatus.OK;
}

export function tcpSourcePort(data: DataView, at: number): number {
  return data.getUint16(at + SOURCE_PORT);
}

export function tcpDestinationPort(data: DataView, at: number): number {
  return data.getUint16(at + DESTINATION_PORT);
}

/** Sequence number of the first payload byte (of the SYN itself where there is one), signed 32 bits. */
export function tcpSequence(data: DataView, at: number): number {
  return data.getInt32(at + SEQUENCE);
}

/** Bytes of the header with its options. */
export function tcpHeaderLength(data: DataView, at: number): number {
  return (data.getUint8(at + DATA_OFFSET) >> 4) * 4;
}

/** The eight flags from CWR to FIN. */
export function tcpFlags(data: DataView, at: number): number {
  return data.getUint8(at + FLAGS);
}
