/**
 * Parses IP prefixes strictly: RFC 4632 (CIDR) for IPv4, RFC 4291 sections 2.2 and 2.3 for IPv6.
 *
 * Texts with more than one interpretation are refused, because each would register other people: numbers with leading
 * zeros (octal in some parsers), fewer than four numbers, host bits below the length, zones (`%eth0`), brackets,
 * spaces, and the IPv4-mapped form `::ffff:192.0.2.1` (write `192.0.2.1`).
 *
 * Both families have one form: four words and a length from 0 to 128, IPv4 mapped (core/ip-address). An IPv4 /24 has
 * length 120. An IPv6 prefix never covers an IPv4 address.
 */
import { formatAddress, formatPrefix, IPV4_LENGTH_OFFSET, IPV4_MARK, isMappedIpv4 } from '../core/ip-address.ts';

const DOT = 46;
const SLASH = 47;
const COLON = 58;
const PERCENT = 37;
const GROUPS = 8;

/** The network mask of word `index` (0 to 3) for a prefix of `length` (0 to 128), signed. */
export function wordMask(length: number, index: number): number {
  const bits = Math.min(Math.max(length - index * 32, 0), 32);
  return bits === 0 ? 0 : -1 << (32 - bits);
}

/**
 * Parses prefixes into its own fields, so that a million of them need no objects. After `parse` or `parseAddress`
 * returned true, the words and `length` hold the prefix. After false, `message` and `column` (from 1, in UTF-16 units)
 * describe the error.
 */
export class PrefixParser {
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  /** 0 to 128, mapped form. */
  length = 0;
  message = '';
  column = 0;
  private text = '';
  private at = 0;
  private readonly groups = new Int32Array(GROUPS);

  /** Parses an address, or an address with `/length`. An address alone is a prefix of one address. */
  parse(text: string): boolean {
    if (!this.begin(text)) return false;
    const ipv4 = this.isIpv4;
    this.length = 128;
    if (this.at === text.length) return true;
    if (text.charCodeAt(this.at) !== SLASH)
      return this.unexpected(ipv4 ? 'a digit, "." or "/"' : 'a digit, ":" or "/"');
    this.at++;
    return this.readLength(ipv4) && this.checkHostBits();
  }

  /** Parses an address without a length. */
  parseAddress(text: string): boolean {
    if (!this.begin(text)) return false;
    this.length = 128;
    if (this.at === text.length) return true;
    return text.charCodeAt(this.at) === SLASH
      ? this.refuse(this.at, 'an address without a length is needed here')
      : this.unexpected('the end of the address');
  }

  /** True when the last parsed text was IPv4. */
  get isIpv4(): boolean {
    return isMappedIpv4(this.word0, this.word1, this.word2);
  }

  private begin(text: string): boolean {
    this.text = text;
    this.at = 0;
    if (text.length === 0) return this.refuse(0, 'an address or prefix is missing');
    return text.includes(':') ? this.readIpv6() : this.readIpv4();
  }

  private readIpv4(): boolean {
    this.word0 = 0;
    this.word1 = 0;
    this.word2 = IPV4_MARK;
    return this.readDotted();
  }

  /** Parses four decimal numbers into word3. */
  private readDotted(): boolean {
    let word = 0;
    for (let numbers = 0; numbers < 4; numbers++) {
      if (numbers > 0) {
        if (this.text.charCodeAt(this.at) !== DOT) {
          return this.unexpected(`"." (an IPv4 address has four numbers, this ends after ${numbers})`);
        }
        this.at++;
      }
      const value = this.readDecimal(3, 255, 'number');
      if (value < 0) return false;
      word = (word << 8) | value;
    }
    this.word3 = word;
    return true;
  }

  /** Parses a decimal number without leading zeros, of at most `digits` digits and up to `limit`; -1 when refused. */
  private readDecimal(digits: number, limit: number, what: string): number {
    const start = this.at;
    let value = 0;
    while (this.at < this.text.length) {
      const digit = this.text.charCodeAt(this.at) - 48;
      if (digit < 0 || digit > 9) break;
      if (this.at - start === digits) return this.deny(start, `this ${what} has more than ${digits} digits`);
      value = value * 10 + digit;
      this.at++;
    }
    if (this.at === start) return this.denyUnexpected(`a decimal ${what}`);
    if (this.at - start > 1 && this.text.charCodeAt(start) === 48) {
      return this.deny(start, `this ${what} has a leading zero, which some programs read as octal`);
    }
    if (value > limit) return this.deny(start, `this ${what} is ${value}, above ${limit}`);
    return value;
  }

