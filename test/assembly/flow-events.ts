/** What happens to flows, as rows of named numbers, from records of the compiled dataplane's queue. */
import { NO_FINDING } from '../../src/dataplane/host/finding.ts';
import { DETAIL_WORDS, FlowFlag, FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';

const Kind = { DETECTION: 1, PACKET: 2, ENDED: 3 } as const;
const KIND_NAMES = ['', 'detection', 'packet', 'end'];

/** Names of an event's numbers; after them rows of evidence, and for an end the flow's row. */
const COMMON = ['kind', 'slot', 'packets0', 'packets1', 'bytes0', 'bytes1'];
const OF_PACKET = [...COMMON, 'packet', 'timeUs', 'direction', 'wireLength'];
const OF_DETECTION = [...OF_PACKET, 'holder', 'finding', 'keyHigh', 'keyLow', 'receiver', 'evidence'];
const OF_END = [...COMMON, 'reason', 'order', 'evidence'];
const NAMES = [[], OF_DETECTION, OF_PACKET, OF_END];
const EVIDENCE_NAMES = ['check and packet', 'offset', 'expected high', 'expected low', 'seen high', 'seen low'];
/** Where the rows of evidence begin in a detection. */
const EVIDENCE_AT = OF_DETECTION.length;
const FINDING_AT = OF_DETECTION.indexOf('finding');

export type FlowEvent = readonly number[];

/** Throws where two events are not the same. `readLate`: the log may have changed since a detection without a finding. */
export function sameEvents(seen: readonly FlowEvent[], expected: readonly FlowEvent[], readLate: boolean): void {
  for (let i = 0; i < Math.max(seen.length, expected.length); i++) {
    const [a, b] = [seen[i], expected[i]];
    if (a === undefined || b === undefined) throw new Error(`event ${i}: ${text(a)}, not ${text(b)}`);
    const end = readLate && b[0] === Kind.DETECTION && b[FINDING_AT] === NO_FINDING ? EVIDENCE_AT : b.length;
    for (let at = 0; at < end; at++) {
      if (a[at] !== b[at]) throw new Error(`event ${i}: ${text(a)}\nnot ${text(b)}`);
    }
    if (end === b.length && a.length !== b.length) throw new Error(`event ${i}: ${text(a)}\nnot ${text(b)}`);
  }
}

function text(event: FlowEvent | undefined): string {
  if (event === undefined) return 'nothing';
  const names = NAMES[event[0]!]!;
  return `${KIND_NAMES[event[0]!]} ${event.map((number, at) => (at < names.length ? `${names[at]} ${number}` : number)).join(', ')}`;
}

/** Where the parts of flows and evidence are in linear memory. */
export interface Places {
  readonly rows: number;
  readonly details: number;
  readonly upper: number;
  evidenceRowAt(row: number): number;
}

/** Reads the record at `at`. */
export function readEvent(memory: DataView, at: number, places: Places): FlowEvent {
  const word = (offset: number): number => memory.getInt32(at + offset, true);
  const number = (offset: number): number => memory.getFloat64(at + offset, true);
  const kind = word(16);
  const slot = word(20);
  const common = [kind, slot, word(32), word(36), number(40), number(48)];
  const ofPacket = [...common, number(8), number(0), word(24), word(28)];
  if (kind === Kind.PACKET) return ofPacket;
  const evidence = evidenceRows(memory, word(76), word(80), places);
  if (kind === Kind.DETECTION)
    return [...ofPacket, word(56), word(60), word(64), word(68), word(72) >>> 0, word(76), ...evidence];
  const row = words(memory, places.rows + slot * ROW_WORDS * 4, ROW_WORDS);
  const isIpv6 = (row[FlowWord.TRANSPORT]! & FlowFlag.IS_IPV6) !== 0;
  const upper = words(memory, places.upper + slot * 24, 6);
  return [
    ...common,
    ...[word(84), number(88), word(76)],
    ...row.filter((_, i) => i !== 7),
    ...words(memory, places.details + slot * DETAIL_WORDS * 4, DETAIL_WORDS),
    ...(isIpv6
      ? [...upper.slice(0, 3), row[FlowWord.LOW_ADDRESS]!, ...upper.slice(3), row[FlowWord.HIGH_ADDRESS]!]
      : []),
    ...evidence,
  ];
}

function evidenceRows(memory: DataView, head: number, count: number, places: Places): number[] {
  const rows: number[] = [];
  for (let i = 0, row = head; i < count; i++) {
    const at = places.evidenceRowAt(row);
    const offset = memory.getUint32(at + 4, true);
    rows.push(memory.getFloat64(at + 8, true), offset, ...words(memory, at + 16, EVIDENCE_NAMES.length - 2));
    row = memory.getInt32(at, true);
  }
  return rows;
}

function words(memory: DataView, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, word) => memory.getInt32(at + 4 * word, true));
}
