import { describe, expect, it } from 'vitest';
import { compiled, compiledText } from './compiled.ts';

type Name = 'takeRegion' | 'brokenGuard' | 'copyBytes' | 'put' | 'read' | 'readInPacket';

describe('regions of linear memory', () => {
  it('begin on a cache line, do not overlap, and are zero', async () => {
    const { exports, memory } = await compiled<Name>('memory');
    const first = exports.takeRegion(100);
    const second = exports.takeRegion(7);
    expect(first % 64).toBe(0);
    expect(second).toBeGreaterThan(first + 100);
    expect(new Uint8Array(memory.buffer, first, 100).every((byte) => byte === 0)).toBe(true);
    expect(exports.brokenGuard()).toBe(-1);
  });

  it('have guards that show a byte written after them, and before them', async () => {
    const { exports } = await compiled<Name>('memory');
    const at = exports.takeRegion(100);
    exports.takeRegion(64);
    exports.put(at + 104, 0);
    expect(exports.brokenGuard()).toBe(0);
  });
});

describe('the debug build', () => {
  it('throws where an access leaves its region, and names the place', async () => {
    const { exports } = await compiled<Name>('memory', 'debug');
    const at = exports.takeRegion(100);
    expect(exports.read(at + 99)).toBe(0);
    expect(() => exports.read(at + 100)).toThrow(`a load of 1 bytes at ${at + 100} leaves its region`);
    expect(() => exports.put(at - 1, 1)).toThrow('a store');
    expect(() => exports.copyBytes(at, at + 90, 11)).toThrow('a copy or fill');
  });

  it('throws where a packet is read beyond its end', async () => {
    const { exports } = await compiled<Name>('memory', 'debug');
    const at = exports.takeRegion(100);
    expect(exports.readInPacket(at + 19, at + 10, at + 20)).toBe(0);
    expect(() => exports.readInPacket(at + 20, at + 10, at + 20)).toThrow('leaves the packet');
  });
});

describe('the release build', () => {
  it.each(['fingerprint', 'flow', 'wire-walk'])('widens no 32-bit number with its sign (%s)', (name) => {
    // binaryen folds the unsigned extension of a signed load into a load with its sign: see the README of the folder.
    expect(compiledText(name)).not.toContain('i64.load32_s');
  });
});
