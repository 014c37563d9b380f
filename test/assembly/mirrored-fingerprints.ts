/**
 * The set of fingerprints twice: the oracle, and the one compiled to WebAssembly beside it. Every call goes to both, and throws where
 * they leave anything that differs: handle, finding, rows of evidence, holder, key, shortfall, and with a trace every look.
 */
import type { EvidenceLog } from '../../src/dataplane/host/evidence-log.ts';
import { FingerprintSet } from '../../src/dataplane/fingerprint/fingerprint-set.ts';
import { UNCLAIMED_LIMIT } from '../../src/dataplane/host/traced-look.ts';
import { type Finding, NO_FINDING } from '../../src/dataplane/host/finding.ts';
import { FingerprintId, RETIRED } from '../../src/dataplane/host/holder.ts';
import type { Payload } from '../../src/dataplane/fingerprint/payload.ts';
import { shortfall } from '../../src/dataplane/fingerprint/shortfall.ts';
import { Verdict } from '../../src/dataplane/host/verdict.ts';
import type { ByteChecks } from './byte-checks.ts';
import { notesFirstLook } from './oracle-first-look.ts';

/** Kinds of records of a trace (assembly/fingerprint/fingerprint-trace). */
const Kind = { UNCLAIMED: 1, LOOK: 2, UNCLAIMED_LIMIT: 3, UNDECIDED: 4, QUIC: 5 } as const;

const RESULTS = 18;
const ALL = Object.values(FingerprintId).filter((id) => id !== FingerprintId.NONE);

export class MirroredFingerprints extends FingerprintSet {
  /** Payloads that both have looked at, and rows of evidence that were compared. */
  looks = 0;
  rows = 0;
  private readonly compiled: ByteChecks;
  private readonly isTraced: boolean;
  private readonly trace: number[][] = [];
  private isUndecided = false;
  private changesBefore = 0;

  constructor(compiled: ByteChecks, isTraced = false) {
    super();
    this.compiled = compiled;
    this.isTraced = isTraced;
    // The oracle has one record for all sets.
    shortfall.fill(0);
    compiled.exports.setTrace(Number(isTraced));
  }

  override observe(payload: Payload, handle: number, finding: Finding, evidence: number): number {
    const { exports } = this.compiled;
    const { captured, length, framing, direction, timeUs, packet, evidenceOffset } = payload;
    const at = this.compiled.place(payload.data, payload.at, captured);
    this.isUndecided = false;
    payload.unclaimedBefore = 0;
    const after = super.observe(payload, handle, finding, evidence);
    if (after === RETIRED && this.wasUndecided() && this.finding === NO_FINDING) this.noteEnd(Kind.UNDECIDED, payload);
    exports.show(at, captured, length, framing, direction, timeUs, packet, evidenceOffset);
    exports.observe(handle, finding, evidence);
    this.looks++;
    const key = [this.keyHigh, this.keyLow, Number(this.isKeyNew)];
    const expected = [after, ...this.stateBefore(), ...key, ...this.stateAfter(payload)];
    this.compare(`packet ${packet}`, [...expected, this.evidenceOf(after), ...shortfall]);
    this.compareEvidence();
    if (this.isTraced) this.compareTrace();
    return after;
  }

  override retire(handle: number): number {
    const { finding, evidence } = this;
    const after = super.retire(handle);
    this.compiled.exports.retire(handle, finding, evidence);
    this.compare('retire', [after, this.finding, this.evidence]);
    return after;
  }

  override release(handle: number, evidence: number): void {
    super.release(handle, evidence);
    this.compiled.exports.release(handle, evidence);
    const [, , , , rows, , , , blocks, changes] = this.compiled.results(10);
    const counts = [this.evidenceLog.count, this.blockCount, this.evidenceLog.changes];
    if (counts.join() !== [rows, blocks, changes].join()) throw new Error('release differs');
  }

  protected override offer(payload: Payload, handle: number, asked: number): number {
    if (this.isTraced) {
      for (const id of ALL) {
        if ((asked & (1 << id)) !== 0 && notesFirstLook(id, payload)) this.note(Kind.UNCLAIMED, id, 0, payload);
      }
    }
    return super.offer(payload, handle, asked);
  }

  protected override passOver(payload: Payload, offered: number, mark: number): number {
    const after = super.passOver(payload, offered, mark);
    if (after === RETIRED) this.noteEnd(offered >= UNCLAIMED_LIMIT ? Kind.UNCLAIMED_LIMIT : Kind.QUIC, payload);
    return after;
  }

  protected override look(
    claim: FingerprintId,
    payload: Payload,
    words: Int32Array,
    state: number,
    log: EvidenceLog,
  ): Verdict {
    if (this.isTraced) shortfall.fill(0);
    const verdict = super.look(claim, payload, words, state, log);
    this.isUndecided = verdict === Verdict.UNDECIDED;
    if (this.isTraced) this.note(Kind.LOOK, claim, verdict, payload);
    return verdict;
  }

  private wasUndecided(): boolean {
    return this.isUndecided;
  }

  private noteEnd(kind: number, payload: Payload): void {
    if (this.isTraced) this.note(kind, 0, 0, payload);
  }

  private note(kind: number, id: number, verdict: number, payload: Payload): void {
    const { framing, packet, captured, length, evidenceOffset } = payload;
    this.trace.push([kind, id, verdict, framing, packet, captured, length, evidenceOffset | 0, ...shortfall]);
  }

  private stateBefore(): number[] {
    return [this.finding, this.evidence, this.holder, this.evidenceLog.count];
  }

  private stateAfter(payload: Payload): number[] {
    return [this.blockCount, this.evidenceLog.changes, payload.unclaimedBefore];
  }

  private compare(what: string, expected: readonly number[]): void {
    const seen = this.compiled.results(RESULTS).slice(0, expected.length);
    if (seen.every((word, i) => word === expected[i])) return;
    throw new Error(`${what}: the oracle has ${expected.join(' ')}, the compiled set ${seen.join(' ')}`);
  }

  private compareEvidence(): void {
    const log = this.evidenceLog;
    if (log.changes === this.changesBefore) return;
    this.changesBefore = log.changes;
    for (let row = this.evidence; row !== 0; row = log.nextOf(row)) {
      const at = this.compiled.exports.rowAt(row) >> 2;
      const words = this.compiled.memoryWords.slice(at, at + 8);
      const [number] = new Float64Array(words.buffer, 8, 1);
      const expected = [log.nextOf(row), log.offsetOf(row) | 0, log.checkOf(row) * 2 ** 45 + log.packetOf(row)];
      for (let word = 0; word < 4; word++) expected.push(log.wordOf(row, word));
      const seen = [words[0], words[1], number, ...words.subarray(4)];
      if (seen.join() !== expected.join()) throw new Error(`row ${row}: ${expected.join(' ')}, not ${seen.join(' ')}`);
      this.rows++;
    }
  }

  private compareTrace(): void {
    const { exports } = this.compiled;
    const count = exports.takeTrace();
    const seen = Array.from({ length: count }, (_, i) => {
      const at = exports.recordAt(i) >> 2;
      const words = this.compiled.memoryWords.slice(at, at + 16);
      const [packet] = new Float64Array(words.buffer, 16, 1);
      return [...words.subarray(0, 4), packet, ...words.subarray(7, 10), ...words.subarray(10)];
    });
    if (seen.join(';') !== this.trace.join(';'))
      throw new Error(`the trace is ${this.trace.join(';')}, not ${seen.join(';')}`);
    this.trace.length = 0;
  }
}
