/**
 * Builds text as bytes, without intermediate strings. An event is some hundred constant bytes with a few numbers in
 * between; as strings, most of the time would go into creating and encoding them.
 *
 * Bytes are written in words of four or eight if possible. Such a write may go beyond the end of the text, and the next
 * write overwrites the excess. Literals are copied as doubles, the only 8-byte words that cost no allocation. A NaN may
 * lose its bytes in such a copy, but no UTF-8 text forms one: it would end in 7f or ff after a byte of f0 or more, and
 * such a byte begins a character.
 *
 * Invariant: at least ROOM bytes are free after `length`. Short writes (numbers, times, short texts) rely on it without
 * a check; `put`, `putCopy`, `putBytes` and `putText` restore it. So between two of these calls at most ROOM bytes,
 * less a word, may be written.
 */
import { formatMicros, LATEST_DATE_MICROS, MICROS_PER_SECOND } from '../../core/units.ts';
import { ByteLiteral } from './byte-literal.ts';
import { digitsOf, lengthOf, paddedDigitsOf } from './decimal-table.ts';

const ROOM = 1024;
const INITIAL_CAPACITY = 1 << 16;
/** Literals up to this length are copied word by word: a call of `set` takes as long as copying that many bytes. */
const LONGEST_BY_WORDS = 96;

const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const LARGEST_INT32 = 0x7fffffff;
const BILLION = 1_000_000_000;
const MILLION = 1_000_000;
const THOUSAND = 1000;
const CACHED_SECONDS = 64;
/**
 * Below this limit the microseconds have at most 15 digits, and the double of the seconds prints exactly these digits.
 */
const EXACT_AS_SECONDS = 1e15;

const encoder = new TextEncoder();

export class ByteWriter {
  bytes: Uint8Array;
  /** View of the same memory as `bytes`. */
  view: DataView;
  length = 0;
  /**
   * Cache of second texts ("2024-01-01T00:00:00."), indexed by the second modulo the size; the seconds are since 1970.
   */
  private readonly seconds = new Float64Array(CACHED_SECONDS).fill(Number.NaN);
  private readonly secondTexts: ByteLiteral[] = [];

  constructor(capacity: number = INITIAL_CAPACITY) {
    this.bytes = new Uint8Array(Math.max(capacity, ROOM));
    this.view = viewOf(this.bytes);
  }

  put(literal: ByteLiteral): void {
    const { length } = this;
    const count = literal.length;
    if (length + count + ROOM > this.bytes.length) this.grow(count);
    if (count <= LONGEST_BY_WORDS) {
      const { view } = this;
      const { words } = literal;
      for (let at = 0; at < count; at += 8) view.setFloat64(length + at, words[at >> 3]!, true);
    } else {
      this.bytes.set(literal.bytes, length);
    }
    this.length = length + count;
  }

  /** Appends ASCII bytes from another view, which must be readable up to a whole word. */
  putCopy(from: DataView, begin: number, count: number): void {
    const { length } = this;
    if (length + count + ROOM > this.bytes.length) this.grow(count);
    const { view } = this;
    for (let at = 0; at < count; at += 8) view.setFloat64(length + at, from.getFloat64(begin + at, true), true);
    this.length = length + count;
  }

  /** Appends a text of any length, in UTF-8. */
  putText(text: string): void {
    this.putBytes(encoder.encode(text));
  }

  /** Appends bytes of any length. */
  putBytes(more: Uint8Array): void {
    if (this.length + more.length + ROOM > this.bytes.length) this.grow(more.length);
    this.bytes.set(more, this.length);
    this.length += more.length;
  }

  /** Appends a short ASCII text. */
  putAscii(text: string, end: number = text.length): void {
    const { bytes, length } = this;
    for (let i = 0; i < end; i++) bytes[length + i] = text.charCodeAt(i);
    this.length = length + end;
  }

  putCharacter(code: number): void {
    this.bytes[this.length++] = code;
  }

  /** Appends a number in decimal, like `String`. */
  putNumber(value: number): void {
    if (value >= 0 && value <= LARGEST_INT32 && value === (value | 0)) {
      this.putInt(value | 0);
    } else if (value < 0 && value === (value | 0)) {
      this.putCharacter(MINUS);
      this.putNumber(-value);
    } else if (value > 0 && Number.isSafeInteger(value)) {
      const high = Math.floor(value / BILLION);
      this.putInt(high);
      this.putNineDigits(value - high * BILLION);
    } else {
      this.putAscii(String(value));
    }
  }

