import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { concat, hex } from '../kit/bytes.mjs';
import { buildPcap } from '../kit/pcap.mjs';
import { buildPcapng } from '../kit/pcapng.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { expectedPackets, readBytes } from '../kit/read-all.ts';

const packets = samplePackets(40);
const file = buildPcap(packets);
const zipped = gzipSync(file);

describe('gzip', () => {
  it('reads what `gzip -9` 1.12 made of a capture of one packet', async () => {
    const { packets: seen, end } = await readBytes(
      hex(`
      1f8b08088f80026b0203652e7063617000bb7278d3422606160604606160049213169f4f7578c40896b101e27b6bf7bd070054d672312c000000`),
    );
    expect(end).toEqual({ fault: CaptureFault.NONE, message: '' });
    expect(seen).toMatchObject([{ timeUs: 1_708_106_640_123_456, wireLength: 60, content: 'deadbeef' }]);
  });

  it.each([1, 7, 1000, Infinity])('gives the packets inside, in pieces of %i bytes', async (chunk) => {
    for (const inner of [file, buildPcapng(packets, false)]) {
      const { packets: seen, end } = await readBytes(gzipSync(inner), {}, [chunk]);
      expect(end).toEqual({ fault: CaptureFault.NONE, message: '' });
      expect(seen).toEqual(expectedPackets(packets));
    }
  });

  it('joins concatenated members', async () => {
    const parts = [0, 10, 11, 1000, file.length].map((from, i, all) => gzipSync(file.subarray(from, all[i + 1])));
    for (const chunk of [1, 100, Infinity]) {
      const { packets: seen, end } = await readBytes(concat(...parts), {}, [chunk]);
      expect(end).toEqual({ fault: CaptureFault.NONE, message: '' });
      expect(seen).toEqual(expectedPackets(packets));
    }
  });

  it('passes over zeros behind the last member silently, and over anything else with a remark', async () => {
    const padded = await readBytes(concat(zipped, new Uint8Array(3000)));
    expect(padded).toEqual({ packets: expectedPackets(packets), end: { fault: CaptureFault.NONE, message: '' } });
    const trailed = await readBytes(concat(zipped, Buffer.from('not gzip at all')));
    expect(trailed.packets).toEqual(expectedPackets(packets));
    expect(trailed.end.fault).toBe(CaptureFault.NONE);
    expect(trailed.end.message).toContain('skipped');
  });

  it('finds gzip inside gzip to be no capture', async () => {
    const { packets: seen, end } = await readBytes(gzipSync(zipped));
    expect(seen).toEqual([]);
    expect(end.fault).toBe(CaptureFault.UNREAD_FORMAT);
    expect(end.message).toContain('more than once');
  });

  it('cut anywhere gives the packets wholly inside', async () => {
    for (let length = 2; length < zipped.length; length += 3) {
      const cut = zipped.subarray(0, length);
      const inside = gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH });
      const { packets: seen, end } = await readBytes(cut);
      expect(seen).toEqual((await readBytes(inside)).packets);
      expect(end.fault).toBe(CaptureFault.CUT_COMPRESSION);
    }
  });

  it('names a fault of the capture inside with offsets of the uncompressed stream', async () => {
    const { end } = await readBytes(gzipSync(file.subarray(0, file.length - 1)));
    expect(end.fault).toBe(CaptureFault.CUT_PACKET);
    expect(end.message).toMatch(/of the uncompressed stream$/);
  });

  it('delivers what comes before damage, but for what 16 KB of compressed bytes hold', async () => {
    const many = samplePackets(5000);
    const whole = gzipSync(buildPcap(many));
    // A deflate block of the reserved type 3 in place of the data after the middle.
    for (const byte of [0x06, 0xff, 0x00]) {
      const damaged = Uint8Array.from(whole).fill(byte, whole.length >> 1);
      const { packets: seen, end } = await readBytes(damaged);
      expect(end.fault).not.toBe(CaptureFault.NONE);
      expect(seen.length).toBeGreaterThan(2200);
      expect(seen.slice(0, 2200)).toEqual(expectedPackets(many).slice(0, 2200));
    }
  });

  it('takes all optional fields of a header', async () => {
    const header = hex('1f8b081e00000000 0003 0500 0102030405 6e616d6500 636f6d6d656e7400 abcd');
    const { packets: seen, end } = await readBytes(concat(header, zipped.subarray(10)), {}, [1, 3]);
    expect(end).toEqual({ fault: CaptureFault.NONE, message: '' });
    expect(seen).toEqual(expectedPackets(packets));
  });

  it('refuses a wrong checksum and a wrong method', async () => {
    const wrongSum = Uint8Array.from(zipped);
    wrongSum[wrongSum.length - 6]! ^= 1;
    expect((await readBytes(wrongSum)).end.fault).toBe(CaptureFault.BAD_COMPRESSION);
    expect((await readBytes(hex('1f8b09000000000000030000'))).end.fault).toBe(CaptureFault.BAD_COMPRESSION);
  });

  it('streams a bomb in bounded memory', async () => {
    // A record whose block is 300 MB of zeros: 300 KB of gzip.
    const block = concat(hex('0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000'), hex('ad0b0000 00 00 c0 12'));
    const bomb = gzipSync(concat(block, new Uint8Array(0x12c00000 - 8)), { level: 9 });
    expect(bomb.length).toBeLessThan(400_000);
    const before = process.memoryUsage.rss();
    const { end } = await readBytes(bomb);
    expect(end).toEqual({ fault: CaptureFault.NONE, message: '' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
  });
});
