import { describe, expect, it } from 'vitest';
import { FingerprintId } from '../../../src/dataplane/host/holder.ts';
import { Framing } from '../../../src/dataplane/host/framing.ts';
import { hexDump } from '../../../src/study/explain/hex-dump.ts';
import { PayloadHead } from '../../../src/study/explain/payload-head.ts';

function head(id: FingerprintId, length: number, start = 0, framing: Framing = Framing.DATAGRAM): PayloadHead {
  const bytes = Uint8Array.from({ length }, (_, i) => i + 1);
  return new PayloadHead({ packet: 1, fingerprint: id, framing, bytes, length, evidenceOffset: start });
}

describe('a hex dump', () => {
  it('shows the header and the checked bytes, and nothing else', () => {
    const marks = [
      { number: 1, offset: 0, length: 1 },
      { number: 2, offset: 14, length: 4 },
    ];
    expect(hexDump(head(FingerprintId.OPENVPN, 40), marks)).toEqual([
      '0000  01 02 03 04 05 06 07 08  09 .. .. .. .. .. 0f 10',
      '      ^1                                         ^2^^^',
      '0010  11 12 .. .. .. .. .. ..  .. .. .. .. .. .. .. ..',
      '      ^2^^^',
    ]);
  });

  it('leaves out rows without a checked byte, and counts offsets as evidence does', () => {
    const record = head(FingerprintId.OPENVPN, 24, 2, Framing.OPENVPN_RECORD);
    expect(hexDump(record, [{ number: 4, offset: 16, length: 8 }])).toEqual([
      '0010  0f 10 11 12 13 14 15 16  .. ..',
      '      ^4^^^^^^^^^^^^^^^^^^^^^',
    ]);
    expect(hexDump(record, [{ number: 12, offset: 2, length: 1 }])).toEqual([
      '0000        01 02 03 04 05 06  07 08 09 .. .. .. .. ..',
      '            12',
    ]);
  });

  it('puts marks of the same bytes on lines of their own', () => {
    const marks = [1, 2].map((number) => ({ number, offset: 0, length: 4 }));
    expect(hexDump(head(FingerprintId.ESP_IN_UDP, 12), marks)).toEqual([
      '0000  01 02 03 04 05 06 07 08  .. .. .. ..',
      '      ^1^^^^^^^^^',
      '      ^2^^^^^^^^^',
    ]);
  });

  it('shows all of the header of AH, which is longer', () => {
    const [row] = hexDump(head(FingerprintId.NATIVE_IPSEC, 14, 0, Framing.AH), [{ number: 1, offset: 4, length: 4 }]);
    expect(row).toBe('0000  01 02 03 04 05 06 07 08  09 0a 0b 0c .. ..');
  });
});
