/**
 * Text put together as octets, piece by piece and without strings in between: an event is some hundred octets of constants with a few
 * numbers in them, and most of the time that strings take is spent on making and encoding them.
 *
 * Octets are written in words of four or eight wherever that is possible, and then reach beyond what was meant: what comes next takes
 * their place. A piece is copied in doubles, as there are no other words of eight octets that cost nothing. A double that is no number
 * need not keep its octets, but no UTF-8 makes one: it would end in 7f or ff behind an octet of f0 or more, and that begins a character.
 *
 * Invariant: behind `length` there is always room for ROOM octets. What writes little (numbers, times, short texts) relies on it
 * and looks for no room; `put` and `putText` make it anew. So no more than ROOM octets, less a word, may be written between two of those.
 */
import { formatMicros, LATEST_DATE_MICROS, MICROS_PER_SECOND } from '../../core/units.ts';
import { digitsOf, lengthOf, paddedDigitsOf } from './three-digits.ts';

const ROOM = 1024;
const INITIAL_CAPACITY = 1 << 16;
const WORD = 8;
/** Pieces up to this length are copied word by word: a call takes as long as that many octets. */
const LONGEST_BY_WORDS = 96;

const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const LARGEST_INT32 = 0x7fffffff;
const BILLION = 1_000_000_000;
const MILLION = 1_000_000;
const THOUSAND = 1000;
const KEPT_SECONDS = 64;
/** Microseconds below this have at most 15 digits, and a double of them as seconds has no others. */
const EXACT_AS_SECONDS = 1e15;

const encoder = new TextEncoder();

/** Octets that are written again and again. */
export class Piece {
  readonly length: number;
  readonly octets: Uint8Array;
  /** The octets as words, the last one filled up with zeros. */
  readonly words: Float64Array;

  constructor(text: string) {
    this.octets = encoder.encode(text);
    this.length = this.octets.length;
    const count = Math.ceil(this.length / WORD);
    const padded = new Uint8Array(count * WORD);
    padded.set(this.octets);
    const view = new DataView(padded.buffer);
    this.words = Float64Array.from({ length: count }, (_, word) => view.getFloat64(word * WORD, true));
  }
}

export class OctetText {
  bytes: Uint8Array;
  /** Of the same octets. */
  view: DataView;
  length = 0;
  /** Seconds that were written lately, since 1970, and their texts up to the point; by the second modulo their number. */
  private readonly seconds = new Float64Array(KEPT_SECONDS).fill(Number.NaN);
  private readonly secondTexts: Piece[] = [];

  constructor(capacity: number = INITIAL_CAPACITY) {
    this.bytes = new Uint8Array(Math.max(capacity, ROOM));
    this.view = viewOf(this.bytes);
  }

  /** Appends a piece. */
  put(piece: Piece): void {
    const { length } = this;
    const count = piece.length;
    if (length + count + ROOM > this.bytes.length) this.grow(count);
    if (count <= LONGEST_BY_WORDS) {
      const { view } = this;
      const { words } = piece;
      for (let at = 0; at < count; at += 8) view.setFloat64(length + at, words[at >> 3]!, true);
    } else {
      this.bytes.set(piece.octets, length);
    }
    this.length = length + count;
  }

  /** Appends octets of ASCII from elsewhere; behind them there must be some up to a whole word. */
  putCopy(from: DataView, begin: number, count: number): void {
    const { length } = this;
    if (length + count + ROOM > this.bytes.length) this.grow(count);
    const { view } = this;
    for (let at = 0; at < count; at += 8) view.setFloat64(length + at, from.getFloat64(begin + at, true), true);
    this.length = length + count;
  }

  /** Appends a text of any length, in UTF-8. */
  putText(text: string): void {
    const octets = encoder.encode(text);
    if (this.length + octets.length + ROOM > this.bytes.length) this.grow(octets.length);
    this.bytes.set(octets, this.length);
    this.length += octets.length;
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

  /** Appends the last hexadecimal digits of a word, in lower case: eight at most. */
  putHex(word: number, digits: number): void {
    const { view, length } = this;
    const first = word << (32 - digits * 4);
    view.setInt32(length, hexDigits(first >>> 16));
    view.setInt32(length + 4, hexDigits(first & 0xffff));
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
      this.secondTexts[place] = new Piece(text.slice(0, text.indexOf('.') + 1));
    }
    this.put(this.secondTexts[place]!);
    const micros = Math.floor(time - second * MICROS_PER_SECOND) | 0;
    const high = (micros / THOUSAND) | 0;
    const { view, length } = this;
    view.setInt32(length, paddedDigitsOf(high), true);
    view.setInt32(length + 3, paddedDigitsOf(micros - high * THOUSAND), true);
    this.bytes[length + 6] = 90;
    this.length = length + 7;
  }

  /** Appends microseconds, a whole number of at least 0, as seconds: as `String(micros / 1e6)` writes them. */
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

  /** The octets so far; `bytes` holds what comes next, and takes the place of those that are handed over. */
  take(bytes: Uint8Array): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.length = 0;
    return taken;
  }

  /** The octets so far as a string; begins anew. */
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

/** Four hexadecimal digits of a number of 16 bits, as the octets of a word from the highest on. */
function hexDigits(value: number): number {
  const pairs = ((value & 0xff00) << 8) | (value & 0xff);
  const digits = ((pairs & 0x00f0_00f0) << 4) | (pairs & 0x000f_000f);
  // One in each octet that holds ten or more: 39 is what lies between the octets of '9' and 'a', less one.
  const letters = ((digits + 0x0606_0606) >>> 4) & 0x0101_0101;
  return digits + 0x3030_3030 + letters * 39;
}
