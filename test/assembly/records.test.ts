/** The readers of pcap and pcapng in linear memory give the same packets and the same end as their twins, however bytes arrive. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { BlockReader } from '../../src/capture/input/block-reader.ts';
import { RecordMemory } from '../../src/capture/format/record-memory.ts';
import { RecordReader } from '../../src/capture/format/record-reader.ts';
import { BATCH_CAPACITY, PacketBatch } from '../../src/capture/packet-batch.ts';
import { type CaptureEnd, Found } from '../../src/capture/packet-source.ts';
import type { LinearDataplane } from '../../src/dataplane/host/linear-dataplane.ts';
import { damageContainer } from '../fuzz/damage-container.mjs';
import { type TimedFrame, writeContainer } from '../fuzz/container.mjs';
import { InputRandom } from '../fuzz/random.mjs';
import { concat, fields, hex } from '../kit/bytes.mjs';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { buildPcap, type BuiltPacket, type PcapShape } from '../kit/pcap.mjs';
import { buildBlock, buildEnhanced, buildInterface, buildOption, buildSection } from '../kit/pcapng.mjs';
import { plainBlocks } from '../kit/plain-blocks.ts';
import { MemoryFile, MemoryInput } from '../kit/read-all.ts';
import { samplePackets } from '../kit/sample-packets.ts';
import { attackBeginnings } from './attack-beginnings.ts';
import { compiled } from './compiled.ts';
import { PcapReader } from './record-twin/pcap-reader.ts';
import { PcapngReader } from './record-twin/pcapng-reader.ts';
import { stampToMicros } from './record-twin/pcapng-time.ts';

const PCAPNG_START = 0x0a0d0d0a;
const LARGEST_FILE = 400_000;

interface Arrival {
  /** Bytes of a read, repeatedly. */
  readonly pieces?: readonly number[];
  /** Packets of a group. */
  readonly capacity?: number;
  readonly isAsynchronous?: boolean;
}

/** What a reader gives: each packet as a line, and the end. */
interface Seen {
  readonly packets: readonly string[];
  readonly end: CaptureEnd;
}

interface Reader {
  readonly end: CaptureEnd;
  readNow(batch: PacketBatch): Found;
  wait(): Promise<void>;
}

async function readAll(reader: Reader, batch: PacketBatch): Promise<Seen> {
  const packets: string[] = [];
  for (;;) {
    const found = reader.readNow(batch);
    if (found === Found.END) return { packets, end: reader.end };
    if (found === Found.NOT_YET) await reader.wait();
    for (let i = 0; i < batch.count; i++) {
      const { data, at, capturedLength, wireLength, timeUs, linkType } = batch;
      const bytes = Buffer.from(data.buffer, data.byteOffset + at[i]!, capturedLength[i]);
      packets.push(`${timeUs[i]} ${wireLength[i]} ${linkType[i]} ${bytes.toString('latin1')}`);
    }
  }
}

class Readers {
  readonly faults = new Set<number>();
  packets = 0;
  private readonly memory: RecordMemory;

  constructor(memory: RecordMemory) {
    this.memory = memory;
  }

  async compare(bytes: Uint8Array, { pieces, capacity = 64, isAsynchronous = false }: Arrival = {}): Promise<void> {
    if (bytes.length < 4) return;
    const { memory } = this;
    const isPcapng = Buffer.from(bytes).readUInt32BE(0) === PCAPNG_START;
    const Input = isAsynchronous ? MemoryInput : MemoryFile;
    const Twin = isPcapng ? PcapngReader : PcapReader;
    const plain = new BlockReader(new Input(bytes, pieces), plainBlocks(memory.payloadLength));
    const { packets: expected, end } = await readAll(new Twin(plain, false), new PacketBatch(capacity));
    const blocks = new BlockReader(new Input(bytes, pieces), memory);
    const batch = capacity === BATCH_CAPACITY ? memory.ownBatch : new PacketBatch(capacity);
    const seen = await readAll(new RecordReader(blocks, memory, isPcapng, false), batch);
    this.faults.add(end.fault);
    this.packets += expected.length;
    const isSame =
      seen.end.fault === end.fault &&
      seen.end.message === end.message &&
      seen.packets.length === expected.length &&
      seen.packets.every((packet, i) => packet === expected[i]);
    if (isSame) return;
    expect({ ...seen, bytes: Buffer.from(bytes).toString('hex') }).toEqual({ packets: expected, end });
  }
}

