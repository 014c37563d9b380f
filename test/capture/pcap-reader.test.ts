import { Readable } from 'node:stream';
import fc from 'fast-check';
import { parse } from 'pcap-parser';
import { describe, expect, it } from 'vitest';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { concat, fields, hex } from '../kit/bytes.mjs';
import { buildPcap, buildPcapHeader, buildPcapRecord, type PcapShape } from '../kit/pcap.mjs';
import { buildSection } from '../kit/pcapng.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { contentOf, expectedPackets, readBytes } from '../kit/read-all.ts';
import type { SeenPacket } from '../kit/read-all.ts';

const packets = samplePackets(12);

describe('vectors', () => {
  it('reads the layout of draft-ietf-opsawg-pcap, figures 1 and 2, little-endian', async () => {
    const file = hex(`
      d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000
      90a3cf65 40e20100 04000000 3c000000 deadbeef`);
    expect(await readBytes(file)).toEqual({
      packets: [{ timeUs: 1_708_106_640_123_456, capturedLength: 4, wireLength: 60, linkType: 1, content: 'deadbeef' }],
      end: { fault: CaptureFault.NONE, message: '' },
    });
  });

  it('reads the same in big-endian, with an FCS length in the link type field', async () => {
    const file = hex(`
      a1b2c3d4 0002 0004 00000000 00000000 0000ffff 24000071
      65cfa390 0001e240 00000004 0000003c deadbeef`);
    const { packets: seen } = await readBytes(file);
    expect(seen).toEqual([
      { timeUs: 1_708_106_640_123_456, capturedLength: 4, wireLength: 60, linkType: 113, content: 'deadbeef' },
    ]);
  });

  it("reads Kuznetzov's records: libpcap's pcap_sf_patched_pkthdr is index, protocol, type and a pad byte longer", async () => {
    const file = hex(`
      34cdb2a1 0200 0400 00000000 00000000 60000000 01000000
      90a3cf65 40e20100 02000000 02000000 03000000 0008 00 00 cafe
      91a3cf65 00000000 01000000 01000000 03000000 0008 04 00 77`);
    const { packets: seen, end } = await readBytes(file);
    expect(seen.map(({ content }) => content)).toEqual(['cafe', '77']);
    expect(end.fault).toBe(CaptureFault.NONE);
  });
});

describe('variants of one capture', () => {
  const shapes: Record<string, PcapShape> = {
    'big-endian': { littleEndian: false },
    nanoseconds: { nanoseconds: true },
    'nanoseconds, big-endian': { nanoseconds: true, littleEndian: false },
    modified: { magic: 0xa1b2cd34, extraHeaderLength: 8 },
    'modified, big-endian': { magic: 0xa1b2cd34, extraHeaderLength: 8, littleEndian: false },
    'version 2.2 with interchanged lengths': { version: [2, 2], wireLengthFirst: true },
    'version 543.0 with interchanged lengths': { version: [543, 0], wireLengthFirst: true, littleEndian: false },
    'version 2.3 with interchanged lengths': { version: [2, 3], wireLengthFirst: true },
    'version 2.3 without': { version: [2, 3] },
    'a snapshot length below the packets': { snapshotLength: 1 },
  };
  it.each(Object.entries(shapes))('%s', async (_, shape) => {
    const { packets: seen, end } = await readBytes(buildPcap(packets, shape));
    expect(seen).toEqual(expectedPackets(packets));
    expect(end.fault).toBe(CaptureFault.NONE);
  });

  it('shows link types beyond 16 bits as 65535', async () => {
    const { packets: seen } = await readBytes(buildPcap(packets, { linkType: 0x10001 }));
    expect(seen[0]?.linkType).toBe(0xffff);
  });

  it('takes the captured length for the wire length where that is less', async () => {
    const { packets: seen } = await readBytes(buildPcap([{ timeUs: 0, bytes: hex('010203'), wireLength: 2 }]));
    expect(seen[0]).toMatchObject({ capturedLength: 3, wireLength: 3 });
  });

  it('knows 2106 and a fraction of more than a second', async () => {
    const file = concat(buildPcapHeader(), fields(true, [4, 0xffffffff], [4, 0xffffffff], [4, 0], [4, 0]));
    expect((await readBytes(file)).packets[0]?.timeUs).toBe(4_294_967_295 * 1_000_000 + 4_294_967_295);
  });
});

describe('two captures joined by cat', () => {
  const packets = [1, 2].map((timeUs) => ({ timeUs, bytes: hex('0102030405') }));

  it.each([
    ['pcap', buildPcap(packets)],
    ['pcap of the other byte order', buildPcap(packets, { littleEndian: false })],
    ['pcapng', buildSection()],
  ])('end at the second, a %s, with what to do, and without a packet of its header', async (_what, second) => {
    const first = buildPcap(packets);
    const { packets: seen, end } = await readBytes(concat(first, second));
    expect(seen).toEqual(expectedPackets(packets));
    expect(end).toEqual({
      fault: CaptureFault.BAD_PACKET_LENGTH,
      message: `another capture begins, as where files are joined by cat (give each file by itself, or join them by mergecap -a), at byte ${first.length}`,
    });
  });
});

