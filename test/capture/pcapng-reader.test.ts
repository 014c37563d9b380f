import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LARGEST_RECORD_LENGTH } from '../../src/capture/input/block-reader.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { concat, fields, hex } from '../kit/bytes.mjs';
import {
  buildBlock,
  buildEnhanced,
  buildInterface,
  buildOption,
  buildPcapng,
  buildSection,
  buildSimple,
} from '../kit/pcapng.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { expectedPackets, readBytes } from '../kit/read-all.ts';

const packets = samplePackets(12);
const start = concat(buildSection(), buildInterface());

describe('vectors', () => {
  // What text2pcap of Wireshark 4.0.17 wrote for "deadbeef", without the options of its section header; the time is
  // what tshark -T fields -e frame.time_epoch shows for it: 1795325690.000001000.
  it('reads what text2pcap writes', async () => {
    const file = hex(`
      0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000
      01000000 38000000 01000000 00000400 02001200 46616b652049462c 20746578743270636170 0000
      09000100 09000000 00000000 38000000
      06000000 24000000 00000000 3347ea18 e84795f8 04000000 04000000 deadbeef 24000000`);
    const { packets: seen, end } = await readBytes(file);
    expect(end).toEqual({ fault: CaptureFault.NONE, message: '' });
    expect(seen).toEqual([
      { timeUs: 1_795_325_690_000_001, capturedLength: 4, wireLength: 4, linkType: 1, content: 'deadbeef' },
    ]);
  });

  it('reads a Simple and an obsolete Packet Block, big-endian, laid out as in sections 4.4 and A.1', async () => {
    const file = hex(`
      0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
      00000001 00000014 0065 0000 00000002 00000014
      00000003 00000014 00000005 aabb 0000 00000014
      00000002 00000024 0000 0007 00000000 000f4240 00000003 00000009 112233 00 00000024`);
    const { packets: seen } = await readBytes(file);
    expect(seen).toEqual([
      { timeUs: 0, capturedLength: 2, wireLength: 5, linkType: 101, content: 'aabb' },
      { timeUs: 1_000_000, capturedLength: 3, wireLength: 9, linkType: 101, content: '112233' },
    ]);
  });
});

describe('sections and interfaces', () => {
  it('takes several sections, each with its byte order and its own interfaces', async () => {
    const file = concat(
      buildPcapng(packets, true, 1),
      buildPcapng(packets, false, 113),
      buildSection(false),
      buildInterface({ linkType: 276 }, false),
      buildInterface({ linkType: 12 }, false),
      buildEnhanced(9, hex('01'), { row: 1, littleEndian: false }),
    );
    const { packets: seen, end } = await readBytes(file);
    expect(end.fault).toBe(CaptureFault.NONE);
    expect(seen.slice(0, -1)).toEqual([...expectedPackets(packets), ...expectedPackets(packets, 113)]);
    expect(seen.at(-1)).toMatchObject({ timeUs: 9, linkType: 12 });
  });

  it('gives each interface its link type, resolution and offset', async () => {
    const resolution = (byte: number): Uint8Array => buildOption(9, Uint8Array.of(byte));
    const offset = (seconds: number): Uint8Array => buildOption(14, fields(true, [8, seconds]));
    const name = buildOption(2, Buffer.from('eth0'));
    const file = concat(
      buildSection(true, 1, buildOption(4, Buffer.from('a tool'))),
      buildInterface({ options: concat(name, resolution(9), buildOption(0, hex(''))) }),
      buildInterface({ linkType: 101, options: concat(resolution(0x80 | 10), offset(60)) }),
      buildInterface({ linkType: 113, options: concat(offset(-2), resolution(3)) }),
      buildEnhanced(1_999n, hex('00'), { row: 0 }),
      buildEnhanced(1024 + 512, hex('00'), { row: 1, options: buildOption(2, fields(true, [4, 0])) }),
      buildEnhanced(5_000, hex('00'), { row: 2 }),
      buildEnhanced(1_000, hex('00'), { row: 2 }),
      buildEnhanced(0xffffffffffffffffn, hex('00'), { row: 2 }),
    );
    const { packets: seen } = await readBytes(file);
    expect(seen.map(({ timeUs, linkType }) => [timeUs, linkType])).toEqual([
      [1, 1],
      [61_500_000, 101],
      [3_000_000, 113],
      [0, 113],
      [Number.MAX_SAFE_INTEGER, 113],
    ]);
  });

  it('tolerates malformed options', async () => {
    for (const options of [hex('0900 ff00'), hex('0900 0200 0909 0000'), hex('0e00 0400 00000001'), hex('ffff 0000')]) {
      const file = concat(buildSection(), buildInterface({ options }), buildEnhanced(77, hex('01')));
      expect((await readBytes(file)).packets).toMatchObject([{ timeUs: 77 }]);
    }
  });

  it('bounds a Simple Packet Block by the first interface, not the last', async () => {
    const file = concat(
      buildSection(),
      buildInterface({ snapshotLength: 3 }),
      buildInterface({ snapshotLength: 1 }),
      buildSimple(hex('010203'), 900),
    );
    expect((await readBytes(file)).packets).toMatchObject([{ capturedLength: 3, wireLength: 900 }]);
  });

  it('holds 100,000 interfaces', async () => {
    const one = buildInterface({ linkType: 1 });
    const last = buildInterface({ linkType: 276 });
    const many = new Uint8Array(one.length * 99_999);
    for (let at = 0; at < many.length; at += one.length) many.set(one, at);
    const file = concat(buildSection(), many, last, buildEnhanced(5, hex('01'), { row: 99_999 }));
    const { packets: seen, end } = await readBytes(file);
    expect(end.fault).toBe(CaptureFault.NONE);
    expect(seen).toMatchObject([{ linkType: 276 }]);
  });
});

