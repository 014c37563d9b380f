/**
 * The fingerprints of the engine, with a trace of those flows that are to be explained. They decide as they always do.
 */
import type { EvidenceLog } from '../../dataplane/fingerprint/evidence.ts';
import { FingerprintSet, UNCLAIMED_LIMIT } from '../../dataplane/fingerprint/fingerprint-set.ts';
import { type Finding, NO_FINDING } from '../../dataplane/fingerprint/finding.ts';
import { FingerprintId, RETIRED } from '../../dataplane/fingerprint/holder.ts';
import type { Payload } from '../../dataplane/fingerprint/payload.ts';
import { shortfall } from '../../dataplane/fingerprint/shortfall.ts';
import { Verdict } from '../../dataplane/fingerprint/verdict.ts';
import { notesFirstLook } from './first-look.ts';
import type { FlowTrace, GivenUp } from './flow-trace.ts';

const ALL = Object.values(FingerprintId).filter((id) => id !== FingerprintId.NONE);

export class TracedFingerprints extends FingerprintSet {
  /** Trace of the flow at hand; null where it is not to be explained. */
  trace: FlowTrace | null = null;
  private isUndecided = false;

  override observe(payload: Payload, handle: number, finding: Finding, evidence: number): number {
    this.isUndecided = false;
    const after = super.observe(payload, handle, finding, evidence);
    if (after === RETIRED && this.wasUndecided() && this.finding === NO_FINDING)
      this.noteGivenUp('undecided', payload.packet);
    return after;
  }

  protected override offer(payload: Payload, handle: number, asked: number): number {
    if (this.trace !== null) {
      for (const id of ALL) {
        if ((asked & (1 << id)) !== 0 && notesFirstLook(id, payload)) this.trace.noteUnclaimed(id, payload);
      }
    }
    return super.offer(payload, handle, asked);
  }

  protected override passOver(payload: Payload, offered: number, mark: number): number {
    const after = super.passOver(payload, offered, mark);
    if (after === RETIRED) this.noteGivenUp(offered >= UNCLAIMED_LIMIT ? 'unclaimed' : 'quic', payload.packet);
    return after;
  }

  protected override look(
    claim: FingerprintId,
    payload: Payload,
    words: Int32Array,
    state: number,
    log: EvidenceLog,
  ): Verdict {
    shortfall.fill(0);
    const verdict = super.look(claim, payload, words, state, log);
    this.isUndecided = verdict === Verdict.UNDECIDED;
    this.trace?.noteLook(claim, payload, verdict);
    return verdict;
  }

  /** The last look of the packet at hand left the flow undecided. */
  private wasUndecided(): boolean {
    return this.isUndecided;
  }

  private noteGivenUp(why: GivenUp, packet: number): void {
    if (this.trace !== null) this.trace.givenUp = { why, packet };
  }
}
