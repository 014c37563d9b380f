/**
 * The flows that workers have reported, in a flow table of the deciding thread. Each report of a flow replaces its row
 * there. What is decided about a flow is in the decision table.
 */
import type { Check } from '../../dataplane/fingerprint/checks.ts';
import type { EvidenceLog } from '../../dataplane/fingerprint/evidence.ts';
import { hashKey } from '../../dataplane/flow/flow-key.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from '../../dataplane/flow/flow-row.ts';
import type { FlowTable } from '../../dataplane/flow/flow-table.ts';
import { PacketView } from '../../dataplane/wire/packet-view.ts';
import { EVIDENCE_WORDS, EvidenceWord, FlowCopy } from './report.ts';
import type { EventQueue } from './event-queue.ts';

const INITIAL_SLOTS = 1024;

export class VpnFlowTable {
  readonly table: FlowTable;
  private readonly evidenceLog: EvidenceLog;
  /** By shard: the slot here of each slot there, 0 for none. */
  private readonly slots: Int32Array[];
  private readonly view = new PacketView();

  constructor(table: FlowTable, shardCount: number, evidenceLog: EvidenceLog) {
    this.table = table;
    this.evidenceLog = evidenceLog;
    this.slots = Array.from({ length: shardCount }, () => new Int32Array(INITIAL_SLOTS));
  }

  /** Slot of a shard's flow, which was reported before. */
  slotOf(shard: number, shardSlot: number): number {
    return this.slots[shard]![shardSlot]!;
  }

  /**
   * Takes a flow's row from a report, where it begins at `copy`: the slot that it has here, a new one at its first
   * report.
   */
  update(shard: number, shardSlot: number, { words }: EventQueue, copy: number): number {
    const { table } = this;
    const slot = (this.slots[shard]![shardSlot] ?? 0) || this.add(shard, shardSlot, words, copy);
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    const evidence = table.details[detail + FlowDetail.OWN_EVIDENCE]!;
    for (let word = 0; word < ROW_WORDS; word++) table.words[row + word] = words[copy + FlowCopy.WORDS + word]!;
    for (let word = 0; word < DETAIL_WORDS; word++)
      table.details[detail + word] = words[copy + FlowCopy.DETAILS + word]!;
    // Evidence is in a log of this thread's own.
    table.details[detail + FlowDetail.OWN_EVIDENCE] = evidence;
    return slot;
  }

  /** Counts a packet of a flow in its row, as the worker has done. */
  countPacket(slot: number, direction: number, wireLength: number, timeUs: number): void {
    const { table } = this;
    table.count(slot, direction, 1, wireLength);
    table.numbers[(slot * ROW_WORDS + FlowWord.LAST_TIME) >> 1] = timeUs;
  }

  /** Takes a flow's own evidence from a report, in place of what was known of it. */
  updateEvidence(slot: number, queue: EventQueue, from: number, count: number): void {
    const { evidenceLog } = this;
    const { details } = this.table;
    const { words } = queue;
    const evidenceAt = slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE;
    evidenceLog.release(details[evidenceAt]!);
    evidenceLog.select(0);
    for (let at = from; at < from + count * EVIDENCE_WORDS; at += EVIDENCE_WORDS) {
      const value = at + EvidenceWord.VALUES;
      evidenceLog.noteWide(
        queue.numberAt(at + EvidenceWord.PACKET),
        words[at + EvidenceWord.CHECK] as Check,
        words[at + EvidenceWord.OFFSET]!,
        words[value]!,
        words[value + 1]!,
        words[value + 2]!,
        words[value + 3]!,
      );
    }
    details[evidenceAt] = evidenceLog.head;
  }

  /** A flow has ended: what is known of it is given back. */
  forget(shard: number, shardSlot: number, slot: number): void {
    this.evidenceLog.release(this.table.details[slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE]!);
    this.slots[shard]![shardSlot] = 0;
    this.table.remove(slot);
  }

  private add(shard: number, shardSlot: number, words: Int32Array, copy: number): number {
    const { view, table } = this;
    const ports = words[copy + FlowWord.PORTS]!;
    const transport = words[copy + FlowWord.TRANSPORT]!;
    // From the lower end to the higher, whichever way its packets went.
    view.transport = transport & 255;
    view.isWide = (transport & FlowFlag.WIDE) !== 0;
    view.domain = words[copy + FlowWord.DOMAIN]!;
    view.sourcePort = ports >>> 16;
    view.destinationPort = ports & 0xffff;
    view.readAddresses(words, copy + FlowCopy.ADDRESSES);
    hashKey(view, table.hashKeys);
    const slot = table.insert(view);
    this.keep(shard, shardSlot, slot);
    return slot;
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
