import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compiled } from '../assembly/compiled.ts';

const { exports } = await compiled<'offsetToMicros' | 'stampToMicros'>('records');
const { offsetToMicros, stampToMicros } = exports;

/** The obvious way, in big integers: units to microseconds, the rest truncated. */
function twin(stamp: bigint, resolution: number): bigint {
  const unitsPerSecond = (resolution & 0x80) !== 0 ? 1n << BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  return (stamp * 1_000_000n) / unitsPerSecond;
}

const halves = (stamp: bigint): [number, number] => [Number(stamp >> 32n), Number(stamp & 0xffffffffn)];

describe('stampToMicros', () => {
  it('agrees with tshark on a stamp in nanoseconds', () => {
    // text2pcap wrote 3347ea18 e84795f8, tshark shows 1795325690.000001000.
    expect(stampToMicros(0x18ea4733, 0xf89547e8, 9)).toBe(1_795_325_690_000_001);
  });

  const exact = [0, 3, 5, 6, 7, 9, 10, 12, 0x80, 0x80 | 10, 0x80 | 20, 0x80 | 32];
  it.each(exact)('is exact for if_tsresol %i up to 2255', (resolution) => {
    const bound = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    fc.assert(
      fc.property(bound, (stamp) => {
        const wanted = twin(stamp, resolution);
        fc.pre(wanted < 1n << 53n);
        expect(stampToMicros(...halves(stamp), resolution)).toBe(Number(wanted));
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  it.each([13, 15, 19, 0x80 | 33, 0x80 | 40, 0x80 | 63, 0x80 | 64])(
    'is within a microsecond for if_tsresol %i',
    (r) => {
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (stamp) => {
          const wanted = Number(twin(stamp, r));
          fc.pre(wanted < 2 ** 53);
          expect(Math.abs(stampToMicros(...halves(stamp), r) - wanted)).toBeLessThanOrEqual(1);
        }),
        { seed: 7, numRuns: 1000 },
      );
    },
  );

  it('is finite and not negative for every byte of if_tsresol', () => {
    for (let resolution = 0; resolution < 256; resolution++) {
      for (const half of [0, 1, 0x7fffffff, 0xffffffff]) {
        const time = stampToMicros(half, 0xffffffff, resolution);
        expect(Number.isFinite(time) && time >= 0).toBe(true);
      }
    }
  });
});

describe('offsetToMicros', () => {
  it('is signed', () => {
    expect(offsetToMicros(0, 3600)).toBe(3_600_000_000);
    expect(offsetToMicros(0xffffffff, 0xffffffff)).toBe(-1_000_000);
  });
});
