/**
 * Record headers whose length no magic states: those of Red Hat, SuSE and Nokia are detected, and ordinary ones are
 * never mistaken for them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteInput } from '../../src/capture/input/byte-input.ts';
import { captureOf } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { concat, fields, hex } from '../kit/bytes.mjs';
import { buildPcap, buildPcapRecord, type BuiltPacket, type PcapShape } from '../kit/pcap.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { expectedPackets, MemoryInput, readBytes } from '../kit/read-all.ts';

const MODIFIED = 0xa1b2cd34;

/** Packets that begin like Ethernet frames. */
const packets: BuiltPacket[] = samplePackets(12).map(({ timeUs, bytes }) => ({
  timeUs,
  bytes: concat(hex('02005e000002 02005e000001 0800'), bytes),
}));

/** Interface 2, protocol 0x0800, a packet to this host; then the fields that SuSE adds. */
const linux = (littleEndian: boolean): Uint8Array => concat(fields(littleEndian, [4, 2], [2, 0x0800]), hex('00 00'));
const suse = (littleEndian: boolean): Uint8Array => concat(linux(littleEndian), hex('01 00 a5a5'));

const VARIANTS: Readonly<Record<string, PcapShape>> = {
  'Red Hat 6.1': { extraHeader: linux(true) },
  'Red Hat 6.1, big-endian': { extraHeader: linux(false), littleEndian: false },
  'the patch of 1999-10-29': { magic: MODIFIED, extraHeader: linux(true) },
  'SuSE 6.3': { magic: MODIFIED, extraHeader: suse(true) },
  'SuSE 6.3, big-endian': { magic: MODIFIED, extraHeader: suse(false), littleEndian: false },
  Nokia: { extraHeader: hex('01b6bf9f') },
  'Nokia, as editcap writes it': { extraHeader: hex('00000000') },
};

describe('records of', () => {
  it.each(Object.entries(VARIANTS))('%s are read', async (_, shape) => {
    const { packets: seen, end } = await readBytes(buildPcap(packets, shape));
    expect(seen).toEqual(expectedPackets(packets));
    expect(end.fault).toBe(CaptureFault.NONE);
  });

  it.each(Object.entries(VARIANTS))('%s are read where there is one only', async (_, shape) => {
    const { packets: seen, end } = await readBytes(buildPcap(packets.slice(0, 1), shape));
    expect(seen).toEqual(expectedPackets(packets.slice(0, 1)));
    expect(end.fault).toBe(CaptureFault.NONE);
  });

  it.each(Object.entries(VARIANTS))('%s are read alike however the bytes arrive', async (_, shape) => {
    const file = buildPcap(packets, shape);
    const whole = await readBytes(file);
    for (let cut = 0; cut <= file.length; cut += cut < 200 ? 1 : 97) {
      expect(await readBytes(file.subarray(0, cut), {}, [1])).toEqual(await readBytes(file.subarray(0, cut)));
    }
    for (const pieces of [[1], [24, 16, 1], [24, 28, 200], [1000]]) {
      expect(await readBytes(file, {}, pieces)).toEqual(whole);
    }
  });

  it.each(Object.entries(VARIANTS))('%s are read up to where the file is cut', async (_, shape) => {
    const file = buildPcap(packets, shape);
    const last = buildPcapRecord(packets.at(-1)!, shape).length;
    const { packets: seen, end } = await readBytes(file.subarray(0, file.length - last + 3));
    expect(seen).toEqual(expectedPackets(packets.slice(0, -1)));
    expect(end.fault).toBe(CaptureFault.CUT_PACKET);
  });

  it('AIX have nanoseconds, interchanged lengths and interface types for link types', async () => {
    const shape: PcapShape = { version: [2, 2], wireLengthFirst: true, nanoseconds: true, magic: 0xa1b2c3d4 };
    for (const [interfaceType, linkType] of [
      [6, 1],
      [24, 0],
    ] as const) {
      const { packets: seen } = await readBytes(buildPcap(packets, { ...shape, linkType: interfaceType }));
      expect(seen).toEqual(expectedPackets(packets).map((packet) => ({ ...packet, linkType })));
    }
  });
});

describe('usual records', () => {
  it('stay usual whatever is odd about their headers', async () => {
    const run = fc.asyncProperty(
      fc.integer({ min: 1, max: 1 << 30 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      fc.constantFrom(0, 1, 60, 262_144),
      fc.boolean(),
      async (seed, count, littleEndian, snapshotLength, isLate) => {
        const odd = samplePackets(count, seed).map((packet) => ({
          ...packet,
          timeUs: packet.timeUs,
          wireLength: isLate ? 0 : packet.bytes.length,
        }));
        const { packets: seen } = await readBytes(buildPcap(odd, { littleEndian, snapshotLength }));
        expect(seen.map(({ content }) => content)).toEqual(expectedPackets(odd).map(({ content }) => content));
      },
    );
    await fc.assert(run, { seed: 20241110, numRuns: 300 });
  });

  it.each([true, false])(
    'of nanoseconds under the magic of microseconds stay usual, little-endian %s',
    async (little) => {
      const shape = { nanoseconds: true, magic: 0xa1b2c3d4, littleEndian: little };
      const { packets: seen } = await readBytes(buildPcap(packets, shape));
      expect(seen.map(({ content }) => content)).toEqual(expectedPackets(packets).map(({ content }) => content));
    },
  );

  it('stay usual with bytes behind the only one', async () => {
    for (const length of [1, 4, 8, 12]) {
      const file = concat(buildPcap(packets.slice(0, 1)), new Uint8Array(length));
      const { packets: seen, end } = await readBytes(file);
      expect(seen).toEqual(expectedPackets(packets.slice(0, 1)));
      expect(end.fault).toBe(CaptureFault.CUT_PACKET);
    }
  });

  it('of a pipe do not wait for the second where the first settles it', async () => {
    const file = buildPcap(packets.slice(0, 1));
    const input = new MemoryInput(file);
    const silence = new Promise<never>(() => undefined);
    const pipe: ByteInput = {
      end: input.end,
      read: async (target, at, length) => (await input.read(target, at, length)) || silence,
      close: () => input.close(),
    };
    const batch = new PacketBatch(4);
    expect(await captureOf('pipe', pipe).read(batch)).toBe(true);
    expect(batch.count).toBe(1);
  });
});
