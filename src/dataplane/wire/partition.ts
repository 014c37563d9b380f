/**
 * Partitions of all flows: the tuple alone says in which of a fixed number of partitions a flow lies. Its encapsulation, the direction of
 * a packet, the run and the number of threads make no difference. A limit for all flows together that several threads count is a
 * limit for each partition: all flows of a partition are followed by one thread.
 */
export const PARTITION_COUNT = 64;

/**
 * `addresses` is the exclusive or of both ends' last words, `ports` the two ports as one word. The wrapping is left out, so that the halves of a
 * conversation that is split by it meet (dataplane/flow/split-halves).
 */
export function partitionOfTuple(addresses: number, ports: number): number {
  const mixed = Math.imul(addresses, 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15) ^ (ports >>> 16) ^ (ports & 0xffff), 0x85ebca6b) >>> 26;
}