  /**
   * Parses up to eight groups of up to four hexadecimal digits with at most one `::`; the last two may be a dotted IPv4
   * part.
   */
  private readIpv6(): boolean {
    let count = 0;
    let gapAt = -1;
    if (this.text.startsWith('::')) {
      gapAt = 0;
      this.at = 2;
      if (!this.atHexDigit()) return this.closeIpv6(count, gapAt);
    }
    for (;;) {
      if (count === GROUPS) return this.refuse(this.at, 'an IPv6 address has eight groups, this has more');
      if (this.atDottedTail()) return this.readDottedTail(count, gapAt);
      if (!this.readGroup(count)) return false;
      count++;
      if (this.text.charCodeAt(this.at) !== COLON) return this.closeIpv6(count, gapAt);
      this.at++;
      if (this.text.charCodeAt(this.at) !== COLON) continue;
      if (gapAt >= 0) return this.refuse(this.at - 1, '"::" may appear only once in an address');
      gapAt = count;
      this.at++;
      if (!this.atHexDigit()) return this.closeIpv6(count, gapAt);
    }
  }

  private readDottedTail(count: number, gapAt: number): boolean {
    if (count > GROUPS - 2) return this.refuse(this.at, 'no room is left for a dotted IPv4 part here');
    if (!this.readDotted()) return false;
    this.groups[count] = this.word3 >>> 16;
    this.groups[count + 1] = this.word3 & 0xffff;
    return this.closeIpv6(count + 2, gapAt);
  }

  private atHexDigit(): boolean {
    return this.at < this.text.length && hexDigit(this.text.charCodeAt(this.at)) >= 0;
  }

  /** True where the next part is dotted: digits, then a dot. */
  private atDottedTail(): boolean {
    for (let at = this.at; at < this.text.length && at < this.at + 4; at++) {
      const code = this.text.charCodeAt(at);
      if (code === DOT) return at > this.at;
      if (code < 48 || code > 57) return false;
    }
    return false;
  }

  private readGroup(index: number): boolean {
    const start = this.at;
    let value = 0;
    while (this.at < this.text.length) {
      const digit = hexDigit(this.text.charCodeAt(this.at));
      if (digit < 0) break;
      if (this.at - start === 4) return this.refuse(start, 'a group has at most four hexadecimal digits');
      value = (value << 4) | digit;
      this.at++;
    }
    if (this.at === start) return this.unexpected('a hexadecimal group');
    this.groups[index] = value;
    return true;
  }

  /** Moves the groups after the gap to the end, and packs all groups into words. */
  private closeIpv6(count: number, gapAt: number): boolean {
    const groups = this.groups;
    if (gapAt < 0 && count < GROUPS) {
      if (this.at < this.text.length) return this.unexpected('":" or a hexadecimal digit');
      return this.refuse(this.at, `an IPv6 address has eight groups, or "::" for some; this has ${count}`);
    }
    if (gapAt >= 0) {
      if (count === GROUPS) return this.refuse(0, '"::" replaces no group here: all eight are written out');
      const missing = GROUPS - count;
      for (let i = GROUPS - 1; i >= gapAt; i--) groups[i] = i - missing >= gapAt ? groups[i - missing]! : 0;
    }
    this.word0 = (groups[0]! << 16) | groups[1]!;
    this.word1 = (groups[2]! << 16) | groups[3]!;
    this.word2 = (groups[4]! << 16) | groups[5]!;
    this.word3 = (groups[6]! << 16) | groups[7]!;
    if (!this.isIpv4) return true;
    return this.refuse(0, `an IPv4 address in IPv6 form: write ${formatAddress(0, 0, IPV4_MARK, this.word3)}`);
  }

  private readLength(ipv4: boolean): boolean {
    const start = this.at;
    if (this.text.includes('.', start))
      return this.refuse(start, 'a netmask is not a prefix length: write /24, not /255.255.255.0');
    const value = this.readDecimal(3, ipv4 ? 32 : 128, 'prefix length');
    if (value < 0) return false;
    if (this.at < this.text.length) return this.unexpected('the end of the prefix');
    this.length = ipv4 ? value + IPV4_LENGTH_OFFSET : value;
    return true;
  }

  private checkHostBits(): boolean {
    const base0 = this.word0 & wordMask(this.length, 0);
    const base1 = this.word1 & wordMask(this.length, 1);
    const base2 = this.word2 & wordMask(this.length, 2);
    const base3 = this.word3 & wordMask(this.length, 3);
    if (base0 === this.word0 && base1 === this.word1 && base2 === this.word2 && base3 === this.word3) return true;
    const wide = formatPrefix(base0, base1, base2, base3, this.length);
    const single = formatPrefix(this.word0, this.word1, this.word2, this.word3, 128);
    return this.refuse(
      0,
      `bits are set below the prefix length: write ${wide} for all of it or ${single} for one address`,
    );
  }

  private unexpected(wanted: string): false {
    this.denyUnexpected(wanted);
    return false;
  }

  private denyUnexpected(wanted: string): -1 {
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'the end';
    if (this.text.charCodeAt(this.at) === PERCENT) return this.deny(this.at, 'an address here has no zone ("%…")');
    return this.deny(this.at, `${wanted} is expected, not ${found}`);
  }

  private refuse(at: number, message: string): false {
    this.deny(at, message);
    return false;
  }

  private deny(at: number, message: string): -1 {
    this.column = at + 1;
    this.message = message;
    return -1;
  }
}

/** The value of a hexadecimal digit by its character code, or -1. */
export function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
