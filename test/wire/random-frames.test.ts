/**
 * The compiled layer walk over frames of every kind, whole, damaged and nested. What takes usual packets in one go fills the same view as
 * the steps alone; the debug build says the same as the release build; and a plain reading says the same of the plainest packets.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { DECODE_STATUS_NAMES, DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { Fragment, Transport } from '../../src/dataplane/host/packet-codes.ts';
import { compiledCodes } from '../assembly/compiled-codes.ts';
import { compiled, type Compiled } from '../assembly/compiled.ts';
import { LinearPacket } from '../assembly/linear-packet.ts';
import {
  attackFrames,
  committedFrames,
  publicFrames,
  type SampleFrame,
  vectorFrames,
} from '../assembly/sample-frames.ts';
import { damageFrame } from '../fuzz/damage-frame.mjs';
import { InputRandom } from '../fuzz/random.mjs';
import { wrap } from '../fuzz/wrap.mjs';
import { POISONS } from '../kit/poisons.ts';
import type { WalkName } from './linear-walk.ts';
import { type PlainFrame, readPlainFrame } from './plain-frames.ts';

type Name = WalkName | 'stepsAt' | 'stepsViewAt' | 'stepsFragmentAt';

const LINK_TYPES = Object.values(compiledCodes('LinkType.'));
const ETHERNET = 1;

/** Offsets in the view (dataplane/assembly/wire/packet-view): fields of 32, 16 and 8 bits. */
const WORDS = {
  payloadAt: 8,
  payloadCaptured: 12,
  payloadLength: 16,
  wireLength: 20,
  domain: 36,
  encapsulation: 96,
  vlans: 100,
};
const SOURCE = 48;
const DESTINATION = 64;
const [SOURCE_PORT, DESTINATION_PORT] = [80, 82];
const BYTES = { transport: 84, status: 85, fragment: 87 };
const IS_WIDE = 88;
const TCP_FLAGS = 89;
const TCP_SEQUENCE = 92;
/** Words of a fragment's header (dataplane/assembly/wire/fragment-header). */
const HEADER_WORDS = 13;

/** One build: decodes a frame by the walk, and by its steps alone. */
class Walks {
  private readonly packet: LinearPacket;
  private readonly exports: Compiled<Name>['exports'];

  private constructor(wasm: Compiled<Name>) {
    this.exports = wasm.exports;
    this.packet = new LinearPacket(wasm);
  }

  static async make(build: 'release' | 'debug'): Promise<Walks> {
    return new Walks(await compiled<Name>('wire-walk', build));
  }

  put(bytes: Buffer, poison: number): void {
    this.packet.put(bytes, poison);
  }

  /** Status and view of the packet that was put; throws where the steps alone say something else. */
  decode({ bytes, original, link }: SampleFrame, hasDomain: 0 | 1): readonly number[] {
    const { exports, packet } = this;
    const wire = Math.min(0xffffffff, Math.max(original, bytes.length));
    const status = exports.decodeAt(packet.at, bytes.length, wire, link, hasDomain);
    const view = [status, ...this.view(status, exports.viewAt(), exports.fragmentAt(hasDomain))];
    const byItsSteps = exports.stepsAt(packet.at, bytes.length, wire, link, hasDomain);
    const steps = [byItsSteps, ...this.view(byItsSteps, exports.stepsViewAt(), exports.stepsFragmentAt(hasDomain))];
    if (view.join() !== steps.join()) throw new Error(`${view.join(' ')}, by its steps ${steps.join(' ')}`);
    return view;
  }

