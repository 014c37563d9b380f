/** Views and fragment headers in linear memory (dataplane/assembly/wire/packet-view, fragment-header), by offset. */
import type { PacketView } from '../../src/dataplane/wire/packet-view.ts';

type NumberField = {
  [Name in keyof PacketView]: PacketView[Name] extends number ? Name : never;
}[keyof PacketView];

/** Fields that both views have, of 32 bits. */
const WORDS: readonly (readonly [NumberField, number])[] = [
  ['payloadCaptured', 12],
  ['payloadLength', 16],
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
  ['tcpSequence', 92],
  ['encapsulation', 96],
  ['vlans', 100],
  ['waitedPackets', 104],
];
const BYTES: readonly (readonly [NumberField, number])[] = [
  ['transport', 84],
  ['direction', 86],
  ['fragment', 87],
  ['tcpFlags', 89],
];
const SHORTS: readonly (readonly [NumberField, number])[] = [
  ['sourcePort', 80],
  ['destinationPort', 82],
];
const HEADER: readonly NumberField[] = [
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
const TIME_US = 0;
const PAYLOAD_AT = 8;
const WIRE_LENGTH = 20;
const STATUS = 85;
const IS_WIDE = 88;
const WAITED_BYTES = 112;

/** What a view in linear memory has beside those fields. */
export interface ViewPlace {
  readonly timeUs: number;
  readonly payloadAt: number;
  readonly wireLength: number;
}

/** Writes a view whose packet has been decoded. */
export function writeView(memory: DataView, at: number, view: PacketView, place: ViewPlace): void {
  for (const [name, offset] of WORDS) memory.setInt32(at + offset, view[name], true);
  for (const [name, offset] of SHORTS) memory.setUint16(at + offset, view[name], true);
  for (const [name, offset] of BYTES) memory.setUint8(at + offset, view[name]);
  memory.setUint8(at + IS_WIDE, view.isWide ? 1 : 0);
  memory.setUint8(at + STATUS, 0);
  memory.setFloat64(at + WAITED_BYTES, view.waitedBytes, true);
  memory.setFloat64(at + TIME_US, place.timeUs, true);
  memory.setUint32(at + PAYLOAD_AT, place.payloadAt, true);
  memory.setUint32(at + WIRE_LENGTH, place.wireLength, true);
}

/** The fields of a view that differ from the oracle's, as texts. */
export function differences(memory: DataView, at: number, view: PacketView): string[] {
  const found: string[] = [];
  const compare = (name: string, seen: number, expected: number): void => {
    if (seen !== expected) found.push(`${name} is ${seen}, not ${expected}`);
  };
  for (const [name, offset] of WORDS) compare(name, memory.getInt32(at + offset, true), view[name] | 0);
  for (const [name, offset] of SHORTS) compare(name, memory.getUint16(at + offset, true), view[name]);
  for (const [name, offset] of BYTES) compare(name, memory.getUint8(at + offset), view[name]);
  compare('isWide', memory.getUint8(at + IS_WIDE), view.isWide ? 1 : 0);
  compare('waitedBytes', memory.getFloat64(at + WAITED_BYTES, true), view.waitedBytes);
  return found;
}

export function writeFragmentHeader(memory: DataView, at: number, view: PacketView): void {
  HEADER.forEach((name, word) => {
    memory.setInt32(at + 4 * word, view[name], true);
  });
}
