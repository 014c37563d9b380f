import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import { type CaptureShape, CaptureWriter } from '../../src/output/capture/capture-writer.ts';
import { OutputError } from '../../src/output/log/output-error.ts';
import { isMadeBeside } from '../../src/output/capture/split-pcap.ts';
import type { BuiltPacket } from '../kit/pcap.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { samplePackets } from '../kit/sample-packets.ts';
import { installed } from '../kit/installed.ts';
import { expectedPackets, readAll } from '../kit/read-all.ts';

const folder = mkdtempSync(join(tmpdir(), 'capture-writer-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A batch of packets built in memory, with some bytes before the first. */
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

const PCAP: CaptureShape = { isPcapng: false, overwrites: true };
const PCAPNG: CaptureShape = { isPcapng: true, overwrites: true };

function write(path: string, packets: readonly BuiltPacket[], linkType = 1, delayUs = 0, shape = PCAP): CaptureWriter {
  const writer = new CaptureWriter(path, shape);
  const batch = batchOf(packets, linkType);
  for (let row = 0; row < batch.count; row++) writer.write(batch, row, delayUs);
  writer.close();
  return writer;
}

describe('a written capture', () => {
  it.each([1, 101, 113, 276])('of link type %i is read back packet by packet', async (linkType) => {
    const path = join(folder, `${linkType}.pcap`);
    const packets = samplePackets(5000, linkType);
    expect(write(path, packets, linkType).remarks).toEqual([]);
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

  it('shifts packets by their delay, and clamps times after the last of the format', async () => {
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

describe('a written pcapng', () => {
  it('is read back packet by packet, of any link type, length and time', async () => {
    const path = join(folder, 'one.pcapng');
    const packets = samplePackets(5000, 3);
    write(path, packets, 101, 0, PCAPNG);
    expect((await readAll(openCapture(path))).packets).toEqual(expectedPackets(packets, 101));
    const edges = [0, 2 ** 32 - 1, 2 ** 32, 5_000_000_000_000_000].map((timeUs, i) => ({
      timeUs,
      bytes: new Uint8Array([0, 1, 262_144, 3][i]!).fill(i),
    }));
    write(path, edges, 1, 0, PCAPNG);
    expect((await readAll(openCapture(path))).packets).toEqual(expectedPackets(edges));
  });

  it('has an interface for each link type, from its first packet on', async () => {
    const path = join(folder, 'several.pcapng');
    const writer = new CaptureWriter(path, PCAPNG);
    writer.begin(113);
    const types = [1, 101, 1, 113, 101];
    for (const [i, linkType] of types.entries())
      writer.write(batchOf([{ timeUs: i, bytes: Uint8Array.of(i) }], linkType), 0, 0);
    writer.close();
    const seen = await readAll(openCapture(path));
    expect(seen.packets.map(({ linkType, timeUs }) => [linkType, timeUs])).toEqual(types.map((type, i) => [type, i]));
    expect(writer.remarks).toEqual([]);
  });

  it('without packets is an empty Ethernet capture', async () => {
    const path = join(folder, 'empty.pcapng');
    write(path, [], 1, 0, PCAPNG);
    expect(await readAll(openCapture(path))).toMatchObject({ packets: [], end: { fault: CaptureFault.NONE } });
  });

  it.skipIf(!installed('tshark'))('is what tshark takes for one', () => {
    const path = join(folder, 'tshark.pcapng');
    const writer = new CaptureWriter(path, PCAPNG);
    const packets = [1, 2, 3, 4, 5].map((length) => ({ timeUs: 1e15 + length, bytes: new Uint8Array(length) }));
    for (const [i, packet] of packets.entries()) writer.write(batchOf([packet], i % 2 === 0 ? 1 : 101), 0, 0);
    writer.close();
    const fields = ['frame.time_epoch', 'frame.len', 'frame.interface_id', 'frame.encap_type'];
    const args = ['-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
    const { stdout, stderr } = spawnSync('tshark', args, { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => /damaged|malformed|error/i.test(line))).toEqual([]);
    // Wireshark's numbers: 1 is Ethernet, 7 is raw IP.
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')),
    ).toEqual(
      packets.map((_, i) => [`1000000000.00000${i + 1}000`, String(i + 1), String(i % 2), i % 2 === 0 ? '1' : '7']),
    );
  });
});

describe('packets of several link types in pcap files', () => {
  const bytes = Uint8Array.of(1, 2);
  const typesIn = async (path: string): Promise<number[]> =>
    (await readAll(openCapture(path))).packets.map(({ linkType }) => linkType);

  function writeTypes(path: string, types: readonly number[], shape = PCAP): CaptureWriter {
    const writer = new CaptureWriter(path, shape);
    for (const type of types) writer.write(batchOf([{ timeUs: 1, bytes }], type), 0, 0);
    writer.close();
    return writer;
  }

  it('go to one file per link type, and none is lost', async () => {
    const path = join(folder, 'mixed.v1.pcap');
    const writer = writeTypes(path, [101, 1, 101, 276, 1, 1, 147]);
    const beside = (name: string): string => join(folder, `mixed.v1.${name}.pcap`);
    expect(await typesIn(path)).toEqual([101, 101]);
    expect(await typesIn(beside('ethernet'))).toEqual([1, 1, 1]);
    expect(await typesIn(beside('linux-sll2'))).toEqual([276]);
    expect(await typesIn(beside('linktype-147'))).toEqual([147]);
    const list = `${beside('ethernet')} (3 packets), ${beside('linux-sll2')} (1 packet), ${beside('linktype-147')} (1 packet)`;
    expect(writer.remarks).toEqual([
      `${path} only has link type raw, because a pcap file has one; packets of other link types are in ${list}; a name that ends in .pcapng takes all of them`,
    ]);
    for (const name of ['ethernet', 'linux-sll2', 'linktype-147']) expect(isMadeBeside(path, beside(name))).toBe(true);
    for (const other of [path, beside('rew'), join(folder, 'mixed.raw.pcap'), join(folder, 'x', 'mixed.v1.raw.pcap')])
      expect(isMadeBeside(path, other)).toBe(false);
  });

  it('do not overwrite an existing file', () => {
    const path = join(folder, 'careful.pcap');
    writeFileSync(join(folder, 'careful.raw.pcap'), 'a file of the user');
    expect(() => writeTypes(path, [1, 101], { ...PCAP, overwrites: false })).toThrow('careful.raw.pcap: EEXIST');
    expect(readFileSync(join(folder, 'careful.raw.pcap'), 'utf8')).toBe('a file of the user');
  });

  it('end with a message if a hostile capture has thousands', () => {
    const types = Array.from({ length: 1000 }, (_, i) => 1000 + i);
    expect(() => writeTypes(join(folder, 'hostile.pcap'), types)).toThrow(
      /packets have more than 32 link types.*pcapng/,
    );
    writeTypes(join(folder, 'hostile.pcapng'), types, PCAPNG);
  });
});

describe('delayed packets', () => {
  const packet = (timeUs: number, mark: number): BuiltPacket => ({ timeUs, bytes: Uint8Array.of(mark, mark >> 8) });

  /** Time and mark of each written packet. */
  async function writtenOrder(
    packets: readonly (readonly [timeUs: number, delayUs: number])[],
    shape: CaptureShape = PCAPNG,
  ): Promise<{ order: number[][]; remarks: string[] }> {
    const path = join(folder, 'delayed.pcapng');
    const writer = new CaptureWriter(path, shape);
    const batch = batchOf(packets.map(([timeUs], i) => packet(timeUs, i)));
    for (const [row, [, delayUs]] of packets.entries()) writer.write(batch, row, delayUs);
    writer.close();
    const { packets: seen } = await readAll(openCapture(path));
    const order = seen.map(({ timeUs, content }) => [timeUs, Buffer.from(content, 'hex').readUInt16LE()]);
    return { order, remarks: writer.remarks };
  }

  it('are sorted among later packets, at equal times by arrival', async () => {
    const { order } = await writtenOrder([
      [100, 0],
      [110, 25],
      [120, 15],
      [130, 0],
      [135, 0],
      [140, 1000],
      [150, 0],
    ]);
    expect(order).toEqual([
      [100, 0],
      [130, 3],
      [135, 1],
      [135, 2],
      [135, 4],
      [150, 6],
      [1140, 5],
    ]);
  });

  it('are in the same order as after sorting, for random packets', async () => {
    const random = new SeededRandom(7);
    const packets = Array.from({ length: 5000 }, (_, i): [number, number] => [
      i * 10,
      random.below(3) === 0 ? 0 : random.below(20_000),
    ]);
    const sorted = packets.map(([timeUs, delayUs], i) => [timeUs + delayUs, i]).sort(([a], [b]) => a! - b!);
    expect((await writtenOrder(packets)).order).toEqual(sorted);
  });

  it('of one capture do not wait for the times of the next', async () => {
    const day = 86_400_000_000;
    const { order } = await writtenOrder([
      [2 * day, 50],
      [2 * day + 20, 0],
      [day, 0],
      [day + 10, 5],
    ]);
    expect(order.map(([, mark]) => mark)).toEqual([1, 0, 2, 3]);
  });

  it('stay within their memory, and a remark reports the wrong order', async () => {
    const packets = Array.from({ length: 100 }, (_, i): [number, number] => [i, 1000 - 5 * i]);
    const { order, remarks } = await writtenOrder(packets, { ...PCAPNG, heldLimit: 1300 });
    expect(order).toHaveLength(100);
    expect(remarks).toEqual([
      expect.stringMatching(/is not in the order of time: 90 delayed packets were written before/),
    ]);
    expect((await writtenOrder(packets)).remarks).toEqual([]);
  });
});

describe('a capture that cannot be written', () => {
  it('fails with the missing folder', () => {
    expect(() => new CaptureWriter(join(folder, 'no', 'x.pcap'), PCAP)).toThrow('ENOENT');
  });

  it.skipIf(!existsSync('/dev/full'))(
    'has a full disk: a sentence, whether it shows while writing or at the end',
    () => {
      expect(() => write('/dev/full', samplePackets(3))).toThrow(OutputError);
      expect(() => write('/dev/full', samplePackets(20_000))).toThrow('cannot write /dev/full: ENOSPC');
    },
  );
});
