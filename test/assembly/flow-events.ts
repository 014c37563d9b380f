/** What happens to flows, as rows of named numbers: from the oracle's calls, and from records of the compiled dataplane's queue. */
import type { PacketBatch } from '../../src/capture/packet-batch.ts';
import type { FlowEnd } from '../../src/dataplane/host/counters.ts';
import type { Detection } from '../../src/dataplane/host/detection.ts';
import { NO_FINDING } from '../../src/dataplane/host/finding.ts';
import type { LocalTracker } from '../../src/dataplane/local-tracker.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import type { TrackerListener } from '../../src/dataplane/host/tracker.ts';

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

/** Records the oracle's calls. */
export class Recorder implements TrackerListener {
  events: FlowEvent[] = [];
  wantsAllFlowEnds = false;
  quiet: readonly [number, number] = [0, 0];
  private readonly tracker: LocalTracker;
  /** Bytes on the wire of the detection's packet are known when its own call comes. */
  private detection: number[] | null = null;

  constructor(tracker: LocalTracker) {
    this.tracker = tracker;
  }

  onDetection(slot: number, detection: Detection): void {
    const { timeUs, packet, direction, holder, finding, keyHigh, keyLow, receiver } = detection;
    const head = this.evidenceOf(slot);
    this.detection = [
      ...this.common(Kind.DETECTION, slot),
      ...[packet, timeUs, direction, 0, holder, finding, keyHigh, keyLow, receiver >>> 0, head],
      ...this.evidenceRows(head),
    ];
    this.events.push(this.detection);
  }

  packet(batch: PacketBatch, row: number, slot: number, packet: number): void {
    const wireLength = batch.wireLength[row]!;
    if (this.detection !== null) this.detection[OF_PACKET.length - 1] = wireLength;
    this.detection = null;
    const timeUs = batch.timeUs[row]!;
    if (timeUs >= this.quiet[0] && timeUs < this.quiet[1]) return;
    const { direction } = this.tracker.table;
    this.events.push([...this.common(Kind.PACKET, slot), packet, timeUs, direction, wireLength]);
  }

  wantsFlowEnd(slot: number): boolean {
    if (this.wantsAllFlowEnds) return true;
    return (this.tracker.table.words[slot * ROW_WORDS + FlowWord.TRANSPORT]! & FlowFlag.REPORTED) !== 0;
  }

  ended(slot: number, reason: FlowEnd, order: number): void {
    const { table } = this.tracker;
    const head = this.evidenceOf(slot);
    const words = table.words.subarray(slot * ROW_WORDS, (slot + 1) * ROW_WORDS);
    const details = table.details.subarray(slot * DETAIL_WORDS, (slot + 1) * DETAIL_WORDS);
    const addresses = [0, 1].flatMap((end) => {
      const address = new Int32Array(4);
      table.readAddress(slot, end as 0 | 1, address);
      return [...address];
    });
    const isWide = (words[FlowWord.TRANSPORT]! & FlowFlag.WIDE) !== 0;
    this.events.push([
      ...this.common(Kind.ENDED, slot),
      ...[reason, order, head],
      ...words.filter((_, word) => word !== 7),
      ...details,
      ...(isWide ? addresses : []),
      ...this.evidenceRows(head),
    ]);
  }

  batchDone(): void {
    // Events are read after each batch.
  }

  noChangeUntil(timeUs: number): number {
    return timeUs;
  }

  private common(kind: number, slot: number): number[] {
    const { table } = this.tracker;
    const packets = slot * ROW_WORDS + FlowWord.PACKETS;
    const bytes = kind === Kind.PACKET ? [0, 0] : [table.bytes(slot, 0), table.bytes(slot, 1)];
    return [kind, slot, table.words[packets]!, table.words[packets + 1]!, ...bytes];
  }

  private evidenceOf(slot: number): number {
    return this.tracker.table.details[slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE]!;
  }

  private evidenceRows(head: number): number[] {
    const { evidence: log } = this.tracker;
    const rows: number[] = [];
    for (let row = head; row !== 0; row = log.nextOf(row))
      rows.push(
        log.checkOf(row) * 2 ** 45 + log.packetOf(row),
        log.offsetOf(row),
        ...[0, 1, 2, 3].map((word) => log.wordOf(row, word)),
      );
    return rows;
  }
}

/** Where the parts of flows and evidence are in linear memory. */
export interface Places {
  readonly rows: number;
  readonly details: number;
  readonly upper: number;
  evidenceRowAt(row: number): number;
}

/** Reads the record at `at`, as the oracle's call would be recorded. */
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
  const isWide = (row[FlowWord.TRANSPORT]! & FlowFlag.WIDE) !== 0;
  const upper = words(memory, places.upper + slot * 24, 6);
  return [
    ...common,
    ...[word(84), number(88), word(76)],
    ...row.filter((_, i) => i !== 7),
    ...words(memory, places.details + slot * DETAIL_WORDS * 4, DETAIL_WORDS),
    ...(isWide
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
