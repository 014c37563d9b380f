/** A slab of records of 24 bytes, for test/assembly/slab.test.ts. */
import { Slab } from '../../../src/dataplane/assembly/slab';

const slab = new Slab(24, 3, 20);

export function reserve(index: i32): void {
  slab.reserve(index);
}

export function at(index: i32): usize {
  return slab.at(index);
}

export function capacity(): i32 {
  return slab.capacity;
}

export function put(at: usize, value: u32): void {
  store<u32>(at, value);
}