describe('blocks that are not read', () => {
  it('are passed over, whatever their size', async () => {
    const names = buildBlock(4, hex('0100 0800 7f000001 61620000 0000 0000'));
    const file = concat(
      start,
      names,
      buildBlock(0x0bad, new Uint8Array(0)),
      buildBlock(0x80000bad, new Uint8Array(3 * LARGEST_RECORD_LENGTH + 5)),
      buildEnhanced(1, hex('aa')),
      buildBlock(5, new Uint8Array(LARGEST_RECORD_LENGTH - 12)),
      buildEnhanced(2, hex('bb')),
    );
    for (const payloadLength of [100, 4096, 1 << 20]) {
      const { packets: seen, end } = await readBytes(file, { payloadLength }, [70_000]);
      expect(end).toEqual({ fault: CaptureFault.NONE, message: '' });
      expect(seen.map(({ content }) => content)).toEqual(['aa', 'bb']);
    }
  });

  it('that claim 4 GB end the capture where the input does', async () => {
    const claim = fields(true, [4, 0x0bad], [4, 0xfffffffc]);
    const { packets: seen, end } = await readBytes(
      concat(start, buildEnhanced(1, hex('aa')), claim, new Uint8Array(5000)),
    );
    expect(seen).toHaveLength(1);
    expect(end.fault).toBe(CaptureFault.CUT_BLOCK);
    expect(end.message).toContain('4294967292 bytes cut to 5008');
    expect(end.message).toContain(`at byte ${start.length + 36}`);
  });
});

