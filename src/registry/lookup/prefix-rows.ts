/**
 * Iterates over the prefixes with a registration in force at a packet time, in the order of prefix-order. `next` moves
 * to the next prefix, which the fields then describe, until `isOver`.
 */
import { isIpv4Row } from './prefix-order.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import type { Registry } from '../registry.ts';

/** The three protocols as bits from 0 on. */
const ALL_PROTOCOLS = 7;

export class PrefixRows {
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  /** 0 to 128, mapped form. */
  length = 0;
  isIpv4 = false;
  /** Protocols that the prefix covers: bit 0 for the first protocol. */
  protocols = 0;
  /** The prefix's rows, including those not in force, have positions `first` … `end - 1` in the order. */
  first = 0;
  end = 0;
  isOver = false;
  /** The number of rows in force so far. */
  inForce = 0;
  private readonly registry: Registry;
  private readonly timeUs: number;
  private readonly rows: Uint32Array;
  private readonly prefixes: PrefixColumns;

  constructor(registry: Registry, timeUs: number) {
    this.registry = registry;
    this.timeUs = timeUs;
    this.rows = registry.rowsInOrder;
    this.prefixes = registry.prefixes;
  }

  /** Protocols of the row at a position in the order; 0 where it is not in force. */
  protocolsAt(at: number): number {
    const row = this.rows[at]!;
    const { registry } = this;
    if (!registry.isInForce(row, this.timeUs)) return 0;
    const listed = registry.protocolsOf(row) >> 1;
    return listed === 0 ? ALL_PROTOCOLS : listed;
  }

  /** The code of the sector of the row at a position in the order. */
  sectorAt(at: number): number {
    return this.registry.sectorOf(this.rows[at]!);
  }

  /** Moves to the next prefix with a row in force. */
  next(): void {
    const { rows } = this;
    for (;;) {
      this.first = this.end;
      if (this.first === rows.length) {
        this.isOver = true;
        return;
      }
      this.readPrefix(rows[this.first]!);
      this.protocols = 0;
      do {
        const protocols = this.protocolsAt(this.end);
        if (protocols !== 0) this.inForce++;
        this.protocols |= protocols;
        this.end++;
      } while (this.end < rows.length && this.isPrefixOf(rows[this.end]!));
      if (this.protocols !== 0) return;
    }
  }

  /**
   * Compares the current prefixes: negative where this one comes first, 0 where they are equal. A finished iteration
   * comes last.
   */
  compare(other: PrefixRows): number {
    if (this.isOver || other.isOver) return Number(this.isOver) - Number(other.isOver);
    if (this.isIpv4 !== other.isIpv4) return this.isIpv4 ? -1 : 1;
    return (
      (this.word0 >>> 0) - (other.word0 >>> 0) ||
      (this.word1 >>> 0) - (other.word1 >>> 0) ||
      (this.word2 >>> 0) - (other.word2 >>> 0) ||
      (this.word3 >>> 0) - (other.word3 >>> 0) ||
      this.length - other.length
    );
  }

  private readPrefix(row: number): void {
    const { prefixes } = this;
    this.word0 = prefixes.word0[row]!;
    this.word1 = prefixes.word1[row]!;
    this.word2 = prefixes.word2[row]!;
    this.word3 = prefixes.word3[row]!;
    this.length = prefixes.length[row]!;
    this.isIpv4 = isIpv4Row(prefixes, row);
  }

  private isPrefixOf(row: number): boolean {
    const { prefixes } = this;
    return (
      prefixes.word3[row] === this.word3 &&
      prefixes.length[row] === this.length &&
      prefixes.word0[row] === this.word0 &&
      prefixes.word1[row] === this.word1 &&
      prefixes.word2[row] === this.word2
    );
  }
}
