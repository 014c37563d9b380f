/**
 * TCP: RFC 9293 section 3.1. Options are stepped over by the data offset. Checksums are not verified.
 *
 * After check says OK the header's first 20 bytes lie inside the captured bytes; the options may be cut.
 */
import { byteAt, u16be, u32be } from '../memory';
import { DecodeStatus } from './decode-status';

const SOURCE_PORT: i32 = 0;
const DESTINATION_PORT: i32 = 2;
const SEQUENCE: i32 = 4;
const DATA_OFFSET: i32 = 12;
const FLAGS: i32 = 13;
const SHORTEST_HEADER: i32 = 20;

export enum TcpFlag {
  FIN = 1,
  SYN = 2,
  RST = 4,
  ACK = 16,
}

/** The flags that begin and end connections: most segments have none of them. */
export const TURNING_FLAGS: u32 = TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST;

export function checkTcp(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < SHORTEST_HEADER) return DecodeStatus.TRUNCATED_TCP;
  return tcpHeaderLength(at) < SHORTEST_HEADER ? DecodeStatus.MALFORMED_TCP : DecodeStatus.OK;
}

export function tcpSourcePort(at: usize): i32 {
  return u16be(at + SOURCE_PORT);
}

export function tcpDestinationPort(at: usize): i32 {
  return u16be(at + DESTINATION_PORT);
}

/** Sequence number of the first payload byte (of the SYN itself where there is one), 32 bits. */
export function tcpSequence(at: usize): u32 {
  return u32be(at + SEQUENCE);
}

/** Bytes of the header with its options. */
export function tcpHeaderLength(at: usize): i32 {
  return <i32>(byteAt(at + DATA_OFFSET) >> 4) * 4;
}

/** The eight flags from CWR to FIN. */
export function tcpFlags(at: usize): u32 {
  return byteAt(at + FLAGS);
}