describe('hostile', () => {
  const good = concat(start, buildEnhanced(1, hex('aa')));
  const enhanced = (captured: number, dataLength: number, row = 0): Uint8Array =>
    buildBlock(
      6,
      concat(fields(true, [4, row], [4, 0], [4, 0], [4, captured], [4, captured]), new Uint8Array(dataLength)),
    );
  const table: [string, Uint8Array, CaptureFault][] = [
    ['a length of 0', fields(true, [4, 6], [4, 0], [4, 0]), CaptureFault.BAD_BLOCK_LENGTH],
    ['a length of 8', fields(true, [4, 6], [4, 8], [4, 8]), CaptureFault.BAD_BLOCK_LENGTH],
    ['a length of 13', fields(true, [4, 9], [4, 13], [4, 13], [4, 13]), CaptureFault.BAD_BLOCK_LENGTH],
    ['an unlike repetition', fields(true, [4, 9], [4, 12], [4, 16]), CaptureFault.BAD_BLOCK_LENGTH],
    ['a packet block of 4 GB', fields(true, [4, 6], [4, 0xfffffffc], [4, 0]), CaptureFault.BAD_BLOCK_LENGTH],
    ['a packet block without its fields', buildBlock(6, new Uint8Array(8)), CaptureFault.BAD_BLOCK_LENGTH],
    ['an obsolete one without its fields', buildBlock(2, new Uint8Array(16)), CaptureFault.BAD_BLOCK_LENGTH],
    ['a simple one without its field', buildBlock(3, new Uint8Array(0)), CaptureFault.BAD_BLOCK_LENGTH],
    ['an interface without its fields', buildBlock(1, new Uint8Array(4)), CaptureFault.BAD_BLOCK_LENGTH],
    ['a section without its fields', buildBlock(0x0a0d0d0a, hex('4d3c2b1a')), CaptureFault.BAD_BLOCK_LENGTH],
    ['a section without a magic', buildBlock(0x0a0d0d0a, new Uint8Array(16)), CaptureFault.BAD_BLOCK],
    ['a section of version 2', buildSection(true, 2), CaptureFault.UNKNOWN_FORMAT],
    ['a captured length over the block', enhanced(9, 8), CaptureFault.BAD_PACKET_LENGTH],
    ['a captured length of 4 GB', enhanced(0xffffffff, 8), CaptureFault.BAD_PACKET_LENGTH],
    ['a captured length over the limit', enhanced(262_145, 262_148), CaptureFault.BAD_PACKET_LENGTH],
    ['a simple block cut short', buildBlock(3, fields(true, [4, 9], [4, 0])), CaptureFault.BAD_PACKET_LENGTH],
    ['an unknown interface', enhanced(4, 4, 1), CaptureFault.BAD_BLOCK],
    ['the largest interface number', enhanced(4, 4, 0xffffffff), CaptureFault.BAD_BLOCK],
    ['a packet in a section without interfaces', concat(buildSection(), enhanced(4, 4)), CaptureFault.BAD_BLOCK],
  ];
  it.each(table)('%s ends the capture, after what came before', async (_, bad, fault) => {
    const { packets: seen, end } = await readBytes(concat(good, bad, new Uint8Array(64)), { payloadLength: 50 });
    expect(seen).toHaveLength(1);
    expect(end.fault).toBe(fault);
    expect(end.message).toMatch(/ at byte \d+$/);
    const place = Number(/\d+$/.exec(end.message)?.[0]);
    expect([good.length, good.length + 28]).toContain(place);
  });

  it('survives random changes to a capture', async () => {
    const file = concat(buildPcapng(packets, false), buildSimple(hex('0102')), buildPcapng(packets, true));
    const edit = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
    const run = fc.asyncProperty(fc.array(edit, { maxLength: 20 }), async (edits) => {
      const changed = file.slice();
      for (const [at, value] of edits) changed[at] = value;
      await readBytes(changed, { payloadLength: 64 });
    });
    await fc.assert(run, { seed: 1, numRuns: 300 });
  });
});

describe('cut anywhere', () => {
  it('gives the packets wholly inside, and the fault', async () => {
    const few = packets.slice(0, 4);
    const file = buildPcapng(few, false);
    const ends = [buildSection().length, buildSection().length + buildInterface().length];
    for (const { timeUs, bytes } of few) ends.push(ends.at(-1)! + buildEnhanced(timeUs, bytes).length);
    for (let length = 0; length < file.length; length++) {
      const { packets: seen, end } = await readBytes(file.subarray(0, length));
      const whole = Math.max(ends.filter((at) => at <= length).length - 2, 0);
      expect(seen).toEqual(expectedPackets(few.slice(0, whole)));
      if (length < 4) expect(end.fault).toBe(CaptureFault.UNKNOWN_FORMAT);
      else if (length < ends[0]!) expect(end.fault).toBe(CaptureFault.CUT_HEADER);
      else if (ends.includes(length)) expect(end.fault).toBe(CaptureFault.NONE);
      else expect(end.fault).toBe(CaptureFault.CUT_BLOCK);
    }
  });
});

describe('block sizes', () => {
  it.each([1, 2, 3, 7, 16, 28, 29, 255, 1000])('of %i bytes give the same packets', async (payloadLength) => {
    const file = concat(buildPcapng(packets, true), buildPcapng(packets, false));
    for (const chunk of [1, 5, Infinity]) {
      const { packets: seen } = await readBytes(file, { payloadLength }, [chunk]);
      expect(seen).toEqual([...expectedPackets(packets), ...expectedPackets(packets)]);
    }
  });
});
