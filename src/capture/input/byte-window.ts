/** A window of buffered bytes at the start of a compressed input, for decoders that parse headers. */
import type { ByteInput } from './byte-input.ts';

export class ByteWindow {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes [at, end) are buffered. The decoder moves `at` forward. */
  at = 0;
  end = 0;
  private readonly input: ByteInput;

  /** `capacity` is the most that `fill` can buffer. */
  constructor(input: ByteInput, capacity: number) {
    this.input = input;
    this.bytes = new Uint8Array(capacity);
  }

  /** Waits until `count` bytes are buffered; returns false if the input ends before. */
  async fill(count: number): Promise<boolean> {
    while (this.end - this.at < count) {
      if (this.at > 0) {
        this.bytes.copyWithin(0, this.at, this.end);
        this.end -= this.at;
        this.at = 0;
      }
      const got = await this.input.read(this.bytes, this.end, this.bytes.length - this.end);
      if (got === 0) return false;
      this.end += got;
    }
    return true;
  }

  /** Skips `count` bytes; returns false if the input ends before. */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0;) {
      if (!(await this.fill(1))) return false;
      const step = Math.min(left, this.end - this.at);
      this.at += step;
      left -= step;
    }
    return true;
  }
}
