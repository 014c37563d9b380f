/**
 * The validity times and protocols of registrations, packed by prefix. After the trie, `Registry.covers` reads one or
 * two cache lines of this index; the columns, which are in the order of the file, would take five.
 *
 * Entry i has 24 bytes: valid from and valid until as doubles (µs since 1970), then
 * scope << 28 | protocols << 24 | row,
 * then the
 * number of the next entry of the same prefix, 0 for none. The entry of a prefix's first row has the prefix's number.
 * Entries of further rows come after those of all prefixes.
 */
import type { RegistrationColumns } from './registration-columns.ts';

const ENTRY_BYTES = 24;
const WORDS = ENTRY_BYTES / 4;
const LISTED = 4;
const NEXT = 5;
/** Rows are fewer than PREFIX_LIMIT of trie-shape. */
const ROW_BITS = 24;
/** Protocols have the codes 1 to 3, so their set has four bits. */
const SCOPE_SHIFT = 28;

/** Result of `rowInForce` where no row is in force. */
export const NO_ROW = -1;

export class ValidityIndex {
  // `declare`: a field that the constructor alone writes keeps its type and constness in V8.
  declare private readonly times: Float64Array;
  declare private readonly words: Int32Array;

  /** The rows of prefix p are rows[starts[p]] … rows[starts[p + 1] - 1]. */
  constructor(columns: RegistrationColumns, rows: Uint32Array, starts: Uint32Array) {
    const memory = new ArrayBuffer(ENTRY_BYTES * rows.length);
    const words = new Int32Array(memory);
    const { protocols, scopes } = columns;
    // Copied as 32-bit halves: until V8 compiles this loop, each double that is read would be allocated as an object.
    const validFrom = halvesOf(columns.validFromUs);
    const validUntil = halvesOf(columns.validUntilUs);
    const prefixCount = starts.length - 1;
    let extra = prefixCount;
    for (let prefix = 0; prefix < prefixCount; prefix++) {
      let entry = prefix;
      const end = starts[prefix + 1]!;
      for (let at = starts[prefix]!; at < end; at++) {
        const row = rows[at]!;
        const word = WORDS * entry;
        words[word] = validFrom[2 * row]!;
        words[word + 1] = validFrom[2 * row + 1]!;
        words[word + 2] = validUntil[2 * row]!;
        words[word + 3] = validUntil[2 * row + 1]!;
        words[word + LISTED] = (scopes[row]! << SCOPE_SHIFT) | (protocols[row]! << ROW_BITS) | row;
        if (at + 1 === end) break;
        words[WORDS * entry + NEXT] = extra;
        entry = extra++;
      }
    }
    this.times = new Float64Array(memory);
    this.words = words;
  }

  /** Bytes of memory in typed arrays. */
  get byteLength(): number {
    return this.times.byteLength;
  }

  /**
   * The first row of the prefix that is in force for the protocol at the end (scope.ts), or NO_ROW. Sizes and
   * offsets are literals (see the
   * head of this file), because V8 loads a module's constant at every use.
   */
  rowInForce(prefix: number, timeUs: number, protocol: number, end: number): number {
    const { times, words } = this;
    let entry = prefix;
    do {
      const listed = words[6 * entry + 4]!;
      const protocols = (listed >>> 24) & 15;
      const scope = listed >>> 28;
      if (
        times[3 * entry]! <= timeUs &&
        timeUs < times[3 * entry + 1]! &&
        (protocols === 0 || protocol === 0 || ((protocols >> protocol) & 1) !== 0) &&
        (scope === 0 || end === 0 || scope === end)
      ) {
        return listed & 0xffffff;
      }
      entry = words[6 * entry + 5]!;
    } while (entry !== 0);
    return -1;
  }
}

function halvesOf(doubles: Float64Array): Int32Array {
  return new Int32Array(doubles.buffer, doubles.byteOffset, 2 * doubles.length);
}
