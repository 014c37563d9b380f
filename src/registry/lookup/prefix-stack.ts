/**
 * The enclosing prefixes in an iteration over two registries, outermost first: the protocols that each side covers in
 * each, and those that the second side covers in all of it.
 *
 * Invariants: each prefix is strictly inside the one before it, so there are at most 129. Prefixes are opened in the
 * order of prefix-order. NEXT is the first address of a prefix after the last closed prefix inside it; it wraps to zero
 * after the last address.
 */
import { wordMask } from '../prefix.ts';
import type { PrefixRows } from './prefix-rows.ts';

const MAX_DEPTH = 130;
/** Offsets in the words of one level. */
const Word = {
  START: 0,
  NEXT: 4,
  LENGTH: 8,
  IS_IPV4: 9,
  HAS_INNER: 10,
  BEFORE: 11,
  AFTER: 12,
  /** Protocols that the second side covers at every address so far. */
  COVERED: 13,
  FIRST_ROW: 14,
  END_ROW: 15,
} as const;
const WORDS = 16;
const ALL_PROTOCOLS = 7;

export class PrefixStack {
  depth = 0;
  /** Positions of the rows of the last closed prefix. */
  closedFirst = 0;
  closedEnd = 0;
  private readonly words = new Int32Array(MAX_DEPTH * WORDS);
  /** First address after the prefix of `findEnd`. */
  private readonly end = new Int32Array(4);

  /** The class of the innermost prefix's own part: the first side's protocols * 8 + the second's. */
  classOf(): number {
    const at = (this.depth - 1) * WORDS;
    return this.words[at + Word.BEFORE]! * 8 + this.words[at + Word.AFTER]!;
  }

  /** True when the prefix is inside the innermost one. */
  contains({ word0, word1, word2, word3, isIpv4 }: PrefixRows): boolean {
    const { words } = this;
    const at = (this.depth - 1) * WORDS;
    const length = words[at + Word.LENGTH]!;
    return (
      words[at + Word.IS_IPV4] === Number(isIpv4) &&
      ((words[at]! ^ word0) & wordMask(length, 0)) === 0 &&
      ((words[at + 1]! ^ word1) & wordMask(length, 1)) === 0 &&
      ((words[at + 2]! ^ word2) & wordMask(length, 2)) === 0 &&
      ((words[at + 3]! ^ word3) & wordMask(length, 3)) === 0
    );
  }

  /**
   * Opens a prefix inside the innermost one. The sides cover it for the given protocols and those of the enclosing
   * prefixes.
   */
  open(prefix: PrefixRows, before: number, after: number): void {
    const { words } = this;
    const at = this.depth++ * WORDS;
    const outer = at - WORDS;
    const isInner = outer >= 0;
    words[at] = words[at + Word.NEXT] = prefix.word0;
    words[at + 1] = words[at + Word.NEXT + 1] = prefix.word1;
    words[at + 2] = words[at + Word.NEXT + 2] = prefix.word2;
    words[at + 3] = words[at + Word.NEXT + 3] = prefix.word3;
    words[at + Word.LENGTH] = prefix.length;
    words[at + Word.IS_IPV4] = Number(prefix.isIpv4);
    words[at + Word.HAS_INNER] = 0;
    words[at + Word.BEFORE] = before | (isInner ? words[outer + Word.BEFORE]! : 0);
    words[at + Word.AFTER] = after | (isInner ? words[outer + Word.AFTER]! : 0);
    words[at + Word.COVERED] = ALL_PROTOCOLS;
    if (!isInner) return;
    // Addresses between the last inner prefix and this one belong to the outer prefix's own part.
    if (!this.isNext(outer, prefix.word0, prefix.word1, prefix.word2, prefix.word3))
      words[outer + Word.COVERED]! &= words[outer + Word.AFTER]!;
    words[outer + Word.HAS_INNER] = 1;
  }

  setRows(first: number, end: number): void {
    const at = (this.depth - 1) * WORDS;
    this.words[at + Word.FIRST_ROW] = first;
    this.words[at + Word.END_ROW] = end;
  }

  /** Closes the innermost prefix. Returns the protocols that the second side covers in all of it. */
  close(): number {
    const { words, end } = this;
    const at = --this.depth * WORDS;
    this.findEnd(at);
    if (words[at + Word.HAS_INNER] === 0 || !this.isNext(at, end[0]!, end[1]!, end[2]!, end[3]!))
      words[at + Word.COVERED]! &= words[at + Word.AFTER]!;
    const covered = words[at + Word.COVERED]!;
    this.closedFirst = words[at + Word.FIRST_ROW]!;
    this.closedEnd = words[at + Word.END_ROW]!;
    if (this.depth > 0) {
      const outer = at - WORDS;
      words[outer + Word.COVERED]! &= covered;
      for (let word = 0; word < 4; word++) words[outer + Word.NEXT + word] = end[word]!;
    }
    return covered;
  }

  private isNext(at: number, word0: number, word1: number, word2: number, word3: number): boolean {
    const next = at + Word.NEXT;
    const { words } = this;
    return words[next] === word0 && words[next + 1] === word1 && words[next + 2] === word2 && words[next + 3] === word3;
  }

  /** Computes the first address after a prefix: its last address plus one, with a carry over words. */
  private findEnd(at: number): void {
    const { words, end } = this;
    const length = words[at + Word.LENGTH]!;
    let carry = 1;
    for (let word = 3; word >= 0; word--) {
      const last = words[at + word]! | ~wordMask(length, word);
      end[word] = last + carry;
      if (carry === 1 && end[word] !== 0) carry = 0;
    }
  }
}
