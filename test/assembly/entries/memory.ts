/** Regions and their checks, for test/assembly/memory.test.ts. */
import { byteAt, leavePacket, readPacket } from '../../../src/dataplane/assembly/memory';
export { brokenGuard, copyBytes, takeRegion } from '../../../src/dataplane/assembly/memory';

export function put(at: usize, byte: u32): void {
  store<u8>(at, byte);
}

export function read(at: usize): u32 {
  return byteAt(at);
}

export function readInPacket(at: usize, packetAt: usize, end: usize): u32 {
  readPacket(packetAt, end);
  const byte = byteAt(at);
  leavePacket();
  return byte;
}
