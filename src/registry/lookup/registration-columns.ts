/**
 * Registrations as columns, which grow by doubling. Row i is the i-th registration of the file; the row number
 * identifies the registration everywhere.
 */
import { PrefixColumns } from './prefix-columns.ts';
import { TextColumn } from './text-column.ts';

const FIRST_CAPACITY = 64;

export class RegistrationColumns {
  readonly prefixes = new PrefixColumns();
  readonly holders = new TextColumn();
  readonly references = new TextColumn();
  /** In force from this packet time, µs since 1970; -Infinity where open. */
  validFromUs = new Float64Array(FIRST_CAPACITY);
  /** In force before this packet time, µs since 1970; Infinity where open. */
  validUntilUs = new Float64Array(FIRST_CAPACITY);
  /** The distinct times of the two columns above. The parser adds them when it parses a new text. */
  readonly boundaries = new Set<number>();
  /** Bit 1 << code for each protocol; 0 for any. */
  protocols = new Uint8Array(FIRST_CAPACITY);
  /** Codes of Scope. */
  scopes = new Uint8Array(FIRST_CAPACITY);
  /** Codes of Sector. */
  sectors = new Uint8Array(FIRST_CAPACITY);
  /** Lines of the file, from 1. */
  lines = new Uint32Array(FIRST_CAPACITY);

  get count(): number {
    return this.prefixes.count;
  }

  /** Adds the numbers of a row. The caller then adds its prefix and texts to their own columns. */
  push(
    validFromUs: number,
    validUntilUs: number,
    protocols: number,
    sector: number,
    scope: number,
    line: number,
  ): void {
    const row = this.count;
    if (row === this.lines.length) this.resize(row * 2);
    this.validFromUs[row] = validFromUs;
    this.validUntilUs[row] = validUntilUs;
    this.protocols[row] = protocols;
    this.sectors[row] = sector;
    this.scopes[row] = scope;
    this.lines[row] = line;
  }

  /** True if two rows are equal in all fields but their prefixes. */
  areAlike(one: number, other: number): boolean {
    return (
      this.validFromUs[one] === this.validFromUs[other] &&
      this.validUntilUs[one] === this.validUntilUs[other] &&
      this.protocols[one] === this.protocols[other] &&
      this.sectors[one] === this.sectors[other] &&
      this.scopes[one] === this.scopes[other] &&
      this.holders.isSame(one, other) &&
      this.references.isSame(one, other)
    );
  }

  /** Releases unused capacity. */
  trim(): void {
    this.resize(this.count);
    this.prefixes.trim();
    this.holders.trim();
    this.references.trim();
  }

  /** Bytes of memory in typed arrays. */
  get byteLength(): number {
    const numbers = this.validFromUs.byteLength * 2 + this.protocols.byteLength * 3 + this.lines.byteLength;
    return numbers + this.prefixes.byteLength + this.holders.byteLength + this.references.byteLength;
  }

  private resize(capacity: number): void {
    this.validFromUs = resizedTimes(this.validFromUs, capacity);
    this.validUntilUs = resizedTimes(this.validUntilUs, capacity);
    this.protocols = resizedBytes(this.protocols, capacity);
    this.sectors = resizedBytes(this.sectors, capacity);
    this.scopes = resizedBytes(this.scopes, capacity);
    const lines = new Uint32Array(capacity);
    lines.set(this.lines.subarray(0, capacity));
    this.lines = lines;
  }
}

function resizedTimes(column: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const resized = new Float64Array(capacity);
  resized.set(column.subarray(0, capacity));
  return resized;
}

function resizedBytes(column: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  const resized = new Uint8Array(capacity);
  resized.set(column.subarray(0, capacity));
  return resized;
}
