/** The writing side of reports (report.ts): puts what a worker's flow tracker finds into its event queue. */
import type { EvidenceLog } from '../../dataplane/fingerprint/evidence.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from '../../dataplane/flow/flow-row.ts';
import { End } from '../../dataplane/flow/flow-rows.ts';
import type { FlowTable } from '../../dataplane/flow/flow-table.ts';
import type { FlowEnd } from '../../dataplane/counters.ts';
import type { FlowListener } from '../../dataplane/tracker.ts';
import type { Detection } from '../../dataplane/detection.ts';
import {
  BATCH_END_LENGTH,
  ENDED_LENGTH,
  EndedWord,
  EVIDENCE_WORDS,
  EvidenceWord,
  FlowCopy,
  DetectionWord,
  PACKET_LENGTH,
  WATERMARK_LENGTH,
  Report,
  ReportWord,
} from './report.ts';
import type { EventQueue } from './event-queue.ts';

export class ReportWriter implements FlowListener {
  /** Row of the packet at hand in its batch; set before it is tracked. */
  row = 0;
  /** Packets are not reported: they change no decision. */
  skipsPackets = false;
  /** The ends of all flows are wanted, not only of those that were reported. */
  reportsAllFlowEnds = false;

  private readonly queue: EventQueue;
  private readonly table: FlowTable;
  private readonly evidenceLog: EvidenceLog;
  private readonly address = new Int32Array(4);
  /** The packet at hand has a detection, and is reported with it. */
  private isDetected = false;

  constructor(queue: EventQueue, table: FlowTable, evidenceLog: EvidenceLog) {
    this.queue = queue;
    this.table = table;
    this.evidenceLog = evidenceLog;
  }

  onDetection(slot: number, detection: Detection): void {
    const { queue } = this;
    queue.makeRoom();
    const { words, at } = queue;
    this.begin(slot, detection.direction);
    words[at + DetectionWord.HOLDER] = detection.holder;
    words[at + DetectionWord.FINDING] = detection.finding;
    words[at + DetectionWord.KEY_HIGH] = detection.keyHigh;
    words[at + DetectionWord.KEY_LOW] = detection.keyLow;
    words[at + DetectionWord.RECEIVER] = detection.receiver;
    this.copyFlow(slot, at + DetectionWord.FLOW_COPY);
    const end = this.copyEvidence(slot, at + DetectionWord.EVIDENCE);
    words[at + DetectionWord.EVIDENCE_COUNT] = (end - at - DetectionWord.EVIDENCE) / EVIDENCE_WORDS;
    queue.add(Report.DETECTION, end - at);
    this.isDetected = true;
  }

  /** A packet of a flow, after its detection: reported where the flow is, unless its detection has. */
  packet(slot: number, direction: number): void {
    if (this.isDetected) {
      this.isDetected = false;
      return;
    }
    if (this.skipsPackets || !this.isReported(slot)) return;
    this.queue.makeRoom();
    this.begin(slot, direction);
    this.queue.add(Report.PACKET, PACKET_LENGTH);
  }

  wantsFlowEnd(slot: number): boolean {
    return this.reportsAllFlowEnds || this.isReported(slot);
  }

  ended(slot: number, reason: FlowEnd, order: number): void {
    const { queue } = this;
    queue.makeRoom();
    const { words, at } = queue;
    this.begin(slot, 0);
    words[at + EndedWord.REASON] = reason;
    queue.putNumber(at + EndedWord.ORDER, order);
    queue.putNumber(at + EndedWord.FIRST_PACKET, this.table.firstPacket(slot));
    this.copyFlow(slot, at + EndedWord.FLOW_COPY);
    queue.add(Report.ENDED, ENDED_LENGTH);
  }

  /**
   * Reports the row reached. Called before this worker waits for another one, which may itself wait for the deciding
   * thread to take its reports.
   */
  watermark(): void {
    const { queue } = this;
    queue.makeRoom();
    queue.words[queue.at + ReportWord.ROW] = this.row;
    queue.add(Report.WATERMARK, WATERMARK_LENGTH);
    queue.publish();
  }

  /** The batch is done: publishes its reports. */
  endBatch(): void {
    const { queue } = this;
    queue.makeRoom();
    queue.add(Report.BATCH_END, BATCH_END_LENGTH);
    queue.publish();
  }

  private isReported(slot: number): boolean {
    return (this.table.words[slot * ROW_WORDS + FlowWord.TRANSPORT]! & FlowFlag.REPORTED) !== 0;
  }

  private begin(slot: number, direction: number): void {
    const { words, at } = this.queue;
    words[at + ReportWord.ROW] = this.row;
    words[at + ReportWord.FLOW] = slot * 2 + direction;
  }

  private copyFlow(slot: number, to: number): void {
    const { table, address } = this;
    const { words } = this.queue;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    for (let word = 0; word < ROW_WORDS; word++) words[to + FlowCopy.WORDS + word] = table.words[row + word]!;
    for (let word = 0; word < DETAIL_WORDS; word++) words[to + FlowCopy.DETAILS + word] = table.details[detail + word]!;
    for (const end of [End.LOW, End.HIGH]) {
      table.readAddress(slot, end, address);
      for (let word = 0; word < 4; word++) words[to + FlowCopy.ADDRESSES + end * 4 + word] = address[word]!;
    }
  }

  /** Returns the place after the rows of evidence. */
  private copyEvidence(slot: number, to: number): number {
    const { evidenceLog, queue } = this;
    const { words } = queue;
    let at = to;
    let row = this.table.details[slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE]!;
    for (; row !== 0; row = evidenceLog.nextOf(row)) {
      words[at + EvidenceWord.CHECK] = evidenceLog.checkOf(row);
      words[at + EvidenceWord.OFFSET] = evidenceLog.offsetOf(row);
      queue.putNumber(at + EvidenceWord.PACKET, evidenceLog.packetOf(row));
      for (let word = 0; word < 4; word++) words[at + EvidenceWord.VALUES + word] = evidenceLog.wordOf(row, word);
      at += EVIDENCE_WORDS;
    }
    return at;
  }
}