  /** What may be relied on in a view: nothing unless its status is OK. */
  private view(status: number, view: number, header: number): number[] {
    if (status !== DecodeStatus.OK) return [];
    const { data } = this.packet;
    const values = Object.values(WORDS).map((offset) => data.getUint32(view + offset, true));
    values[0] = values[0]! - this.packet.at;
    for (const offset of Object.values(BYTES)) values.push(data.getUint8(view + offset));
    const fragment = data.getUint8(view + BYTES.fragment);
    if (fragment !== Fragment.NONE)
      for (let word = 0; word < HEADER_WORDS; word++) values.push(data.getUint32(header + 4 * word, true));
    if (fragment === Fragment.LATER) return values;
    for (let word = 0; word < 8; word++) values.push(data.getUint32(view + SOURCE + 4 * word, true));
    values.push(data.getUint16(view + SOURCE_PORT, true), data.getUint16(view + DESTINATION_PORT, true));
    values.push(data.getUint8(view + IS_WIDE));
    if (data.getUint8(view + BYTES.transport) !== Transport.TCP) return values;
    return [...values, data.getUint8(view + TCP_FLAGS), data.getUint32(view + TCP_SEQUENCE, true)];
  }

  /** The view of the packet decoded last, as a plain reading says it. */
  plain(): PlainFrame {
    const { data, at } = this.packet;
    const view = this.exports.viewAt();
    const word = (offset: number): number => data.getUint32(view + offset, true);
    const address = (offset: number): string =>
      [0, 4, 8, 12]
        .map((more) =>
          word(offset + more)
            .toString(16)
            .padStart(8, '0'),
        )
        .join('');
    const isTcp = data.getUint8(view + BYTES.transport) === Transport.TCP;
    return {
      source: address(SOURCE),
      destination: address(DESTINATION),
      transport: data.getUint8(view + BYTES.transport),
      sourcePort: data.getUint16(view + SOURCE_PORT, true),
      destinationPort: data.getUint16(view + DESTINATION_PORT, true),
      payloadAt: word(WORDS.payloadAt) - at,
      payloadLength: word(WORDS.payloadLength),
      payloadCaptured: word(WORDS.payloadCaptured),
      vlans: [word(WORDS.vlans) & 0xffff, word(WORDS.vlans) >>> 16].filter((id) => id > 0).map((id) => id - 1),
      sequence: isTcp ? word(TCP_SEQUENCE) : 0,
      flags: isTcp ? data.getUint8(view + TCP_FLAGS) : 0,
    };
  }
}

/** Frames decoded in one build, or in two that must agree. */
class Comparison {
  readonly statuses = new Set<number>();
  /** Frames that a plain reading could read. */
  plainCount = 0;
  private readonly builds: readonly Walks[];

  constructor(...builds: Walks[]) {
    this.builds = builds;
  }

  compare(frame: SampleFrame, poison: number): void {
    try {
      for (const walks of this.builds) walks.put(frame.bytes, poison);
      for (const hasDomain of [0, 1] as const) this.compareOne(frame, hasDomain);
    } catch (error) {
      throw new Error(`${frame.bytes.toString('hex')} of ${frame.original} bytes, link type ${frame.link}`, {
        cause: error,
      });
    }
  }

  private compareOne(frame: SampleFrame, hasDomain: 0 | 1): void {
    const [first, ...others] = this.builds.map((walks) => walks.decode(frame, hasDomain).join(' '));
    for (const other of others) if (other !== first) throw new Error(`${first}, in the other build ${other}`);
    const status = Number.parseInt(first!, 10);
    this.statuses.add(status);
    const plain = frame.link === ETHERNET ? readPlainFrame(frame.bytes) : null;
    if (plain === null) return;
    this.plainCount++;
    if (status !== DecodeStatus.OK) throw new Error(`${DECODE_STATUS_NAMES[status]}, and plain`);
    const seen = JSON.stringify(this.builds[0]!.plain());
    if (seen !== JSON.stringify(plain)) throw new Error(`${seen}, plainly ${JSON.stringify(plain)}`);
  }
}

/** What an ethertype field may say; most are in no capture. */
const ETHERTYPES = [
  ...[0x0800, 0x0806, 0x6558, 0x8100, 0x86dd, 0x880b, 0x8847, 0x8848, 0x883e, 0x8864, 0x88be, 0x88a8],
  ...[0x22eb, 0x88e5, 0x88e7, 0x8909, 0x8926, 0x894f, 0x9100, 0x9200, 0, 46, 0x0600],
];
const IPV4 = 0x0800;

