import type { BuiltPacket } from './pcap.mjs';
import { SeededRandom } from './random.mjs';

/** Packets with lengths and content from a seed: a few bytes to a few hundred, some cut by a snapshot length. */
export function samplePackets(count: number, seed = 1): BuiltPacket[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const bytes = random.bytes(random.below(200));
    const timeUs = 1_700_000_000_000_000 + i * 1_000_003 + random.below(1000);
    return random.chance(0.25) ? { timeUs, bytes, wireLength: bytes.length + random.below(1000) } : { timeUs, bytes };
  });
}
