/**
 * Traffic that is hard on a flow table: a new flow with every packet, and many flows that are all visited again and again, in
 * turn or at random, so that none stays in a cache. Frames of 64 bytes.
 */
import { Endpoints } from './endpoints.mjs';
import { Protocol, putHeaders, TcpFlag, Wrap } from './frame.mjs';
import { hashOf, randomOctets, Stream } from './seeded.mjs';

const FRAME_LENGTH = 64;
const UDP_PAYLOAD_LENGTH = FRAME_LENGTH - 14 - 20 - 8;
const TCP_PAYLOAD_LENGTH = FRAME_LENGTH - 14 - 20 - 20;
const UDP_PORT = 9000;
const TCP_PORT = 443;
const POOL_LENGTH = 1 << 16;

/** Each packet is the first of its flow: a UDP datagram of random bytes. */
export function writeNewFlows({ packetCount, packetRate, seed, startUs }, file) {
  const ends = new Endpoints(seed, packetCount, 0);
  const pool = randomOctets(seed, POOL_LENGTH);
  const tcp = { flags: 0, sequence: 0, acknowledged: 0 };
  for (let flow = 0; flow < packetCount; flow++) {
    ends.choose(flow, UDP_PORT, false);
    const at = putHeaders(file.view, file.begin(), Wrap.NONE, ends, 0, Protocol.UDP, UDP_PAYLOAD_LENGTH, tcp);
    const from = (hashOf(seed, flow, 1) >>> 0) % (POOL_LENGTH - UDP_PAYLOAD_LENGTH);
    pool.copy(file.bytes, at, from, from + UDP_PAYLOAD_LENGTH);
    file.end(at + UDP_PAYLOAD_LENGTH, startUs + Math.floor((flow * 1e6) / packetRate));
  }
}

/**
 * `flowCount` TCP connections: first the SYN of each, then data, the flows in turn or at random. They are ruled out with their
 * first bytes, so what is measured is the table.
 */
export function writeActiveFlows({ packetCount, flowCount, packetRate, seed, startUs, order }, file) {
  const ends = new Endpoints(seed, flowCount, 0);
  const pool = randomOctets(seed, POOL_LENGTH);
  const stream = new Stream(seed);
  const tcp = { flags: 0, sequence: 0, acknowledged: 0 };
  for (let i = 0; i < packetCount; i++) {
    const isOpening = i < flowCount;
    const flow = isOpening || order === 'round-robin' ? i % flowCount : stream.below(flowCount);
    const length = isOpening ? 0 : TCP_PAYLOAD_LENGTH;
    const start = hashOf(seed, flow, 2);
    tcp.flags = isOpening ? TcpFlag.SYN : TcpFlag.ACK;
    tcp.sequence = isOpening ? start : (start + 1) | 0;
    ends.choose(flow, TCP_PORT, false);
    const at = putHeaders(file.view, file.begin(), Wrap.NONE, ends, 0, Protocol.TCP, length, tcp);
    const from = (start >>> 0) % (POOL_LENGTH - TCP_PAYLOAD_LENGTH);
    if (length > 0) {
      pool.copy(file.bytes, at, from, from + length);
      // Application data of TLS: like the opening of nothing that Sluice knows.
      file.view.setUint16(at, 0x1703);
    }
    file.end(at + length, startUs + Math.floor((i * 1e6) / packetRate));
  }
}