/** The outermost IPv4 packet of an Ethernet frame as a fragment: a first one that is shorter than its transport's header, or a later one. */
function fragmented(frame: SampleFrame, random: InputRandom): SampleFrame {
  if (frame.link !== ETHERNET || frame.bytes.length < 60 || frame.bytes.readUInt16BE(12) !== IPV4) return frame;
  const bytes = Buffer.from(frame.bytes.subarray(0, 34 + random.below(frame.bytes.length - 34)));
  bytes.writeUInt16BE(bytes.length - 14, 16);
  bytes.writeUInt16BE(random.chance(0.6) ? 0x2000 : random.below(0x4000), 20);
  return { ...frame, bytes, original: bytes.length };
}

/** Another ethertype in the frame's own field or anywhere near. */
function retyped(frame: SampleFrame, random: InputRandom): SampleFrame {
  if (frame.bytes.length < 16) return frame;
  const bytes = Buffer.from(frame.bytes);
  const at = random.chance(0.5) ? 12 : 2 * random.below(Math.min(bytes.length, 80) >> 1);
  bytes.writeUInt16BE(random.pick(ETHERTYPES), Math.min(at, bytes.length - 2));
  return { ...frame, bytes };
}

/** The frame damaged up to five times, in further encapsulations, or as a frame of another link type. */
function mutated(frame: SampleFrame, random: InputRandom, number: number): SampleFrame {
  let made = random.chance(0.1) ? fragmented(frame, random) : frame;
  if (random.chance(0.3)) made = wrap(made, number, random);
  if (random.chance(0.1)) made = fragmented(made, random);
  if (random.chance(0.1)) made = retyped(made, random);
  for (let left = random.below(5); left > 0; left--) made = damageFrame(made, random);
  if (random.chance(0.05)) made = { ...made, link: random.pick(LINK_TYPES) };
  return random.chance(0.01) ? { ...made, original: random.word() >>> 0 } : made;
}

describe('the layer walk', () => {
  let frames: SampleFrame[];
  let release: Walks;
  beforeAll(async () => {
    frames = [...vectorFrames(), ...(await committedFrames(3000))];
    expect(frames.length).toBeGreaterThan(20_000);
    release = await Walks.make('release');
  });

  it('takes each frame in one go as by its steps, and reads what a plain reading reads', async () => {
    const comparison = new Comparison(release);
    for (const [i, frame] of frames.entries()) comparison.compare(frame, POISONS[i % POISONS.length]!);
    for (const frame of [...(await publicFrames(400)), ...(await attackFrames(60))]) comparison.compare(frame, 0xa5);
    expect(comparison.plainCount).toBeGreaterThan(10_000);
  });

  it('does so for damaged and nested frames', () => {
    const comparison = new Comparison(release);
    const random = new InputRandom(1616, 0);
    for (let round = 0; round < 150_000; round++)
      comparison.compare(mutated(random.pick(frames), random, round), random.pick(POISONS));
    const missing = Object.entries(DecodeStatus).filter(([, status]) => !comparison.statuses.has(status));
    expect(missing.map(([name]) => name)).toEqual([]);
    expect(comparison.plainCount).toBeGreaterThan(10_000);
  });

  it('does so for frames cut at every byte', () => {
    const comparison = new Comparison(release);
    for (const { bytes, original, link } of vectorFrames()) {
      for (let length = 0; length <= Math.min(bytes.length, 200); length++) {
        comparison.compare({ bytes: bytes.subarray(0, length), original, link }, 0x45);
        comparison.compare({ bytes: bytes.subarray(0, length), original: length, link }, 0x60);
      }
    }
  });

  it('reads nothing outside of the packet, and says the same in both builds', async () => {
    const comparison = new Comparison(await Walks.make('debug'), release);
    const random = new InputRandom(1617, 0);
    for (let round = 0; round < 15_000; round++)
      comparison.compare(mutated(random.pick(frames), random, round), random.pick(POISONS));
  });
});
