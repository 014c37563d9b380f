import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { CaptureWriter } from '../../src/output/capture-writer.ts';
import { OutputError } from '../../src/output/output-error.ts';
import { type BuiltPacket, samplePackets } from '../capture/capture-builder.ts';
import { installed } from '../capture/installed.ts';
import { expectedPackets, readAll } from '../capture/read-all.ts';

const folder = mkdtempSync(join(tmpdir(), 'capture-writer-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A batch over packets built in memory, with some octets before the first. */
function batchOf(packets: readonly BuiltPacket[], linkType = 1): PacketBatch {
  const batch = new PacketBatch(packets.length);
  const octets = new Uint8Array(7 + packets.reduce((sum, { bytes }) => sum + bytes.length, 0));
  batch.reset(new DataView(octets.buffer));
  let at = 7;
  for (const { timeUs, bytes, wireLength } of packets) {
    octets.set(bytes, at);
    batch.push(at, bytes.length, wireLength ?? bytes.length, timeUs, linkType);
    at += bytes.length;
  }
  return batch;
}

function write(path: string, packets: readonly BuiltPacket[], linkType = 1, delayUs = 0): CaptureWriter {
  const writer = new CaptureWriter(path);
  const batch = batchOf(packets, linkType);
  for (let row = 0; row < batch.count; row++) writer.write(batch, row, delayUs);
  writer.close();
  return writer;
}

describe('a written capture', () => {
  it.each([1, 101, 113, 276])('of link type %i is read back packet by packet', async (linkType) => {
    const path = join(folder, `${linkType}.pcap`);
    const packets = samplePackets(5000, linkType);
    expect(write(path, packets, linkType).packetCount).toBe(5000);
    const seen = await readAll(openCapture(path));
    expect(seen.end.fault).toBe(CaptureFault.NONE);
    expect(seen.packets).toEqual(expectedPackets(packets, linkType));
  });

  it('holds packets larger than its buffer has room for, also beside empty ones', async () => {
    const path = join(folder, 'large.pcap');
    const packets = [262_144, 0, 262_144, 262_144, 262_144, 1, 262_144].map((length, i) => ({
      timeUs: i,
      bytes: new Uint8Array(length).fill(i + 1),
    }));
    write(path, packets);
    expect((await readAll(openCapture(path))).packets).toEqual(expectedPackets(packets));
  });

  it('shifts packets by their delay, and clamps times past what the format holds', async () => {
    const path = join(folder, 'times.pcap');
    const bytes = Uint8Array.of(1);
    write(path, [{ timeUs: 1_999_999, bytes }], 1, 0.6);
    expect((await readAll(openCapture(path))).packets[0]?.timeUs).toBe(2_000_000);
    write(path, [
      { timeUs: 4_294_967_295_999_999, bytes },
      { timeUs: 5_000_000_000_000_000, bytes },
    ]);
    const times = (await readAll(openCapture(path))).packets.map(({ timeUs }) => Math.floor(timeUs / 1e6));
    expect(times).toEqual([4_294_967_295, 4_294_967_295]);
  });

  it('leaves packets of another link type out, and counts them', async () => {
    const path = join(folder, 'mixed.pcap');
    const writer = new CaptureWriter(path);
    const packet = { timeUs: 1, bytes: Uint8Array.of(1, 2) };
    for (const linkType of [101, 1, 101]) writer.write(batchOf([packet], linkType), 0, 0);
    writer.close();
    expect([writer.packetCount, writer.otherLinkTypeCount]).toEqual([2, 1]);
    expect((await readAll(openCapture(path))).packets.map(({ linkType }) => linkType)).toEqual([101, 101]);
  });

  it('without packets is an empty Ethernet capture', async () => {
    const path = join(folder, 'empty.pcap');
    write(path, []);
    expect(statSync(path).size).toBe(24);
    expect(await readAll(openCapture(path))).toMatchObject({ packets: [], end: { fault: CaptureFault.NONE } });
  });

  it.skipIf(!installed('capinfos'))('is what capinfos takes for one', () => {
    const path = join(folder, 'capinfos.pcap');
    write(path, samplePackets(300), 101);
    const { stdout, status } = spawnSync('capinfos', ['-M', '-c', '-t', '-E', path], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/File type:.* pcap$/m);
    expect(stdout).toMatch(/Number of packets:\s+300/);
    expect(stdout).toMatch(/encapsulation:\s+rawip/);
  });
});

describe('a capture that cannot be written', () => {
  it('has a missing folder', () => {
    expect(() => new CaptureWriter(join(folder, 'no', 'x.pcap'))).toThrow('ENOENT');
  });

  it.skipIf(!existsSync('/dev/full'))(
    'has a full disk: a sentence, whether it shows while writing or at the end',
    () => {
      expect(() => write('/dev/full', samplePackets(3))).toThrow(OutputError);
      expect(() => write('/dev/full', samplePackets(20_000))).toThrow('cannot write /dev/full: ENOSPC');
    },
  );
});
