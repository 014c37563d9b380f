/** A copy of the first bytes of a payload that a fingerprint looked at: enough for the checks, and bounded. */
import type { FingerprintId } from '../../dataplane/host/holder.ts';
import type { Framing } from '../../dataplane/host/framing.ts';
import type { TracedLook } from '../../dataplane/host/traced-look.ts';

const HEAD_LIMIT = 2048;

/** What is kept of a look. */
export type HeadSource = Pick<TracedLook, 'packet' | 'fingerprint' | 'framing' | 'bytes' | 'length' | 'evidenceOffset'>;

export class PayloadHead {
  readonly packet: number;
  /** The fingerprint that looked. */
  readonly fingerprint: FingerprintId;
  readonly framing: Framing;
  /** Offset that evidence shows for its first byte. */
  readonly start: number;
  /** Bytes of the payload, of which `bytes` are the first. */
  readonly length: number;
  readonly bytes: Uint8Array;

  constructor({ packet, fingerprint, framing, bytes, length, evidenceOffset }: HeadSource) {
    this.packet = packet;
    this.fingerprint = fingerprint;
    this.framing = framing;
    this.start = evidenceOffset;
    this.length = length;
    this.bytes = bytes.slice(0, HEAD_LIMIT);
  }

  /** The `count` bytes at an offset of evidence; null where not all of them are there. */
  at(offset: number, count: number): Uint8Array | null {
    const from = offset - this.start;
    return from < 0 || from + count > this.bytes.length ? null : this.bytes.subarray(from, from + count);
  }

  /** True where evidence with this offset is of this payload. A stream may have several in one packet. */
  has(offset: number): boolean {
    return offset >= this.start && offset < this.start + Math.max(1, this.length);
  }
}
