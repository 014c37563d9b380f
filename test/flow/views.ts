/** Packet views filled by hand, as decode would leave them, and their places in linear memory (dataplane/assembly/wire/packet-view). */
import { IPV4_MARK, isMappedIpv4 } from '../../src/core/ip-address.ts';
import { Fragment } from '../../src/dataplane/host/packet-codes.ts';

/** What the structures of dataplane/assembly/flow read and write of a packet, and of its outermost fragmented header. */
export class View {
  timeUs = 0;
  payloadCaptured = 0;
  payloadLength = 0;
  wireLength = 0;
  lowWord = 0;
  highWord = 0;
  keyPorts = 0;
  domain = 0;
  flowHash = 0;
  prefetchedSlot = 0;
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;
  transport = 0;
  direction = 0;
  fragment: number = Fragment.NONE;
  isIpv6 = 0;
  waitedPackets = 0;
  waitedBytes = 0;
  fragmentSource0 = 0;
  fragmentSource1 = 0;
  fragmentSource2 = 0;
  fragmentSource3 = 0;
  fragmentDestination0 = 0;
  fragmentDestination1 = 0;
  fragmentDestination2 = 0;
  fragmentDestination3 = 0;
  fragmentId = 0;
  fragmentProtocol = 0;
  fragmentDomain = 0;
  fragmentOffset = 0;
  fragmentLength = 0;
}

type Field = keyof View;

const WORDS: readonly (readonly [Field, number])[] = [
  ['payloadCaptured', 12],
  ['payloadLength', 16],
  ['wireLength', 20],
  ['lowWord', 24],
  ['highWord', 28],
  ['keyPorts', 32],
  ['domain', 36],
  ['flowHash', 40],
  ['prefetchedSlot', 44],
  ['source0', 48],
  ['source1', 52],
  ['source2', 56],
  ['source3', 60],
  ['destination0', 64],
  ['destination1', 68],
  ['destination2', 72],
  ['destination3', 76],
  ['waitedPackets', 104],
];
const SHORTS: readonly (readonly [Field, number])[] = [
  ['sourcePort', 80],
  ['destinationPort', 82],
];
const BYTES: readonly (readonly [Field, number])[] = [
  ['transport', 84],
  ['direction', 86],
  ['fragment', 87],
  ['isIpv6', 88],
];
const DOUBLES: readonly (readonly [Field, number])[] = [
  ['timeUs', 0],
  ['waitedBytes', 112],
];
/** In the order of dataplane/assembly/wire/fragment-header, a word each. */
const HEADER: readonly Field[] = [
  'fragmentSource0',
  'fragmentSource1',
  'fragmentSource2',
  'fragmentSource3',
  'fragmentDestination0',
  'fragmentDestination1',
  'fragmentDestination2',
  'fragmentDestination3',
  'fragmentId',
  'fragmentProtocol',
  'fragmentDomain',
  'fragmentOffset',
  'fragmentLength',
];

export function writeView(memory: DataView, at: number, view: View): void {
  for (const [name, offset] of WORDS) memory.setInt32(at + offset, view[name], true);
  for (const [name, offset] of SHORTS) memory.setUint16(at + offset, view[name], true);
  for (const [name, offset] of BYTES) memory.setUint8(at + offset, view[name]);
  for (const [name, offset] of DOUBLES) memory.setFloat64(at + offset, view[name], true);
}

export function readView(memory: DataView, at: number, view: View): void {
  for (const [name, offset] of WORDS) view[name] = memory.getInt32(at + offset, true);
  for (const [name, offset] of SHORTS) view[name] = memory.getUint16(at + offset, true);
  for (const [name, offset] of BYTES) view[name] = memory.getUint8(at + offset);
  for (const [name, offset] of DOUBLES) view[name] = memory.getFloat64(at + offset, true);
}

export function writeFragmentHeader(memory: DataView, at: number, view: View): void {
  HEADER.forEach((name, word) => {
    memory.setInt32(at + 4 * word, view[name], true);
  });
}

export interface Tuple {
  /** Four words of address and a port, each. */
  readonly source: readonly [number, number, number, number, number];
  readonly destination: readonly [number, number, number, number, number];
  readonly transport: number;
  readonly domain: number;
}

export function ipv4End(address: number, port: number): Tuple['source'] {
  return [0, 0, IPV4_MARK, address, port];
}

export function setTuple(view: View, tuple: Tuple, reversed = false): View {
  const source = reversed ? tuple.destination : tuple.source;
  const destination = reversed ? tuple.source : tuple.destination;
  [view.source0, view.source1, view.source2, view.source3, view.sourcePort] = source;
  [view.destination0, view.destination1, view.destination2, view.destination3, view.destinationPort] = destination;
  view.isIpv6 = [source, destination].every(([a, b, c]) => isMappedIpv4(a, b, c)) ? 0 : 1;
  view.transport = tuple.transport;
  view.domain = tuple.domain;
  return view;
}

export function viewOf(tuple: Tuple, reversed = false): View {
  return setTuple(new View(), tuple, reversed);
}

/** The n-th of many UDP flows. */
export function numberedTuple(n: number): Tuple {
  return { source: ipv4End(0x0a000000 + n, 1000), destination: ipv4End(0x0b000000, 2000), transport: 17, domain: 0 };
}

/** A fragment of `length` bytes of IP payload, of the datagram `id` of the n-th flow. */
export function fragmentView(n: number, id: number, offset: number, length: number): View {
  const view = viewOf(numberedTuple(n));
  view.fragment = offset === 0 ? Fragment.FIRST : Fragment.LATER;
  view.fragmentId = id;
  view.fragmentProtocol = 17;
  view.fragmentOffset = offset;
  view.fragmentLength = length;
  view.fragmentSource2 = IPV4_MARK;
  view.fragmentSource3 = view.source3;
  view.fragmentDestination2 = IPV4_MARK;
  view.fragmentDestination3 = view.destination3;
  view.payloadLength = offset === 0 ? length - 8 : length;
  view.payloadCaptured = view.payloadLength;
  return view;
}
