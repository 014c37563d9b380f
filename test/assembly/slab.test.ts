import { describe, expect, it } from 'vitest';
import { compiled } from './compiled.ts';

type Name = 'at' | 'capacity' | 'put' | 'reserve';
const RECORD_LENGTH = 24;

describe('a slab', () => {
  it('gives every record memory of its own, zeroed, and moves none when it grows', async () => {
    const { exports, memory } = await compiled<Name>('slab', 'debug');
    const addresses: number[] = [];
    for (let index = 0; index < 20; index++) {
      exports.reserve(index);
      addresses.push(exports.at(index));
      const record = new Uint8Array(memory.buffer, exports.at(index), RECORD_LENGTH);
      expect(record.every((byte) => byte === 0)).toBe(true);
      for (let offset = 0; offset < RECORD_LENGTH; offset += 4) exports.put(exports.at(index) + offset, index + 1);
    }
    for (let index = 0; index < 20; index++) {
      expect(exports.at(index)).toBe(addresses[index]);
      const words = new Uint32Array(memory.buffer, exports.at(index), RECORD_LENGTH / 4);
      expect([...words]).toEqual(Array.from({ length: RECORD_LENGTH / 4 }, () => index + 1));
    }
    expect(exports.capacity()).toBe(24);
  });

  it('traps where it is asked for more chunks than its limit allows', async () => {
    const { exports } = await compiled<Name>('slab');
    exports.reserve(23);
    expect(() => exports.reserve(24)).toThrow('unreachable');
  });
});
