/**
 * Reported flows as of the events that the deciding thread has read: copies of their rows and of their evidence,
 * because the tracking thread is ahead. A flow has the same slot as there. Memory that no flow has used costs nothing.
 */
import { invariant } from '../../core/invariant.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { EVIDENCE_WORDS, EvidenceRows, EvidenceWord } from '../../dataplane/host/evidence-rows.ts';
import { CopyWord } from '../../dataplane/host/flow-event.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from '../../dataplane/host/flow-row.ts';
import { FlowRows, spareRowsOf, UPPER_WORDS } from '../../dataplane/host/flow-rows.ts';

/** Rows of evidence at first. */
const INITIAL_ROWS = 1024;

/** The evidence: chains of rows, of which those that were given back are used again. */
class MirroredEvidence extends EvidenceRows {
  /** Rows in use. */
  count = 0;
  private capacity = INITIAL_ROWS;
  /** Row 0 is no row. */
  private used = 1;
  private free = 0;

  constructor() {
    super();
    this.useMemory(new ArrayBuffer(INITIAL_ROWS * EVIDENCE_WORDS * 4));
  }

  /** Copies `count` rows that are one after the other from a place on: their chain's first row, 0 for none. */
  copy(copies: Int32Array, at: number, count: number): number {
    let head = 0;
    // The last one first: each row then has the number of the one after it.
    for (let row = count - 1; row >= 0; row--) head = this.add(copies, at + row * EVIDENCE_WORDS, head);
    return head;
  }

  /** Gives back a chain's rows. */
  release(head: number): void {
    for (let row = head; row !== 0;) {
      const next = this.nextOf(row);
      this.words[row * EVIDENCE_WORDS + EvidenceWord.NEXT] = this.free;
      this.free = row;
      this.count--;
      row = next;
    }
  }

  /** Copies all rows, or puts a copy back. */
  snapshot(walk: Snapshot): void {
    walk.part('mirrored evidence');
    this.count = walk.number(this.count);
    this.used = walk.number(this.used);
    this.free = walk.number(this.free);
    this.useMemory(walk.column(this.words, this.used * EVIDENCE_WORDS).buffer);
    this.capacity = this.words.length / EVIDENCE_WORDS;
  }

  private add(copies: Int32Array, at: number, next: number): number {
    const row = this.take();
    const to = row * EVIDENCE_WORDS;
    for (let word = 0; word < EVIDENCE_WORDS; word++) this.words[to + word] = copies[at + word]!;
    this.words[to + EvidenceWord.NEXT] = next;
    return row;
  }

  private take(): number {
    const row = this.free;
    this.count++;
    if (row !== 0) {
      this.free = this.nextOf(row);
      return row;
    }
    if (this.used === this.capacity) this.grow();
    return this.used++;
  }

  private grow(): void {
    const { words } = this;
    this.capacity *= 2;
    this.useMemory(new ArrayBuffer(this.capacity * EVIDENCE_WORDS * 4));
    this.words.set(words);
  }
}

export class MirroredFlows extends FlowRows {
  readonly evidence = new MirroredEvidence();
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

  /** Takes all of a flow's row from its copy in an event, and its evidence, of which there are so many rows. */
  take(slot: number, copies: Int32Array, at: number, evidenceCount: number): void {
    const { details, upperWords, evidence } = this;
    const detail = slot * DETAIL_WORDS;
    if (!this.isActive(slot)) this.add(slot);
    evidence.release(this.evidenceOf(slot));
    this.takeWords(slot, copies, at);
    for (let word = 0; word < DETAIL_WORDS; word++) details[detail + word] = copies[at + CopyWord.DETAILS + word]!;
    details[detail + FlowDetail.OWN_EVIDENCE] = evidence.copy(copies, at + CopyWord.EVIDENCE, evidenceCount);
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
    // A fingerprint that gives a flow up gives its evidence back, which is no detection.
    if (copies[at + CopyWord.DETAILS + FlowDetail.OWN_EVIDENCE] === 0) this.dropEvidence(slot);
  }

  /** The flow has ended. */
  remove(slot: number): void {
    this.words[slot * ROW_WORDS + FlowWord.TRANSPORT] = 0;
    this.dropEvidence(slot);
    this.activeCount--;
  }

  /** Throws if an invariant is broken. */
  checkInvariants(): void {
    const { evidence } = this;
    const slots = this.activeSlots();
    invariant(slots.length === this.activeCount, 'the count of mirrored flows is that of their rows');
    let rows = 0;
    for (const slot of slots) for (let row = this.evidenceOf(slot); row !== 0; row = evidence.nextOf(row)) rows++;
    invariant(rows === evidence.count, 'every row of mirrored evidence is one of a mirrored flow');
  }

  /** Copies all flows, or puts a copy back where there are none. */
  snapshot(walk: Snapshot): void {
    walk.part('mirrored rows');
    this.lastSlot = walk.number(this.lastSlot);
    const slots = walk.column(walk.isRestoring ? new Int32Array() : Int32Array.from(this.activeSlots()));
    this.activeCount = slots.length;
    this.snapshotPart(walk, slots, this.words, ROW_WORDS);
    this.snapshotPart(walk, slots, this.details, DETAIL_WORDS);
    this.snapshotPart(walk, slots, this.upperWords, UPPER_WORDS);
    this.evidence.snapshot(walk);
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

  /** First row of a flow's evidence, 0 for none. */
  private evidenceOf(slot: number): number {
    return this.details[slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE]!;
  }

  private dropEvidence(slot: number): void {
    this.evidence.release(this.evidenceOf(slot));
    this.details[slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE] = 0;
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
