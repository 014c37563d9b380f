/**
 * Text put together as octets, piece by piece and without strings in between: an event is some hundred octets of constants with a few
 * numbers in them, and most of the time that strings take is spent on making and encoding them.
 *
 * Invariant: behind `length` there is always room for ROOM octets. What writes little (numbers, times, short texts) relies on it
 * and looks for no room; `put` and `putText` make it anew. So no more than ROOM octets may be written between two of those.
 */
import { formatMicros, LATEST_DATE_MICROS, MICROS_PER_SECOND } from '../core/units.ts';

const ROOM = 1024;
const INITIAL_CAPACITY = 1 << 16;
/** Pieces up to this length are copied octet by octet. */
const SHORT_PIECE = 16;

const ZERO = 48;
const MINUS = 45;
const HEX_DIGITS = new TextEncoder().encode('0123456789abcdef');
/** "00" to "99". */
const DIGIT_PAIRS = new TextEncoder().encode(
  Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0')).join(''),
);
const LARGEST_INT32 = 0x7fffffff;
const HUNDRED_MILLION = 100_000_000;
const LAST_WORD_DIGITS = 8;
const FRACTION_DIGITS = 6;
const KEPT_SECONDS = 64;

const encoder = new TextEncoder();

/** Octets of a text that is written again and again. */
export function octets(text: string): Uint8Array {
  return encoder.encode(text);
}

export class OctetText {
  bytes: Uint8Array;
  length = 0;
  /** Seconds that were written lately, since 1970, and their texts up to the point; by the second modulo their number. */
  private readonly seconds = new Float64Array(KEPT_SECONDS).fill(Number.NaN);
  private readonly secondTexts: Uint8Array[] = [];

  constructor(capacity: number = INITIAL_CAPACITY) {
    this.bytes = new Uint8Array(Math.max(capacity, ROOM));
  }

  /** Appends octets. */
  put(piece: Uint8Array): void {
    const { length } = this;
    const count = piece.length;
    if (length + count + ROOM > this.bytes.length) this.grow(count);
    const { bytes } = this;
    if (count <= SHORT_PIECE) for (let i = 0; i < count; i++) bytes[length + i] = piece[i]!;
    else bytes.set(piece, length);
    this.length = length + count;
  }

  /** Appends a text of any length, in UTF-8. */
  putText(text: string): void {
    this.put(octets(text));
  }

  /** Appends a short text of ASCII. */
  putAscii(text: string, end: number = text.length): void {
    const { bytes, length } = this;
    for (let i = 0; i < end; i++) bytes[length + i] = text.charCodeAt(i);
    this.length = length + end;
  }

  putCharacter(code: number): void {
    this.bytes[this.length++] = code;
  }

  /** Appends a number in decimal, as `String` writes it. */
  putNumber(value: number): void {
    if (value >= 0 && value <= LARGEST_INT32 && value === (value | 0)) {
      this.putDigits(value, digitCount(value));
    } else if (value < 0 && value === (value | 0)) {
      this.putCharacter(MINUS);
      this.putNumber(-value);
    } else if (value > 0 && Number.isSafeInteger(value)) {
      const high = Math.floor(value / HUNDRED_MILLION);
      this.putNumber(high);
      this.putDigits(value - high * HUNDRED_MILLION, LAST_WORD_DIGITS);
    } else {
      this.putAscii(String(value));
    }
  }

  /** Appends the last hexadecimal digits of a word, in lower case. */
  putHex(word: number, digits: number): void {
    const { bytes, length } = this;
    for (let i = 0; i < digits; i++) bytes[length + i] = HEX_DIGITS[(word >>> ((digits - 1 - i) * 4)) & 15]!;
    this.length = length + digits;
  }

  /** Appends a packet time as `formatMicros` writes it. */
  putTime(timeUs: number): void {
    const time = Math.min(Math.max(timeUs, 0), LATEST_DATE_MICROS);
    const second = Math.floor(time / MICROS_PER_SECOND);
    const place = second % KEPT_SECONDS;
    if (this.seconds[place] !== second) {
      const text = formatMicros(second * MICROS_PER_SECOND);
      this.seconds[place] = second;
      this.secondTexts[place] = octets(text.slice(0, text.indexOf('.') + 1));
    }
    this.put(this.secondTexts[place]!);
    this.putDigits(Math.floor(time - second * MICROS_PER_SECOND), FRACTION_DIGITS);
    this.bytes[this.length++] = 90;
  }

  /** The octets so far; `bytes` holds what comes next, and takes the place of those that are handed over. */
  take(bytes: Uint8Array): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = bytes;
    this.length = 0;
    return taken;
  }

  /** The octets so far as a string; begins anew. */
  takeString(): string {
    const text = Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.length).toString('utf8');
    this.length = 0;
    return text;
  }

  private putDigits(value: number, count: number): void {
    const { bytes, length } = this;
    let rest = value;
    let at = length + count;
    while (at - length > 1) {
      const next = (rest / 100) | 0;
      const pair = (rest - next * 100) * 2;
      at -= 2;
      bytes[at] = DIGIT_PAIRS[pair]!;
      bytes[at + 1] = DIGIT_PAIRS[pair + 1]!;
      rest = next;
    }
    if (at > length) bytes[length] = ZERO + rest;
    this.length = length + count;
  }

  private grow(count: number): void {
    const wide = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count + ROOM));
    wide.set(this.bytes.subarray(0, this.length));
    this.bytes = wide;
  }
}

/** Decimal digits of a number from 0 to 2^31 - 1. */
function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}