  /** Appends the lowest hexadecimal digits of a word, at most eight, in lower case. */
  putHex(word: number, digits: number): void {
    const { view, length } = this;
    const first = word << (32 - digits * 4);
    view.setInt32(length, hexDigits(first >>> 16));
    view.setInt32(length + 4, hexDigits(first & 0xffff));
    this.length = length + digits;
  }

  /** Appends a packet time, like `formatMicros`. */
  putTime(timeUs: number): void {
    const time = Math.min(Math.max(timeUs, 0), LATEST_DATE_MICROS);
    const second = Math.floor(time / MICROS_PER_SECOND);
    const slot = second % CACHED_SECONDS;
    if (this.seconds[slot] !== second) {
      const text = formatMicros(second * MICROS_PER_SECOND);
      this.seconds[slot] = second;
      this.secondTexts[slot] = new ByteLiteral(text.slice(0, text.indexOf('.') + 1));
    }
    this.put(this.secondTexts[slot]!);
    const micros = Math.floor(time - second * MICROS_PER_SECOND) | 0;
    const high = (micros / THOUSAND) | 0;
    const { view, length } = this;
    view.setInt32(length, paddedDigitsOf(high), true);
    view.setInt32(length + 3, paddedDigitsOf(micros - high * THOUSAND), true);
    this.bytes[length + 6] = 90;
    this.length = length + 7;
  }

  /** Appends microseconds, a whole number of at least 0, as seconds, like `String(micros / 1e6)`. */
  putSeconds(micros: number): void {
    if (micros >= EXACT_AS_SECONDS) {
      this.putAscii(String(micros / MICROS_PER_SECOND));
      return;
    }
    const seconds = Math.floor(micros / MICROS_PER_SECOND);
    this.putNumber(seconds);
    const rest = (micros - seconds * MICROS_PER_SECOND) | 0;
    if (rest === 0) return;
    const high = (rest / THOUSAND) | 0;
    this.putCharacter(POINT);
    this.putThree(high);
    this.putThree(rest - high * THOUSAND);
    while (this.bytes[this.length - 1] === ZERO) this.length--;
  }

  /** Returns the bytes so far and continues with an empty text in `bytes`, which replaces the returned memory. */
  take(bytes: Uint8Array): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.length = 0;
    return taken;
  }

  /** Returns the text so far as a string and begins an empty text. */
  takeString(): string {
    const text = Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.length).toString('utf8');
    this.length = 0;
    return text;
  }

  /** Appends a number from 0 to 2^31 - 1. */
  private putInt(value: number): void {
    if (value < THOUSAND) {
      this.putUpToThree(value);
      return;
    }
    const thousands = (value / THOUSAND) | 0;
    if (thousands < THOUSAND) {
      this.putUpToThree(thousands);
    } else {
      const millions = (value / MILLION) | 0;
      if (millions < THOUSAND) {
        this.putUpToThree(millions);
      } else {
        const billions = (millions / THOUSAND) | 0;
        this.putUpToThree(billions);
        this.putThree(millions - billions * THOUSAND);
      }
      this.putThree(thousands - millions * THOUSAND);
    }
    this.putThree(value - thousands * THOUSAND);
  }

  /** Appends a number below 10^9 as nine digits. */
  private putNineDigits(value: number): void {
    const thousands = (value / THOUSAND) | 0;
    const millions = (value / MILLION) | 0;
    this.putThree(millions);
    this.putThree(thousands - millions * THOUSAND);
    this.putThree(value - thousands * THOUSAND);
  }

  private putUpToThree(value: number): void {
    const digits = digitsOf(value);
    this.view.setInt32(this.length, digits, true);
    this.length += lengthOf(digits);
  }

  private putThree(value: number): void {
    this.view.setInt32(this.length, paddedDigitsOf(value), true);
    this.length += 3;
  }

  private grow(count: number): void {
    const wide = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count + ROOM));
    wide.set(this.bytes.subarray(0, this.length));
    this.bytes = wide;
    this.view = viewOf(wide);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Four hexadecimal digits of a 16-bit number, as the bytes of a word, highest first. */
function hexDigits(value: number): number {
  const pairs = ((value & 0xff00) << 8) | (value & 0xff);
  const digits = ((pairs & 0x00f0_00f0) << 4) | (pairs & 0x000f_000f);
  // Each byte with a digit of ten or more gets a 1; 39 is the distance between '9' and 'a', less one.
  const letters = ((digits + 0x0606_0606) >>> 4) & 0x0101_0101;
  return digits + 0x3030_3030 + letters * 39;
}