describe('the independent twin, pcap-parser', () => {
  function readWithTwin(bytes: Uint8Array): Promise<SeenPacket[]> {
    return new Promise((resolve, reject) => {
      const seen: SeenPacket[] = [];
      let linkType = 0;
      const parser = parse(Readable.from([Buffer.from(bytes)]));
      parser.on('globalHeader', (header) => (linkType = header.linkLayerType));
      parser.on('packet', ({ header, data }) => {
        seen.push({
          timeUs: header.timestampSeconds * 1_000_000 + header.timestampMicroseconds,
          capturedLength: header.capturedLength,
          wireLength: header.originalLength,
          linkType,
          content: contentOf(data),
        });
      });
      parser.on('end', () => {
        resolve(seen);
      });
      parser.on('error', reject);
    });
  }

  it('agrees on random captures in random pieces', async () => {
    const run = fc.asyncProperty(
      fc.integer({ min: 1, max: 1 << 30 }),
      fc.nat(40),
      fc.boolean(),
      fc.nat(300),
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 }),
      async (seed, count, littleEndian, linkType, chunkLengths) => {
        const file = buildPcap(samplePackets(count, seed), { littleEndian, linkType });
        const { packets: seen } = await readBytes(file, { payloadLength: chunkLengths[0]! }, chunkLengths);
        expect(seen).toEqual(await readWithTwin(file));
      },
    );
    await fc.assert(run, { seed: 20241110, numRuns: 150 });
  });
});

describe('cut anywhere', () => {
  it.each([
    ['little-endian', {}],
    ['modified, big-endian', { magic: 0xa1b2cd34, extraHeaderLength: 8, littleEndian: false }],
  ])('gives the packets wholly inside, and the fault: %s', async (_, shape: PcapShape) => {
    const few = packets.slice(0, 4);
    const file = buildPcap(few, shape);
    const ends = [24];
    for (const packet of few) ends.push(ends.at(-1)! + buildPcapRecord(packet, shape).length);
    for (let length = 0; length < file.length; length++) {
      const { packets: seen, end } = await readBytes(file.subarray(0, length));
      const whole = ends.filter((at) => at <= length).length - 1;
      expect(seen).toEqual(expectedPackets(few.slice(0, Math.max(whole, 0))));
      if (length < 4) expect(end.fault).toBe(CaptureFault.UNKNOWN_FORMAT);
      else if (length < 24) expect(end.fault).toBe(CaptureFault.CUT_HEADER);
      else if (ends.includes(length)) expect(end.fault).toBe(CaptureFault.NONE);
      else expect(end).toMatchObject({ fault: CaptureFault.CUT_PACKET });
      if (end.fault === CaptureFault.CUT_PACKET) expect(end.message).toContain(`at byte ${ends[whole]}`);
    }
  });
});

describe('block sizes', () => {
  it.each([1, 2, 3, 7, 16, 17, 24, 100, 255, 1000, 4096])(
    'of %i bytes give the same packets',
    async (payloadLength) => {
      const file = buildPcap(packets);
      for (const chunk of [1, 5, Infinity]) {
        const { packets: seen } = await readBytes(file, { payloadLength }, [chunk]);
        expect(seen).toEqual(expectedPackets(packets));
      }
    },
  );
});

describe('hostile', () => {
  it.each([262_145, 0x7fffffff, 0xffffffff])(
    'ends at a captured length of %i, after what came before',
    async (length) => {
      const bad = fields(true, [4, 1], [4, 1], [4, length], [4, length]);
      const { packets: seen, end } = await readBytes(concat(buildPcap(packets), bad, new Uint8Array(1000)));
      expect(seen).toEqual(expectedPackets(packets));
      expect(end.fault).toBe(CaptureFault.BAD_PACKET_LENGTH);
      expect(end.message).toContain(`${length} captured bytes`);
      expect(end.message).toContain(`at byte ${buildPcap(packets).length}`);
    },
  );

  it('takes the largest packet, over block boundaries too', async () => {
    const large = [{ timeUs: 5, bytes: new Uint8Array(262_144).fill(7) }, ...packets];
    for (const payloadLength of [1000, 262_144, 1 << 20]) {
      expect((await readBytes(buildPcap(large), { payloadLength })).packets).toEqual(expectedPackets(large));
    }
  });

  it.each([
    [1, 4],
    [2, 5],
    [3, 0],
    [543, 1],
    [0, 0],
  ])('refuses version %i.%i', async (major, minor) => {
    const { packets: seen, end } = await readBytes(buildPcap(packets, { version: [major, minor] }));
    expect(seen).toEqual([]);
    expect(end.fault).toBe(CaptureFault.UNKNOWN_FORMAT);
    expect(end.message).toContain(`${major}.${minor}`);
  });

  it('survives random bytes behind a header, and random changes to a capture', async () => {
    const file = buildPcap(packets);
    const run = fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 20 }),
      async (edits) => {
        const changed = file.slice();
        for (const [at, value] of edits) changed[at] = value;
        await readBytes(changed, { payloadLength: 64 });
      },
    );
    await fc.assert(run, { seed: 1, numRuns: 300 });
  });
});
