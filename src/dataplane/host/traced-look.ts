/**
 * A record of what the fingerprints made of a payload (dataplane/assembly/fingerprint/fingerprint-trace), as the host
 * reads it.
 */
import type { FingerprintId } from './holder.ts';
import type { Framing } from './framing.ts';
import type { Verdict } from './verdict.ts';

/** Packets with a payload that an unclaimed flow is offered for. */
export const UNCLAIMED_LIMIT = 24;
/** Packets that a fingerprint may stay undecided for. */
export const UNDECIDED_LIMIT = 128;

export const TraceKind = {
  UNCLAIMED: 1,
  LOOK: 2,
  GIVEN_UP_UNCLAIMED: 3,
  GIVEN_UP_UNDECIDED: 4,
  GIVEN_UP_QUIC: 5,
  SEGMENT: 6,
} as const;
export type TraceKind = (typeof TraceKind)[keyof typeof TraceKind];

const Word = {
  KIND: 0,
  FINGERPRINT: 1,
  VERDICT: 2,
  FRAMING: 3,
  PACKET: 4,
  AT: 6,
  CAPTURED: 7,
  LENGTH: 8,
  EVIDENCE_OFFSET: 9,
  SHORTFALL: 10,
} as const;
const SHORTFALL_WORDS = 6;

/** The payload as it was shown. `bytes` are valid until the next packet. */
export interface TracedLook {
  readonly kind: TraceKind;
  readonly fingerprint: FingerprintId;
  readonly verdict: Verdict;
  readonly framing: Framing;
  readonly packet: number;
  /** Captured bytes; `length` as the headers claim. */
  readonly bytes: Uint8Array;
  readonly length: number;
  /** What evidence adds to offsets in this payload. */
  readonly evidenceOffset: number;
  /** By ShortfallWord: the check that did not hold. */
  readonly shortfall: Int32Array;
}

export function readLook(memory: ArrayBufferLike, at: number): TracedLook {
  const words = new Int32Array(memory, at, Word.SHORTFALL + SHORTFALL_WORDS);
  return {
    kind: words[Word.KIND] as TraceKind,
    fingerprint: words[Word.FINGERPRINT] as FingerprintId,
    verdict: words[Word.VERDICT] as Verdict,
    framing: words[Word.FRAMING] as Framing,
    packet: new DataView(memory, at).getFloat64(4 * Word.PACKET, true),
    bytes: new Uint8Array(memory, words[Word.AT]! >>> 0, words[Word.CAPTURED]),
    length: words[Word.LENGTH]!,
    evidenceOffset: words[Word.EVIDENCE_OFFSET]! >>> 0,
    shortfall: words.subarray(Word.SHORTFALL),
  };
}
