/** The compiled fingerprints (entries/fingerprint) with the memory that they look at bytes in. */
import type { Compiled } from './compiled.ts';

export type FingerprintCall =
  | 'bytesAt'
  | 'resultsAt'
  | 'show'
  | 'observe'
  | 'retire'
  | 'release'
  | 'rowAt'
  | 'setTrace'
  | 'takeTrace'
  | 'recordAt'
  | 'traceSegment'
  | 'look'
  | 'offer'
  | 'mayBe'
  | 'match'
  | 'isCiphertext'
  | 'lookAtStart'
  | 'datagram'
  | 'brokenGuard';

export class ByteChecks {
  readonly exports: Compiled<FingerprintCall>['exports'];
  private readonly memory: WebAssembly.Memory;
  private readonly bytesAt: number;
  private readonly resultsAt: number;
  private words: Int32Array = new Int32Array(0);
  private copies = 0;

  constructor({ exports, memory }: Compiled<FingerprintCall>) {
    this.exports = exports;
    this.memory = memory;
    this.bytesAt = exports.bytesAt();
    this.resultsAt = exports.resultsAt();
  }

  /** The words of the compiled code's memory. */
  get memoryWords(): Int32Array {
    if (this.words.buffer !== this.memory.buffer) this.words = new Int32Array(this.memory.buffer);
    return this.words;
  }

  /** The words that the last call has left. */
  results(count: number): number[] {
    return [...this.memoryWords.subarray(this.resultsAt >> 2, (this.resultsAt >> 2) + count)];
  }

  /** The shortfall of the only record of the trace, which it takes. */
  traceRecord(): number[] {
    if (this.exports.takeTrace() !== 1) throw new Error('the trace has not one record');
    const at = this.exports.recordAt(0) >> 2;
    return [...this.memoryWords.subarray(at + 10, at + 16)];
  }

  /** Copies bytes to where the compiled code can read them, at any alignment; returns the address. */
  place(data: DataView, at: number, length: number): number {
    const to = this.bytesAt + (this.copies++ & 7);
    new Uint8Array(this.memory.buffer, to, length).set(new Uint8Array(data.buffer, data.byteOffset + at, length));
    return to;
  }
}
