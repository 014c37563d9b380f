/**
 * Parses an IP prefix from bytes, for the fast path (fast-row). It accepts a subset of what PrefixParser accepts, with
 * the same result. It declines everything else (host bits, a dotted IPv4 part in IPv6, all mistakes) without a message;
 * PrefixParser then accepts or refuses the text.
 */
import { IPV4_LENGTH_OFFSET, IPV4_MARK, isMappedIpv4 } from '../../core/ip-address.ts';
import { hexDigit, wordMask } from '../prefix.ts';

const COMMA = 44;
const DOT = 46;
const SLASH = 47;
const ZERO = 48;
const COLON = 58;
const GROUPS = 8;

export class BytePrefix {
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  /** 0 to 128, mapped form. */
  length = 0;
  private at = 0;
  private readonly groups = new Int32Array(GROUPS);

  /** Parses the prefix that begins at `at`. Returns the position of the comma after it, or -1 where it is declined. */
  read(bytes: Uint8Array, at: number): number {
    this.at = at;
    const isIpv4 = this.readIpv4(bytes);
    if (!isIpv4) {
      this.at = at;
      if (!this.readIpv6(bytes)) return -1;
    }
    const widest = isIpv4 ? IPV4_LENGTH_OFFSET : 0;
    this.length = 128;
    if (bytes[this.at] === SLASH) {
      this.at++;
      const length = this.readDecimal(bytes);
      if (length < 0 || length > 128 - widest) return -1;
      this.length = length + widest;
      if (this.length < 128 && this.hasHostBits()) return -1;
    }
    return bytes[this.at] === COMMA ? this.at : -1;
  }

  private readIpv4(bytes: Uint8Array): boolean {
    let word = 0;
    for (let part = 0; part < 4; part++) {
      if (part > 0 && bytes[this.at++] !== DOT) return false;
      const value = this.readDecimal(bytes);
      if (value < 0 || value > 255) return false;
      word = (word << 8) | value;
    }
    this.word0 = 0;
    this.word1 = 0;
    this.word2 = IPV4_MARK;
    this.word3 = word;
    return true;
  }

  /** A decimal number of one to three digits without a leading zero; else -1. */
  private readDecimal(bytes: Uint8Array): number {
    const start = this.at;
    let at = start;
    let value = 0;
    for (; at < bytes.length && at < start + 3; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.at = at;
    return at === start || (at > start + 1 && bytes[start] === ZERO) ? -1 : value;
  }

  private readIpv6(bytes: Uint8Array): boolean {
    const groups = this.groups;
    let at = this.at;
    let count = 0;
    let gapAt = -1;
    if (bytes[at] === COLON && bytes[at + 1] === COLON) {
      gapAt = 0;
      at += 2;
    }
    for (;;) {
      const start = at;
      let value = 0;
      for (; at < bytes.length; at++) {
        const digit = hexDigit(bytes[at]!);
        if (digit < 0) break;
        value = (value << 4) | digit;
      }
      // An address may end without a group only directly after "::".
      if (at === start && gapAt === count) break;
      if (at === start || at > start + 4 || count === GROUPS) return false;
      groups[count++] = value;
      if (bytes[at] !== COLON) break;
      at++;
      if (bytes[at] !== COLON) continue;
      if (gapAt >= 0) return false;
      gapAt = count;
      at++;
    }
    this.at = at;
    return this.closeIpv6(count, gapAt);
  }

  /** Packs the groups into words; groups after the gap go to the end. */
  private closeIpv6(count: number, gapAt: number): boolean {
    if (gapAt < 0 ? count < GROUPS : count === GROUPS) return false;
    const groups = this.groups;
    const tail = gapAt < 0 ? 0 : count - gapAt;
    for (let i = 1; i <= tail; i++) groups[GROUPS - i] = groups[count - i]!;
    for (let i = count - tail; i < GROUPS - tail; i++) groups[i] = 0;
    this.word0 = (groups[0]! << 16) | groups[1]!;
    this.word1 = (groups[2]! << 16) | groups[3]!;
    this.word2 = (groups[4]! << 16) | groups[5]!;
    this.word3 = (groups[6]! << 16) | groups[7]!;
    return !isMappedIpv4(this.word0, this.word1, this.word2);
  }

  private hasHostBits(): boolean {
    const { length } = this;
    return (
      (this.word3 & ~wordMask(length, 3)) !== 0 ||
      (this.word2 & ~wordMask(length, 2)) !== 0 ||
      (this.word1 & ~wordMask(length, 1)) !== 0 ||
      (this.word0 & ~wordMask(length, 0)) !== 0
    );
  }
}
