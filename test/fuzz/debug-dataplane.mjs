/**
 * The debug build of the dataplane: refuses accesses outside a structure, and reads outside the packet at hand
 * (test/assembly/checked-memory). It counts what each packet costs.
 */
import { readFileSync } from 'node:fs';
import { built } from '../assembly/built-entry.mjs';
import { checkedMemory } from '../assembly/checked-memory.mjs';

/** Reads that a packet may cost at one stretch, to decode it or to look at it, by its bytes: several times what the fuzzer has met. */
const READS_LIMIT = 3000;
const READS_PER_BYTE = 40;

let compiled;

/** An instance with memory of its own, in place of the host's LinearDataplane; and the most reads of one packet so far. */
export function debugDataplane() {
  compiled ??= new WebAssembly.Module(readFileSync(built('tracker', 'debug')));
  const counts = { reads: 0 };
  const reads = { most: 0 };
  const { env, 'debug-host': host } = checkedMemory(counts);
  let length = 0;
  const enterPacket = (at, end) => {
    reads.most = Math.max(reads.most, counts.reads);
    if (counts.reads > READS_LIMIT + READS_PER_BYTE * length)
      throw new RangeError(`${counts.reads} reads of a packet of ${length} bytes`);
    counts.reads = 0;
    length = end - at;
    host.enterPacket(at, end);
  };
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65_536, shared: true });
  const { exports } = new WebAssembly.Instance(compiled, {
    env: { ...env, memory, abort },
    'debug-host': { ...host, enterPacket },
    'heap-host': { heapStart: new WebAssembly.Global({ value: 'i32' }, 0) },
  });
  return { dataplane: { memory, exports }, reads };
}

function abort() {
  throw new Error('the dataplane has aborted');
}