async function readersOf(payloadLength: number, build: 'release' | 'debug' = 'release'): Promise<Readers> {
  return new Readers(
    new RecordMemory((await compiled('records', build)) as unknown as LinearDataplane, { payloadLength }),
  );
}

/** Captures that are neither compressed nor large: the committed ones, and the public ones where they are. */
async function files(): Promise<Buffer[]> {
  const publicFolder = resolve(ROOT, '../shared/corpus/captures');
  const others = existsSync(publicFolder) ? (await listCaptures([publicFolder])).paths : [];
  const paths = [...(await committedCaptures()).map((path) => resolve(ROOT, path)), ...others];
  return paths.map((path) => readFileSync(path)).filter(isPlain);
}

function isPlain(bytes: Buffer): boolean {
  if (bytes.length < 24 || bytes.length > LARGEST_FILE) return false;
  const start = bytes.readUInt16BE(0);
  return start === 0xa1b2 || start === 0xd4c3 || start === 0x4d3c || start === 0x0a0d;
}

const packets: BuiltPacket[] = samplePackets(6).map(({ timeUs, bytes }) => ({
  timeUs,
  bytes: concat(hex('02005e000002 02005e000001 0800'), bytes.subarray(0, 60)),
}));

const linux = (little: boolean): Uint8Array => concat(fields(little, [4, 2], [2, 0x0800]), hex('00 00'));

/** One capture of each kind of pcap that is known. */
function pcapVariants(): Uint8Array[] {
  const shapes: PcapShape[] = [true, false].flatMap((littleEndian): PcapShape[] => [
    { littleEndian },
    { littleEndian, nanoseconds: true, magic: 0xa1b23c4d },
    { littleEndian, version: [2, 2], linkType: 6 },
    { littleEndian, version: [2, 2], linkType: 24, wireLengthFirst: true },
    { littleEndian, version: [2, 3], wireLengthFirst: true },
    { littleEndian, version: [543, 0], wireLengthFirst: true },
    { littleEndian, version: [2, 5] },
    { littleEndian, extraHeader: linux(littleEndian) },
    { littleEndian, extraHeader: hex('01b6bf9f') },
    { littleEndian, extraHeader: hex('00000000') },
    { littleEndian, magic: 0xa1b2cd34, extraHeader: linux(littleEndian) },
    { littleEndian, magic: 0xa1b2cd34, extraHeader: concat(linux(littleEndian), hex('01 00 a5a5')) },
    { littleEndian, linkType: 0x0401_0071 },
  ]);
  return shapes.map((shape) => buildPcap(packets, shape));
}

/** Sections, interfaces with their own units, offsets and link types, and blocks that are not read. */
function pcapngVariants(): Uint8Array[] {
  return [true, false].map((little) => {
    const resolution = (value: number): Uint8Array => buildOption(9, Uint8Array.of(value), little);
    const offset = buildOption(14, fields(little, [4, 5], [4, 0]), little);
    const interfaces = [0, 3, 6, 9, 12, 20, 127, 0x80, 0x8a, 0xa0, 0xbf, 0xff].map((value, i) =>
      buildInterface({ linkType: [1, 101, 113][i % 3]!, options: concat(resolution(value), offset) }, little),
    );
    const blocks = packets.map(({ bytes }, i) =>
      buildEnhanced(0x1234_5678_9abcn * BigInt(i + 1), bytes, { row: i * 2, littleEndian: little }),
    );
    const unread = buildBlock(0x0bad, new Uint8Array(64), little);
    return concat(
      buildSection(little),
      ...interfaces,
      unread,
      ...blocks,
      buildSection(little),
      interfaces[3]!,
      blocks[0]!,
    );
  });
}

/** Frames for the fuzzer's writer of captures. */
const frames: TimedFrame[] = packets.map(({ bytes, timeUs }, i) => ({
  time: BigInt(timeUs) * 1000n + BigInt(i),
  bytes: Buffer.from(bytes),
  original: bytes.length + (i % 3),
  link: i % 4 === 3 ? 101 : 1,
}));

