/** Functions on bytes, against simple implementations. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZero, sameBytes, toHex, uint24 } from '../../src/core/bytes.ts';
import { guarded } from '../kit/guarded-bytes.ts';

const bytes = fc.uint8Array({ minLength: 3, maxLength: 40 });

describe('bytes', () => {
  it('uint24 is big-endian and unsigned', () => {
    const { data, at } = guarded(Uint8Array.from([0xff, 0xfe, 0xfd]));
    expect(uint24(data, at)).toBe(0xfffefd);
    fc.assert(
      fc.property(bytes, (bytes) => {
        const packet = guarded(bytes);
        expect(uint24(packet.data, packet.at)).toBe(Buffer.from(bytes).readUIntBE(0, 3));
      }),
    );
  });

  it('toHex equals the text of Buffer, and reads only the given bytes', () => {
    fc.assert(
      fc.property(bytes, (bytes) => {
        const { data, at } = guarded(bytes);
        expect(toHex(data, at, bytes.length)).toBe(Buffer.from(bytes).toString('hex'));
        expect(toHex(data, at, 0)).toBe('');
      }),
    );
  });

  it('isZero and sameBytes compare all given bytes and no others', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, position, change) => {
        const changed = Uint8Array.from(bytes);
        changed[position % bytes.length]! ^= change;
        const [left, right] = [guarded(bytes), guarded(changed)];
        expect(sameBytes(left.data, left.at, left.data, left.at, bytes.length)).toBe(true);
        expect(sameBytes(left.data, left.at, right.data, right.at, bytes.length)).toBe(false);
        expect(sameBytes(left.data, left.at, right.data, right.at, position % bytes.length)).toBe(true);
        const zeros = guarded(bytes.map((byte, i) => byte ^ changed[i]!));
        expect(isZero(zeros.data, zeros.at, bytes.length)).toBe(false);
        expect(isZero(zeros.data, zeros.at, position % bytes.length)).toBe(true);
      }),
    );
  });
});
