/** The layer walk in AssemblyScript fills the same view as its oracle, from frames of every kind, whole, damaged and nested. */
import { beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../src/dataplane/wire/decode.ts';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { EtherType } from '../../src/dataplane/wire/ethernet.ts';
import { Fragment, Transport } from '../../src/dataplane/host/packet-codes.ts';
import { PacketView } from '../../src/dataplane/wire/packet-view.ts';
import { LinkType } from '../../src/dataplane/wire/link-type.ts';
import { unreadLinkType } from '../../src/dataplane/wire/unread-link.ts';
import { damageFrame } from '../fuzz/damage-frame.mjs';
import { InputRandom } from '../fuzz/random.mjs';
import { wrap } from '../fuzz/wrap.mjs';
import { compiled, type Compiled } from './compiled.ts';
import { LinearPacket } from './linear-packet.ts';
import type { WalkName } from '../wire/linear-walk.ts';
import { attackFrames, committedFrames, publicFrames, type SampleFrame, vectorFrames } from './sample-frames.ts';
import { same } from './same.ts';

/** Offsets in the view (assembly/wire/packet-view). */
const WORDS = [
  ...(['source0', 'source1', 'source2', 'source3'] as const),
  ...(['destination0', 'destination1', 'destination2', 'destination3'] as const),
];
const FIRST_WORD = 48;
/** Offsets in the header of a fragment: the eight words are first (assembly/wire/fragment-header). */
const FRAGMENT_WORDS = ['Id', 'Protocol', 'Domain', 'Offset', 'Length'] as const;

class Walks {
  readonly statuses = new Set<number>();
  private readonly packet: LinearPacket;
  private readonly wasm: Compiled<WalkName>;
  private readonly oracles = [new PacketView('none'), new PacketView('vlan')] as const;

  constructor(wasm: Compiled<WalkName>) {
    this.wasm = wasm;
    this.packet = new LinearPacket(wasm);
  }

  compare({ bytes, original, link }: SampleFrame, poison: number): void {
    this.packet.put(bytes, poison);
    const wire = Math.min(0xffffffff, Math.max(original, bytes.length));
    for (const hasDomain of [0, 1] as const) {
      try {
        this.compareOne(bytes.length, wire, link, hasDomain);
      } catch (error) {
        throw new Error(`${bytes.toString('hex')} of ${wire} bytes, link type ${link}`, { cause: error });
      }
    }
  }

  private compareOne(captured: number, wire: number, link: number, hasDomain: 0 | 1): void {
    const { data, at } = this.packet;
    const oracle = this.oracles[hasDomain];
    // The walk takes no more of a claim than that, so that no address overflows.
    oracle.begin(data, at, captured, Math.min(wire, 0x4000_0000));
    const status = decode(oracle, link);
    this.statuses.add(status);
    same('the status', this.wasm.exports.decodeAt(at, captured, wire, link, hasDomain), status);
    if (status === DecodeStatus.UNSUPPORTED_LINK_TYPE) {
      const { exports } = this.wasm;
      same('link type', exports.unreadLinkType(at, at + captured, link), unreadLinkType(data, at, at + captured, link));
    }
    if (status === DecodeStatus.OK) this.compareViews(oracle, wire, hasDomain);
  }

  private compareViews(oracle: PacketView, wire: number, hasDomain: 0 | 1): void {
    const view = this.wasm.exports.viewAt();
    const word = (offset: number): number => this.packet.data.getUint32(view + offset, true);
    const half = (offset: number): number => this.packet.data.getUint16(view + offset, true);
    const byte = (offset: number): number => this.packet.data.getUint8(view + offset);
    same('payloadAt', word(8), oracle.payloadAt);
    same('payloadCaptured', word(12), oracle.payloadCaptured);
    same('payloadLength', word(16), oracle.payloadLength);
    same('wireLength', word(20), wire);
    same('domain', word(36), oracle.domain);
    same('transport', byte(84), oracle.transport);
    same('status', byte(85), DecodeStatus.OK);
    same('fragment', byte(87), oracle.fragment);
    same('encapsulation', word(96), oracle.encapsulation);
    same('vlans', word(100), oracle.vlans);
    if (oracle.fragment !== Fragment.NONE) this.compareFragments(oracle, hasDomain);
    if (oracle.fragment === Fragment.LATER) return;
    for (const [i, name] of WORDS.entries()) same(name, word(FIRST_WORD + 4 * i), oracle[name]);
    same('sourcePort', half(80), oracle.sourcePort);
    same('destinationPort', half(82), oracle.destinationPort);
    same('isWide', byte(88), oracle.isWide);
    if (oracle.transport !== Transport.TCP) return;
    same('tcpFlags', byte(89), oracle.tcpFlags);
    same('tcpSequence', word(92), oracle.tcpSequence);
  }

  private compareFragments(oracle: PacketView, hasDomain: 0 | 1): void {
    const header = this.wasm.exports.fragmentAt(hasDomain);
    const word = (index: number): number => this.packet.data.getUint32(header + 4 * index, true);
    for (const [i, name] of WORDS.entries()) {
      same(`fragment of ${name}`, word(i), oracle[`fragment${capital(name)}`]);
    }
    for (const [i, name] of FRAGMENT_WORDS.entries()) same(`fragment${name}`, word(8 + i), oracle[`fragment${name}`]);
  }
}

function capital<Text extends string>(text: Text): Capitalize<Text> {
  return (text.charAt(0).toUpperCase() + text.slice(1)) as Capitalize<Text>;
}

const POISONS = [0x00, 0xff, 0x45, 0x60, 0x01, 0xa5];

/** What an ethertype field may say; most are in no capture. */
const ETHERTYPES = [...Object.values(EtherType), 0, 46, 0x0600];

/** The outermost IPv4 packet of an Ethernet frame as a fragment: a first one that is shorter than its transport's header, or a later one. */
function fragmented(frame: SampleFrame, random: InputRandom): SampleFrame {
  if (frame.link !== 1 || frame.bytes.length < 60 || frame.bytes.readUInt16BE(12) !== EtherType.IPV4) return frame;
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
  if (random.chance(0.05)) made = { ...made, link: random.pick(Object.values(LinkType)) };
  return random.chance(0.01) ? { ...made, original: random.word() >>> 0 } : made;
}

describe('the layer walk', () => {
  let frames: SampleFrame[];
  beforeAll(async () => {
    frames = [...vectorFrames(), ...(await committedFrames(3000))];
    expect(frames.length).toBeGreaterThan(20_000);
  });

  it('fills the view of each frame as the oracle does', async () => {
    const walks = new Walks(await compiled<WalkName>('wire-walk'));
    for (const [i, frame] of frames.entries()) walks.compare(frame, POISONS[i % POISONS.length]!);
    for (const frame of [...(await publicFrames(400)), ...(await attackFrames(60))]) walks.compare(frame, 0xa5);
    expect(walks.statuses.has(DecodeStatus.OK)).toBe(true);
  });

  it('ends with the same status and view for damaged and nested frames', async () => {
    const walks = new Walks(await compiled<WalkName>('wire-walk'));
    const random = new InputRandom(1616, 0);
    for (let round = 0; round < 150_000; round++) {
      walks.compare(mutated(random.pick(frames), random, round), random.pick(POISONS));
    }
    const missing = Object.entries(DecodeStatus).filter(([, status]) => !walks.statuses.has(status));
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  it('ends with the same status for frames cut at every byte', async () => {
    const walks = new Walks(await compiled<WalkName>('wire-walk'));
    for (const { bytes, original, link } of vectorFrames()) {
      for (let length = 0; length <= Math.min(bytes.length, 200); length++) {
        walks.compare({ bytes: bytes.subarray(0, length), original, link }, 0x45);
        walks.compare({ bytes: bytes.subarray(0, length), original: length, link }, 0x60);
      }
    }
  });

  it('reads nothing outside of the packet', async () => {
    const walks = new Walks(await compiled<WalkName>('wire-walk', 'debug'));
    const random = new InputRandom(1617, 0);
    for (let round = 0; round < 15_000; round++) {
      walks.compare(mutated(random.pick(frames), random, round), random.pick(POISONS));
    }
  });
});
