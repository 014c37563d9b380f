/**
 * The rows of reported flows as of the events that the deciding thread has read: copies, because the tracking thread
 * is ahead. A flow has the same slot as there. Memory that no flow has used costs nothing.
 */
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from '../../dataplane/host/flow-row.ts';
import { FlowRows, UPPER_WORDS } from '../../dataplane/host/flow-rows.ts';
import { spareRowsOf } from '../../dataplane/host/flow-rows.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { CopyWord } from '../../dataplane/host/flow-event.ts';

export class MirroredRows extends FlowRows {
  activeCount = 0;
  lastSlot = 0;

  constructor(capacity: number) {
    const spareRows = spareRowsOf(capacity);
    const rowCount = capacity + spareRows + 1;
    super(capacity, spareRows, {
      words: new Int32Array(rowCount * ROW_WORDS),
      details: new Int32Array(rowCount * DETAIL_WORDS),
      upperWords: new Int32Array(rowCount * UPPER_WORDS),
    });
  }

  /** Takes all of a flow's row from its copy in an event. The evidence is the mirror's own. */
  take(slot: number, copies: Int32Array, at: number): void {
    const { details, upperWords } = this;
    const detail = slot * DETAIL_WORDS;
    if (!this.isActive(slot)) this.add(slot);
    const evidence = details[detail + FlowDetail.OWN_EVIDENCE]!;
    this.takeWords(slot, copies, at);
    for (let word = 0; word < DETAIL_WORDS; word++) details[detail + word] = copies[at + CopyWord.DETAILS + word]!;
    details[detail + FlowDetail.OWN_EVIDENCE] = evidence;
    if ((copies[at + FlowWord.TRANSPORT]! & FlowFlag.IS_IPV6) === 0) return;
    for (let word = 0; word < UPPER_WORDS; word++)
      upperWords[slot * UPPER_WORDS + word] = copies[at + CopyWord.UPPER + word]!;
  }

  /** Takes what a packet of a reported flow has changed. */
  takeCounts(slot: number, copies: Int32Array, at: number): void {
    const carried = slot * DETAIL_WORDS + FlowDetail.BYTES_CARRIED;
    this.takeWords(slot, copies, at);
    this.details[carried] = copies[at + CopyWord.DETAILS + FlowDetail.BYTES_CARRIED]!;
    this.details[carried + 1] = copies[at + CopyWord.DETAILS + FlowDetail.BYTES_CARRIED + 1]!;
  }

  /** A fingerprint that gives a flow up gives its evidence back, which is no detection. */
  static hasNoEvidence(copies: Int32Array, at: number): boolean {
    return copies[at + CopyWord.DETAILS + FlowDetail.OWN_EVIDENCE] === 0;
  }

  /** First row of a flow's evidence, in the evidence of the mirror. */
  evidenceOf(slot: number): number {
    return this.details[slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE]!;
  }

  setEvidence(slot: number, head: number): void {
    this.details[slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE] = head;
  }

  /** The flow has ended. */
  remove(slot: number): void {
    this.words[slot * ROW_WORDS + FlowWord.TRANSPORT] = 0;
    this.setEvidence(slot, 0);
    this.activeCount--;
  }

  /** Copies the rows of all flows, or puts a copy back where there are none. */
  snapshot(walk: Snapshot): void {
    walk.part('mirrored rows');
    this.lastSlot = walk.number(this.lastSlot);
    const slots = walk.column(walk.isRestoring ? new Int32Array() : Int32Array.from(this.activeSlots()));
    this.activeCount = slots.length;
    this.snapshotPart(walk, slots, this.words, ROW_WORDS);
    this.snapshotPart(walk, slots, this.details, DETAIL_WORDS);
    this.snapshotPart(walk, slots, this.upperWords, UPPER_WORDS);
  }

  /** The rows of `slots` in one part, one after the other. */
  private snapshotPart(walk: Snapshot, slots: Int32Array, words: Int32Array, width: number): void {
    const own = new Int32Array(walk.isRestoring ? 0 : slots.length * width);
    if (!walk.isRestoring)
      for (let place = 0; place < slots.length; place++)
        own.set(words.subarray(slots[place]! * width, (slots[place]! + 1) * width), place * width);
    const rows = walk.column(own);
    if (!walk.isRestoring) return;
    for (let place = 0; place < slots.length; place++)
      words.set(rows.subarray(place * width, (place + 1) * width), slots[place]! * width);
  }

  private add(slot: number): void {
    this.activeCount++;
    this.lastSlot = Math.max(this.lastSlot, slot);
  }

  private takeWords(slot: number, copies: Int32Array, at: number): void {
    const { words } = this;
    const row = slot * ROW_WORDS;
    for (let word = 0; word < ROW_WORDS; word++) words[row + word] = copies[at + word]!;
  }
}
