/** Frames for attacks: Ethernet and IP around a payload, with the offsets of the fields that an attack changes. */
import { SeededRandom } from '../kit/random.mjs';

/** Start time of the attacks, unless they are about time: 2024-11-10T18:00:00Z. */
export const START_US = 1_731_261_600_000_000;
export const ETHERNET_LENGTH = 14;
/** Offsets of fields in frames of `udp4`, `tcp4` and `ip4`. */
export const Ip4 = { TOTAL_LENGTH: 16, ID: 18, FRAGMENT: 20, PROTOCOL: 23, SOURCE: 26, DESTINATION: 30, LOAD: 34 };
export const Udp4 = { SOURCE_PORT: 34, DESTINATION_PORT: 36, PAYLOAD: 42 };
export const Tcp4 = { SOURCE_PORT: 34, DESTINATION_PORT: 36, SEQUENCE: 38, FLAGS: 47, PAYLOAD: 54 };
export const Ip6 = { SOURCE: 22, DESTINATION: 38, LOAD: 54 };

const CLIENT = 0xc0000201;
const SERVER = 0xc6336407;

export function ethernet(type, load) {
  const header = Buffer.from('02005e00000202005e0000010000', 'hex');
  header.writeUInt16BE(type, 12);
  return Buffer.concat([header, load]);
}

/** An IPv4 packet without the frame around it. */
export function packet4(protocol, load) {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + load.length, 2);
  header[8] = 64;
  header[9] = protocol;
  header.writeUInt32BE(CLIENT, 12);
  header.writeUInt32BE(SERVER, 16);
  return Buffer.concat([header, load]);
}

export function ip4(protocol, load) {
  return ethernet(0x0800, packet4(protocol, load));
}

export function ip6(next, load) {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(load.length, 4);
  header[6] = next;
  header[7] = 64;
  Buffer.from('20010db8000100000000000000000001', 'hex').copy(header, 8);
  Buffer.from('20010db8000200000000000000000007', 'hex').copy(header, 24);
  return ethernet(0x86dd, Buffer.concat([header, load]));
}

export function udp(sourcePort, destinationPort, payload) {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

export function udp4(destinationPort, payload) {
  return ip4(17, udp(40_000, destinationPort, payload));
}

export function tcp4(destinationPort, flags, payload = Buffer.alloc(0)) {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(40_000, 0);
  header.writeUInt16BE(destinationPort, 2);
  header[12] = 0x50;
  header[13] = flags;
  return ip4(6, Buffer.concat([header, payload]));
}

/** Bytes that look like keys. */
export function random(length, seed = 0) {
  return new SeededRandom(seed).fill(Buffer.alloc(length));
}

/** A number that passes through all 32-bit values without a pattern: spoofed addresses. */
export function scattered(index) {
  let h = Math.imul(index, 0x9e3779b1);
  h ^= h >>> 15;
  return Math.imul(h, 0x85ebca6b) >>> 0;
}
