/**
 * Finds registrations by what they say: those around or inside a prefix, those of a holder, those with a reference. Each search looks
 * at every row: it is for people who ask, not for packets. Answers are rows in the order of their prefixes.
 */
import { isMappedIpv4 } from '../../core/ip-address.ts';
import { isIpv4Row } from './prefix-order.ts';
import { IPV4_LENGTH_OFFSET, wordMask } from '../prefix.ts';
import type { RegistrationColumns } from './registration-columns.ts';

/** A prefix as PrefixParser holds it. */
export interface SoughtPrefix {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly word3: number;
  readonly length: number;
}

export class RegistrationSearch {
  private readonly columns: RegistrationColumns;
  private readonly rows: Uint32Array;

  /** `rows` in the order of their prefixes. */
  constructor(columns: RegistrationColumns, rows: Uint32Array) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Rows whose prefixes cover all of the prefix, also the same prefix; from the widest on. */
  covering(prefix: SoughtPrefix): number[] {
    const { length } = this.columns.prefixes;
    return this.select((row) => length[row]! <= prefix.length && this.isAlike(row, prefix, length[row]!));
  }

  /** Rows whose prefixes are parts of the prefix. */
  inside(prefix: SoughtPrefix): number[] {
    const { length } = this.columns.prefixes;
    return this.select((row) => length[row]! > prefix.length && this.isAlike(row, prefix, prefix.length));
  }

  /** Rows whose holder's name has the text in it, in capitals or not. */
  ofHolder(text: string): number[] {
    const sought = plain(text);
    return this.select((row) => plain(this.columns.holders.get(row)).includes(sought));
  }

  /** Rows with exactly this reference. */
  ofReference(text: string): number[] {
    return text === '' ? [] : this.select((row) => this.columns.references.get(row) === text);
  }

  private select(isSought: (row: number) => boolean): number[] {
    return Array.from(this.rows.filter((row) => isSought(row)));
  }

  /** True when row and prefix have the same first `length` bits. */
  private isAlike(row: number, prefix: SoughtPrefix, length: number): boolean {
    const { prefixes } = this.columns;
    const { word0, word1, word2, word3 } = prefixes;
    return (
      isIpv4Row(prefixes, row) === isIpv4(prefix) &&
      ((word3[row]! ^ prefix.word3) & wordMask(length, 3)) === 0 &&
      ((word2[row]! ^ prefix.word2) & wordMask(length, 2)) === 0 &&
      ((word1[row]! ^ prefix.word1) & wordMask(length, 1)) === 0 &&
      ((word0[row]! ^ prefix.word0) & wordMask(length, 0)) === 0
    );
  }
}

/** An IPv6 prefix never covers an IPv4 address, though both have one form. */
function isIpv4({ word0, word1, word2, length }: SoughtPrefix): boolean {
  return length >= IPV4_LENGTH_OFFSET && isMappedIpv4(word0, word1, word2);
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
