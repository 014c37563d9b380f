/** Everything that a tracker reports, as numbers that can be compared with what another one reports of the same packets. */
import type { PacketBatch } from '../../src/capture/packet-batch.ts';
import type { FlowEnd } from '../../src/dataplane/host/flow-end.ts';
import type { Detection } from '../../src/dataplane/host/detection.ts';
import { DETAIL_WORDS, FlowDetail, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import { End } from '../../src/dataplane/host/flow-rows.ts';
import type { Tracker, TrackerListener } from '../../src/dataplane/host/tracker.ts';

/** Words of details that nothing outside the tracker reads: places of its own. */
const OWN_DETAILS: readonly number[] = [
  ...[FlowDetail.OWN_EVIDENCE, FlowDetail.STREAM, FlowDetail.NEXT_FREE],
  ...[FlowDetail.FIRST_SEQUENCE, FlowDetail.FIRST_SEQUENCE + 1],
];

const Kind = { DETECTION: 1, PACKET: 2, ENDED: 3 } as const;

export class TrackerRecord implements TrackerListener {
  readonly lines: string[] = [];
  packets = 0;
  private readonly tracker: Tracker;
  readonly wantsAllFlowEnds: boolean;
  private readonly quietUs: number;

  /** No packet within `quietUs` of the first one is to be reported. */
  constructor(tracker: Tracker, wantsAllFlowEnds: boolean, quietUs = 0) {
    this.tracker = tracker;
    this.wantsAllFlowEnds = wantsAllFlowEnds;
    this.quietUs = quietUs;
  }

  onDetection(slot: number, detection: Detection): void {
    this.lines.push([Kind.DETECTION, ...(Object.values(detection) as unknown[]), ...this.flow(slot)].join());
  }

  packet(batch: PacketBatch, row: number, slot: number, packet: number): void {
    this.lines.push([Kind.PACKET, packet, batch.timeUs[row], batch.wireLength[row], ...this.flow(slot)].join());
  }

  wantsFlowEnd(): boolean {
    return true;
  }

  ended(slot: number, reason: FlowEnd, order: number): void {
    this.lines.push([Kind.ENDED, reason, order, ...this.flow(slot)].join());
  }

  batchDone(batch: PacketBatch): void {
    this.packets += batch.count;
  }

  noChangeUntil(timeUs: number): number {
    return timeUs + this.quietUs;
  }

  /** All of a flow's row and its evidence that the rest of Sluice may read. */
  private flow(slot: number): (number | string)[] {
    const { table, evidence } = this.tracker;
    const details = table.details.subarray(slot * DETAIL_WORDS, (slot + 1) * DETAIL_WORDS);
    const addresses = [End.LOW, End.HIGH].flatMap((end) => {
      const address = new Int32Array(4);
      table.readAddress(slot, end, address);
      return [...address];
    });
    return [
      slot,
      ...table.words.subarray(slot * ROW_WORDS, (slot + 1) * ROW_WORDS),
      ...details.filter((_, word) => !OWN_DETAILS.includes(word)),
      ...addresses,
      ...evidence.entries(details[FlowDetail.OWN_EVIDENCE]!).map((entry) => Object.values(entry).join(':')),
    ];
  }
}
