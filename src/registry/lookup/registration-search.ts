/**
 * Searches registrations by prefix, holder or reference, for the `lookup` command. Each search visits every row, so it
 * is not used for packets. Results are rows in the order of their prefixes.
 */
import { IPV4_LENGTH_OFFSET, isMappedIpv4 } from '../../core/ip-address.ts';
import { isIpv4Row } from './prefix-order.ts';
import { wordMask } from '../prefix.ts';
import type { RegistrationColumns } from './registration-columns.ts';
import { normalized } from './text-search.ts';

/** A prefix in mapped form, for example a PrefixParser. */
export interface SearchPrefix {
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

  /** Rows whose prefixes cover the prefix or are equal to it, widest first. */
  covering(prefix: SearchPrefix): number[] {
    const { length } = this.columns.prefixes;
    return this.select((row) => length[row]! <= prefix.length && this.agree(row, prefix, length[row]!));
  }

  /** Rows whose prefixes are strictly inside the prefix. */
  inside(prefix: SearchPrefix): number[] {
    const { length } = this.columns.prefixes;
    return this.select((row) => length[row]! > prefix.length && this.agree(row, prefix, prefix.length));
  }

  /** Rows whose holder contains the text; case is ignored. */
  ofHolder(text: string): number[] {
    const wanted = normalized(text);
    return this.select((row) => normalized(this.columns.holders.get(row)).includes(wanted));
  }

  /** Rows with exactly this reference. */
  ofReference(text: string): number[] {
    return text === '' ? [] : this.select((row) => this.columns.references.get(row) === text);
  }

  private select(matches: (row: number) => boolean): number[] {
    return Array.from(this.rows.filter((row) => matches(row)));
  }

  /** True when row and prefix have the same first `length` bits. */
  private agree(row: number, prefix: SearchPrefix, length: number): boolean {
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

/** True for an IPv4 prefix. An IPv6 prefix never covers an IPv4 address, although both have one form. */
function isIpv4({ word0, word1, word2, length }: SearchPrefix): boolean {
  return length >= IPV4_LENGTH_OFFSET && isMappedIpv4(word0, word1, word2);
}
