/**
 * Counts the registrations in force and the addresses that they cover, by sector. Prefixes come in order, in which
 * those that a prefix covers follow it: a prefix inside one of its sector that was counted adds no address.
 */
import { IPV4_LENGTH_OFFSET } from '../../core/ip-address.ts';
import { wordMask } from '../prefix.ts';
import type { PrefixColumns } from '../lookup/prefix-columns.ts';
import { isIpv4Row } from '../lookup/prefix-order.ts';
import { SECTOR_NAMES } from '../sector.ts';

export interface SectorCount {
  readonly sector: string;
  readonly registrations: number;
  readonly ipv4: number;
  readonly ipv6: bigint;
}

const LENGTHS = 129;
const NO_ROW = -1;

export class SectorCoverage {
  private readonly prefixes: PrefixColumns;
  private readonly registrations = new Float64Array(SECTOR_NAMES.length);
  /** By sector: counted prefixes by length, of each family. */
  private readonly ipv4 = new Uint32Array(SECTOR_NAMES.length * LENGTHS);
  private readonly ipv6 = new Uint32Array(SECTOR_NAMES.length * LENGTHS);
  /** By sector: the last row that was counted. */
  private readonly last = new Int32Array(SECTOR_NAMES.length).fill(NO_ROW);

  constructor(prefixes: PrefixColumns) {
    this.prefixes = prefixes;
  }

  /** Takes a row in force; rows come in the order of prefixes. */
  add(row: number, sector: number): void {
    this.registrations[sector]!++;
    const last = this.last[sector]!;
    if (last !== NO_ROW && this.isInside(row, last)) return;
    this.last[sector] = row;
    const counts = isIpv4Row(this.prefixes, row) ? this.ipv4 : this.ipv6;
    counts[sector * LENGTHS + this.prefixes.length[row]!]!++;
  }

  /** Sectors without a registration in force are left out. */
  counts(): SectorCount[] {
    return SECTOR_NAMES.flatMap((sector, code) => {
      const registrations = this.registrations[code]!;
      const [ipv4, ipv6] = [this.sum(this.ipv4, code), this.sum(this.ipv6, code)];
      return registrations === 0 ? [] : [{ sector, registrations, ipv4: Number(ipv4), ipv6 }];
    });
  }

  private sum(counts: Uint32Array, sector: number): bigint {
    let sum = 0n;
    for (let length = 0; length < LENGTHS; length++)
      sum += BigInt(counts[sector * LENGTHS + length]!) << BigInt(LENGTHS - 1 - length);
    return sum;
  }

  private isInside(row: number, wider: number): boolean {
    const { word0, word1, word2, word3, length } = this.prefixes;
    const bits = length[wider]!;
    return (
      bits <= length[row]! &&
      // An IPv6 prefix covers no IPv4 address, although both have one form.
      (bits >= IPV4_LENGTH_OFFSET || isIpv4Row(this.prefixes, wider) === isIpv4Row(this.prefixes, row)) &&
      ((word0[row]! ^ word0[wider]!) & wordMask(bits, 0)) === 0 &&
      ((word1[row]! ^ word1[wider]!) & wordMask(bits, 1)) === 0 &&
      ((word2[row]! ^ word2[wider]!) & wordMask(bits, 2)) === 0 &&
      ((word3[row]! ^ word3[wider]!) & wordMask(bits, 3)) === 0
    );
  }
}
