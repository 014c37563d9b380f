/**
 * In which of a fixed number of parts a flow lies: by its tuple alone, whatever it is wrapped in, so that it is the same on every run, in either direction and whatever
 * the number of threads. For what must be bounded for all flows together, and counted by several threads: each part has a bound
 * of its own, and all flows of a part are one thread's.
 */
export const FLOW_PARTS = 64;

/**
 * `addresses` is the exclusive or of both ends' last words, `ports` the two ports as one word. The wrapping is left out, so that the halves of a
 * conversation that is split by it meet (dataplane/flow/split-halves).
 */
export function flowPart(addresses: number, ports: number): number {
  const mixed = Math.imul(addresses, 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15) ^ (ports >>> 16) ^ (ports & 0xffff), 0x85ebca6b) >>> 26;
}
