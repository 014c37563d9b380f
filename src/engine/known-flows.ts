/**
 * The flows that shards have reported, as the thread that judges knows them: each a row as in a flow table, with the judge's own words in
 * it, brought up to date by every report of the flow.
 */
import type { EvidenceLog } from '../fingerprint/evidence.ts';
import { type Check } from '../fingerprint/evidence.ts';
import { FlowRows } from '../flow/flow-rows.ts';
import { DETAIL_WORDS, FlowDetail, FlowWord, ROW_WORDS } from '../flow/flow-rows.ts';
import type { ReportRing } from './report-ring.ts';
import { EVIDENCE_WORDS, EvidenceWord, FlowCopy } from './report.ts';

const INITIAL_SLOTS = 1024;

export class KnownFlows extends FlowRows {
  private readonly evidenceLog: EvidenceLog;
  /** By shard: the slot here of each slot there, 0 for none. */
  private readonly slots: Int32Array[];

  constructor(capacity: number, shardCount: number, evidenceLog: EvidenceLog) {
    super(capacity);
    this.evidenceLog = evidenceLog;
    this.slots = Array.from({ length: shardCount }, () => new Int32Array(INITIAL_SLOTS));
  }

  /** Slot of a shard's flow; 0 where it was not reported before. */
  slotOf(shard: number, shardSlot: number): number {
    return this.slots[shard]![shardSlot] ?? 0;
  }

  /** Takes a flow's row from a report: the slot that it has here, a new one at its first report. */
  update(shard: number, shardSlot: number, words: Int32Array, copy: number): number {
    let slot = this.slotOf(shard, shardSlot);
    if (slot === 0) {
      slot = this.takeSlot();
      this.clearRow(slot);
      this.keep(shard, shardSlot, slot);
    }
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    const { DECISION } = FlowWord;
    for (let word = 0; word < ROW_WORDS; word++)
      if (word !== DECISION) this.words[row + word] = words[copy + FlowCopy.WORDS + word]!;
    const { FINDING, TUNNEL, OWN_EVIDENCE, TUNNEL_EVIDENCE } = FlowDetail;
    for (let word = 0; word < DETAIL_WORDS; word++) {
      if (word !== FINDING && word !== TUNNEL && word !== OWN_EVIDENCE && word !== TUNNEL_EVIDENCE)
        this.details[detail + word] = words[copy + FlowCopy.DETAILS + word]!;
    }
    this.writeAddresses(slot, words, copy + FlowCopy.ADDRESSES);
    return slot;
  }

  /** Takes a flow's own evidence from a report, in place of what was known of it. */
  updateEvidence(slot: number, ring: ReportRing, from: number, count: number): void {
    const { evidenceLog } = this;
    const { words } = ring;
    const evidenceAt = slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE;
    evidenceLog.release(this.details[evidenceAt]!);
    evidenceLog.select(0);
    for (let i = 0; i < count; i++) {
      const at = from + i * EVIDENCE_WORDS;
      const value = at + EvidenceWord.VALUES;
      evidenceLog.noteWide(
        ring.numberAt(at + EvidenceWord.PACKET),
        words[at + EvidenceWord.CHECK] as Check,
        words[at + EvidenceWord.OFFSET]!,
        words[value]!,
        words[value + 1]!,
        words[value + 2]!,
        words[value + 3]!,
      );
    }
    this.details[evidenceAt] = evidenceLog.head;
  }

  /** Counts a packet of a flow. */
  count(slot: number, direction: number, wireLength: number, timeUs: number): void {
    const row = slot * ROW_WORDS;
    this.words[row + FlowWord.PACKETS + direction]!++;
    this.addOctets(slot, direction, wireLength);
    this.numbers[(row + FlowWord.LAST_TIME) >> 1] = timeUs;
  }

  /** A flow has ended, and what was known of it is given back. */
  forget(shard: number, shardSlot: number, slot: number): void {
    const evidenceAt = slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE;
    this.evidenceLog.release(this.details[evidenceAt]!);
    this.slots[shard]![shardSlot] = 0;
    this.giveBackSlot(slot);
  }

  private keep(shard: number, shardSlot: number, slot: number): void {
    let slots = this.slots[shard]!;
    if (shardSlot >= slots.length) {
      const wider = new Int32Array(Math.max(shardSlot + 1, slots.length * 2));
      wider.set(slots);
      this.slots[shard] = wider;
      slots = wider;
    }
    slots[shardSlot] = slot;
  }
}