describe('readers of records', () => {
  let captures: Buffer[];
  beforeAll(async () => {
    captures = await files();
    expect(captures.length).toBeGreaterThan(100);
  });

  it('give the packets and the end of each capture as their twins do', async () => {
    const readers = await readersOf(1 << 16);
    for (const [i, bytes] of captures.entries()) {
      await readers.compare(bytes, { capacity: [1, 7, 64, BATCH_CAPACITY][i % 4]!, isAsynchronous: i % 5 === 0 });
    }
    expect(readers.packets).toBeGreaterThan(30_000);
  });

  it('do so for the beginning of each attack', async () => {
    const readers = await readersOf(1 << 16);
    for (const bytes of attackBeginnings(300_000).values()) await readers.compare(bytes, { pieces: [50_000, 1] });
    expect(readers.packets).toBeGreaterThan(20_000);
  });

  it('do so for each variant, cut at every byte, and in pieces of every length', async () => {
    const readers = await readersOf(97);
    for (const bytes of [...pcapVariants(), ...pcapngVariants()]) {
      for (let cut = 4; cut <= bytes.length; cut++) await readers.compare(bytes.subarray(0, cut));
      for (let piece = 1; piece < 60; piece++) {
        await readers.compare(bytes, { pieces: [piece], isAsynchronous: piece % 3 === 0, capacity: 1 + (piece % 9) });
      }
    }
  });

  it('do so for damaged captures', async () => {
    const readers = await readersOf(512);
    const random = new InputRandom(2024, 0);
    const variants = [...pcapVariants(), ...pcapngVariants()].map((bytes) => Buffer.from(bytes));
    for (let round = 0; round < 12_000; round++) {
      const made = random.chance(0.5) ? random.pick(variants) : writeContainer(frames.slice(random.below(5)), random);
      const other = random.chance(0.8) ? random.pick(variants) : random.pick(captures).subarray(0, 4096);
      const pieces = random.chance(0.5) ? [random.between(1, 200)] : undefined;
      await readers.compare(damageContainer(made, random, other), { ...(pieces && { pieces }), capacity: 16 });
    }
    expect([...readers.faults].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 10, 11, 12, 20]);
  });

  it('do so for blocks over the limit, and for claims of gigabytes', async () => {
    const readers = await readersOf(1 << 16);
    const section = concat(buildSection(), buildInterface());
    const large = buildBlock(0x0bad, new Uint8Array((1 << 20) + 400));
    const packet = buildEnhanced(1n, packets[0]!.bytes);
    await readers.compare(concat(section, large, packet));
    await readers.compare(concat(section, large.subarray(0, 1 << 20)));
    await readers.compare(concat(section, large.subarray(0, large.length - 4)), { pieces: [1000] });
    for (const type of [1, 2, 3, 6, 0x0bad, PCAPNG_START]) {
      await readers.compare(concat(section, fields(true, [4, type], [4, 0xfffffffc]), new Uint8Array(60_000)));
    }
    const [pcap] = pcapVariants();
    await readers.compare(concat(pcap!, fields(true, [4, 1], [4, 1], [4, 0xffffffff], [4, 0xffffffff])));
    await readers.compare(concat(pcap!, fields(true, [4, 1], [4, 1], [4, 262_144], [4, 1]), new Uint8Array(262_144)));
    await readers.compare(concat(pcap!, fields(true, [4, 1], [4, 1], [4, 262_145], [4, 1]), new Uint8Array(262_145)));
  });

  it('make the same microseconds of every unit', async () => {
    const { exports } = await compiled<'stampToMicros'>('records');
    const random = new InputRandom(7, 0);
    for (let round = 0; round < 60_000; round++) {
      const high = random.chance(0.5) ? random.word() >>> 0 : random.below(1 << 22);
      const low = random.word() >>> 0;
      const resolution = round % 256;
      const micros = exports.stampToMicros(high, low, resolution);
      if (micros !== stampToMicros(high, low, resolution)) expect([high, low, resolution, micros]).toEqual([]);
    }
  });

  it('read within the bytes that are there', async () => {
    const readers = await readersOf(512, 'debug');
    const random = new InputRandom(2025, 0);
    const variants = [...pcapVariants(), ...pcapngVariants()].map((bytes) => Buffer.from(bytes));
    for (let round = 0; round < 1500; round++) {
      const made = random.chance(0.5) ? random.pick(variants) : writeContainer(frames, random);
      const pieces = random.chance(0.5) ? [random.between(1, 200)] : undefined;
      await readers.compare(damageContainer(made, random, random.pick(variants)), { ...(pieces && { pieces }) });
    }
  });
});
