/** A constant text, encoded once; see byte-writer.ts. */
const WORD = 8;

const encoder = new TextEncoder();

export class ByteLiteral {
  readonly length: number;
  readonly bytes: Uint8Array;
  /** The same bytes as words, the last one padded with zeros. */
  readonly words: Float64Array;

  constructor(text: string) {
    this.bytes = encoder.encode(text);
    this.length = this.bytes.length;
    const count = Math.ceil(this.length / WORD);
    const padded = new Uint8Array(count * WORD);
    padded.set(this.bytes);
    const view = new DataView(padded.buffer);
    this.words = Float64Array.from({ length: count }, (_, word) => view.getFloat64(word * WORD, true));
  }
}
