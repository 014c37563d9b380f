/**
 * Partitions of all flows: the tuple alone says in which of a fixed number of partitions a flow is. Its encapsulation,
 * the direction of a packet, the run and the number of threads make no difference. A limit that holds for all flows
 * together is a limit for each partition, so that each thread can keep it by itself.
 */
export const PARTITION_COUNT: i32 = 64;

/**
 * `addresses` is the exclusive or of both ends' last words, `ports` the two ports as one word. The encapsulation is
 * left out, so that the halves of a conversation that is split by it meet (flow/split-halves).
 */
export function partitionOfTuple(addresses: u32, ports: u32): i32 {
  const mixed: u32 = addresses * 0x9e3779b1;
  return <i32>(((mixed ^ (mixed >> 15) ^ (ports >> 16) ^ (ports & 0xffff)) * 0x85ebca6b) >> 26);
}
