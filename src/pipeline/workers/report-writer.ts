/** A shard's side of its reports (report.ts): tells the thread that judges what the follower of its flows has to say. */
import type { EvidenceLog } from '../../dataplane/fingerprint/evidence.ts';
import { DETAIL_WORDS, End, FlowDetail, type FlowTable, FlowWord, ROW_WORDS } from '../../dataplane/flow/flow-table.ts';
import type { FlowEnd } from '../../dataplane/counters.ts';
import type { FlowListener } from '../../dataplane/flow-follower.ts';
import type { News } from '../../dataplane/news.ts';
import {
  BATCH_END_LENGTH,
  ENDED_LENGTH,
  EndedWord,
  EVIDENCE_WORDS,
  EvidenceWord,
  FlowCopy,
  HeardWord,
  PACKET_LENGTH,
  PASSED_LENGTH,
  Report,
  ReportWord,
} from './report.ts';
import type { ReportRing } from './report-ring.ts';

export class ReportWriter implements FlowListener {
  /** Row of the packet at hand in its batch; set before it is followed. */
  row = 0;
  /** The judge has nothing to say of packets. */
  isQuiet = false;
  /** Whether ends are wanted also of flows that were never reported. */
  tellsAllEnds = false;

  private readonly ring: ReportRing;
  private readonly table: FlowTable;
  private readonly evidenceLog: EvidenceLog;
  private readonly address = new Int32Array(4);

  constructor(ring: ReportRing, table: FlowTable, evidenceLog: EvidenceLog) {
    this.ring = ring;
    this.table = table;
    this.evidenceLog = evidenceLog;
  }

  heard(slot: number, news: News): void {
    const { ring, table } = this;
    ring.makeRoom();
    const { words, at } = ring;
    this.begin(slot, news.direction);
    words[at + HeardWord.HOLDER] = news.holder;
    words[at + HeardWord.FINDING] = news.finding;
    words[at + HeardWord.KEY_HIGH] = news.keyHigh;
    words[at + HeardWord.KEY_LOW] = news.keyLow;
    words[at + HeardWord.RECEIVER] = news.receiver;
    // From now on its packets are reported: the word is not the follower's own, but the judge's in a table of one thread.
    table.words[slot * ROW_WORDS + FlowWord.DECISION] = 1;
    this.copyFlow(slot, at + HeardWord.FLOW_COPY);
    const end = this.copyEvidence(slot, at + HeardWord.EVIDENCE);
    words[at + HeardWord.EVIDENCE_COUNT] = (end - at - HeardWord.EVIDENCE) / EVIDENCE_WORDS;
    ring.add(Report.HEARD, end - at);
  }

  /** A packet of a flow, where that was reported before, and the judge may have something to say of it. */
  packet(slot: number, direction: number): void {
    if (this.isQuiet || this.table.words[slot * ROW_WORDS + FlowWord.DECISION] === 0) return;
    this.ring.makeRoom();
    this.begin(slot, direction);
    this.ring.add(Report.PACKET, PACKET_LENGTH);
  }

  hearsEnd(slot: number): boolean {
    return this.tellsAllEnds || this.table.words[slot * ROW_WORDS + FlowWord.DECISION] !== 0;
  }

  ended(slot: number, reason: FlowEnd, order: number): void {
    const { ring } = this;
    ring.makeRoom();
    const { words, at } = ring;
    this.begin(slot, 0);
    words[at + EndedWord.REASON] = reason;
    ring.putNumber(at + EndedWord.ORDER, order);
    ring.putNumber(at + EndedWord.FIRST_PACKET, this.table.firstPacket(slot));
    this.copyFlow(slot, at + EndedWord.FLOW_COPY);
    ring.add(Report.ENDED, ENDED_LENGTH);
  }

  /** Before the thread waits for another shard: that one may wait for the judge, who must know how far this one is. */
  passed(): void {
    const { ring } = this;
    ring.makeRoom();
    ring.words[ring.at + ReportWord.ROW] = this.row;
    ring.add(Report.PASSED, PASSED_LENGTH);
    ring.publish();
  }

  /** The batch is done: what was written is there for the other side. */
  endBatch(): void {
    const { ring } = this;
    ring.makeRoom();
    ring.add(Report.BATCH_END, BATCH_END_LENGTH);
    ring.publish();
  }

  private begin(slot: number, direction: number): void {
    const { words, at } = this.ring;
    words[at + ReportWord.ROW] = this.row;
    words[at + ReportWord.FLOW] = slot * 2 + direction;
  }

  private copyFlow(slot: number, to: number): void {
    const { table, address } = this;
    const { words } = this.ring;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    for (let word = 0; word < ROW_WORDS; word++) words[to + FlowCopy.WORDS + word] = table.words[row + word]!;
    for (let word = 0; word < DETAIL_WORDS; word++) words[to + FlowCopy.DETAILS + word] = table.details[detail + word]!;
    for (const end of [End.LOW, End.HIGH]) {
      table.readAddress(slot, end, address);
      for (let word = 0; word < 4; word++) words[to + FlowCopy.ADDRESSES + end * 4 + word] = address[word]!;
    }
  }

  /** Returns where the rows of evidence end. */
  private copyEvidence(slot: number, to: number): number {
    const { evidenceLog, ring } = this;
    const { words } = ring;
    let at = to;
    let row = this.table.details[slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE]!;
    for (; row !== 0; row = evidenceLog.nextOf(row)) {
      words[at + EvidenceWord.CHECK] = evidenceLog.checkOf(row);
      words[at + EvidenceWord.OFFSET] = evidenceLog.offsetOf(row);
      ring.putNumber(at + EvidenceWord.PACKET, evidenceLog.packetOf(row));
      for (let word = 0; word < 4; word++) words[at + EvidenceWord.VALUES + word] = evidenceLog.wordOf(row, word);
      at += EVIDENCE_WORDS;
    }
    return at;
  }
}
