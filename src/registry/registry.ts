/**
 * The registry: finds the registrations that cover an address, and those that are in force for a protocol at a packet
 * time. It is immutable; a reload builds another.
 *
 * A registration is in force at t for a protocol if validFrom <= t < validUntil and it lists the protocol or none.
 * Where several are in force, the one with the most specific prefix counts, and for one prefix the first row. The
 * result therefore depends on the file alone.
 */
import { createHash } from 'node:crypto';
import { PROTOCOL_NAMES, Protocol } from '../core/protocol.ts';
import { formatPrefix } from '../core/ip-address.ts';
import { PrefixColumns } from './lookup/prefix-columns.ts';
import type { PrefixOrder } from './lookup/prefix-order.ts';
import { orderPrefixes } from './lookup/prefix-order.ts';
import { NO_PREFIX, PrefixTrie } from './lookup/prefix-trie.ts';
import type { RegistrationColumns } from './lookup/registration-columns.ts';
import { RegistrationSearch } from './lookup/registration-search.ts';
import { type Coverage, NO_REGISTRATION, type Registration, Validity } from './registration.ts';
import { End, SCOPE_NAMES, Scope } from './scope.ts';
import { SECTOR_NAMES } from './sector.ts';
import type { TextColumn } from './lookup/text-column.ts';
import { NO_ROW, ValidityIndex } from './lookup/validity-index.ts';

export class Registry {
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  /** True where a row has the scope `pair`. */
  readonly hasPairs: boolean;
  private readonly columns: RegistrationColumns;
  private readonly trie: PrefixTrie;
  /**
   * Rows in the order of prefixes. Those of prefix p are rows[starts[p]] … rows[starts[p + 1] - 1], in the order of the
   * file.
   */
  private readonly rows: Uint32Array;
  private readonly starts: Uint32Array;
  private readonly validityIndex: ValidityIndex;
  /** The times at which a registration begins or ends, ascending. */
  private readonly boundaries: Float64Array;

  constructor(columns: RegistrationColumns, sha256: string) {
    this.sha256 = sha256;
    this.columns = columns;
    this.hasPairs = columns.scopes.subarray(0, columns.count).includes(Scope.PAIR);
    const order = orderPrefixes(columns.prefixes);
    const { distinct, ipv4Count, starts } = groupAlike(columns.prefixes, order);
    this.rows = order.rows;
    this.starts = starts;
    this.trie = new PrefixTrie(distinct, ipv4Count);
    this.validityIndex = new ValidityIndex(columns, this.rows, starts);
    this.boundaries = Float64Array.from(columns.boundaries).filter(Number.isFinite).sort();
  }

  /** Registrations. */
  get count(): number {
    return this.columns.count;
  }

  /** Distinct prefixes. */
  get prefixCount(): number {
    return this.trie.prefixCount;
  }

  /** Bytes of memory in typed arrays. */
  get byteLength(): number {
    const own = this.rows.byteLength + this.starts.byteLength + this.boundaries.byteLength;
    return own + this.columns.byteLength + this.trie.byteLength + this.validityIndex.byteLength;
  }

  /**
   * The registration in force for the address, or NO_REGISTRATION. Words as in core/ip-address; `timeUs` packet time;
   * `protocol` a code of core/protocol, NONE to ask for any. At the source or destination of a flow, rows of another
   * scope and those of scope `pair` do not count. Allocates nothing.
   */
  covers(
    word0: number,
    word1: number,
    word2: number,
    word3: number,
    timeUs: number,
    protocol: number,
    end: End = End.ANY,
  ): number {
    let prefix = this.trie.lookup(word0, word1, word2, word3);
    while (prefix !== NO_PREFIX) {
      const row = this.validityIndex.rowInForce(prefix, timeUs, protocol, end);
      if (row !== NO_ROW) return row;
      prefix = this.trie.parentOf(prefix);
    }
    return NO_REGISTRATION;
  }

  /** All registrations whose prefixes cover the address, in the order in which `covers` prefers them. */
  coverages(
    word0: number,
    word1: number,
    word2: number,
    word3: number,
    timeUs: number,
    protocol: number = Protocol.NONE,
  ): Coverage[] {
    const found: Coverage[] = [];
    let prefix = this.trie.lookup(word0, word1, word2, word3);
    while (prefix !== NO_PREFIX) {
      for (const index of this.rows.subarray(this.starts[prefix], this.starts[prefix + 1])) {
        found.push({ index, validity: this.validityOf(index, timeUs, protocol) });
      }
      prefix = this.trie.parentOf(prefix);
    }
    return found;
  }

  /** Searches registrations by prefix, holder or reference. */
  get search(): RegistrationSearch {
    return new RegistrationSearch(this.columns, this.rows);
  }

  /** The texts by which registrations are searched, by row. */
  get holders(): TextColumn {
    return this.columns.holders;
  }

  get references(): TextColumn {
    return this.columns.references;
  }

  /**
   * The first packet time at which a row is in force, and the first after that at which it is not; infinite where open.
   */
  validFromUs(row: number): number {
    return this.columns.validFromUs[row]!;
  }

  validUntilUs(row: number): number {
    return this.columns.validUntilUs[row]!;
  }

  /** True if two rows are equal in all fields but their prefixes. */
  areAlike(one: number, other: number): boolean {
    return this.columns.areAlike(one, other);
  }

  /** The validity of a registration at a packet time for a protocol (NONE for any). */
  validityOf(row: number, timeUs: number, protocol: number): Validity {
    const columns = this.columns;
    const listed = columns.protocols[row]!;
    if (listed !== 0 && protocol !== 0 && ((listed >> protocol) & 1) === 0) return Validity.OTHER_PROTOCOL;
    if (timeUs < columns.validFromUs[row]!) return Validity.NOT_YET_VALID;
    return timeUs < columns.validUntilUs[row]! ? Validity.IN_FORCE : Validity.EXPIRED;
  }

  /** The code of a registration's sector. */
  sectorOf(index: number): number {
    return this.columns.sectors[index]!;
  }

  /** The scope of a registration. */
  scopeOf(index: number): Scope {
    return this.columns.scopes[index]! as Scope;
  }

  /** The first time after `timeUs` at which a registration begins or ends; Infinity for none. */
  nextBoundary(timeUs: number): number {
    let low = 0;
    let high = this.boundaries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.boundaries[middle]! <= timeUs) low = middle + 1;
      else high = middle;
    }
    return low < this.boundaries.length ? this.boundaries[low]! : Infinity;
  }

  /** All rows, in the order of prefixes (prefix-order). */
  get rowsInOrder(): Uint32Array {
    return this.rows;
  }

  /** The prefixes, by row. */
  get prefixes(): PrefixColumns {
    return this.columns.prefixes;
  }

  /** The set of protocols that a row lists, bit 1 << code for each; 0 for any. */
  protocolsOf(row: number): number {
    return this.columns.protocols[row]!;
  }

  /** True when a row is in force for at least one protocol. */
  isInForce(row: number, timeUs: number): boolean {
    return this.columns.validFromUs[row]! <= timeUs && timeUs < this.columns.validUntilUs[row]!;
  }

  /** The number of registrations in force at a packet time. Takes time linear in the rows. */
  countInForce(timeUs: number): number {
    let count = 0;
    for (let row = 0; row < this.count; row++) {
      if (this.validityOf(row, timeUs, Protocol.NONE) === Validity.IN_FORCE) count++;
    }
    return count;
  }

  /** The earliest and the latest `valid_from`, µs since 1970; null where no row has one. */
  get validFromRange(): { readonly oldestUs: number; readonly newestUs: number } | null {
    let oldestUs = Infinity;
    let newestUs = -Infinity;
    for (const timeUs of this.columns.validFromUs) {
      if (timeUs === -Infinity) continue;
      oldestUs = Math.min(oldestUs, timeUs);
      newestUs = Math.max(newestUs, timeUs);
    }
    return newestUs === -Infinity ? null : { oldestUs, newestUs };
  }

  /** A registration as texts and numbers. */
  registrationAt(index: number): Registration {
    const { prefixes, holders, references, protocols, sectors, scopes, lines, validFromUs, validUntilUs } =
      this.columns;
    return {
      index,
      line: lines[index]!,
      prefix: formatPrefix(
        prefixes.word0[index]!,
        prefixes.word1[index]!,
        prefixes.word2[index]!,
        prefixes.word3[index]!,
        prefixes.length[index]!,
      ),
      holder: holders.get(index),
      sector: SECTOR_NAMES[sectors[index]!]!,
      protocols: PROTOCOL_NAMES.filter((_, code) => ((protocols[index]! >> code) & 1) !== 0),
      validFromUs: Number.isFinite(validFromUs[index]) ? validFromUs[index]! : null,
      validUntilUs: Number.isFinite(validUntilUs[index]) ? validUntilUs[index]! : null,
      reference: references.get(index),
      scope: SCOPE_NAMES[scopes[index]!]!,
    };
  }

  /**
   * Visits prefixes in order, from the one numbered `from` to before `to`: with the rows of each, and those of the next
   * wider registered prefix (null for none).
   */
  visitPrefixes(
    visit: (rows: Uint32Array, wider: Uint32Array | null) => void,
    from = 0,
    to: number = this.prefixCount,
  ): void {
    for (let prefix = from; prefix < Math.min(to, this.prefixCount); prefix++) {
      const parent = this.trie.parentOf(prefix);
      visit(this.rowsOf(prefix), parent === NO_PREFIX ? null : this.rowsOf(parent));
    }
  }

  private rowsOf(prefix: number): Uint32Array {
    return this.rows.subarray(this.starts[prefix], this.starts[prefix + 1]);
  }
}

/**
 * The distinct prefixes in order, the number of IPv4 ones, and the start of each one's rows (with the total at the
 * end).
 */
function groupAlike(
  prefixes: PrefixColumns,
  order: PrefixOrder,
): { distinct: PrefixColumns; ipv4Count: number; starts: Uint32Array } {
  const { rows } = order;
  const { word0, word1, word2, word3, length } = prefixes;
  const distinct = new PrefixColumns(rows.length);
  const starts = new Uint32Array(rows.length + 1);
  let ipv4Count = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const last = distinct.count - 1;
    const isLast =
      last >= 0 &&
      distinct.word3[last] === word3[row] &&
      distinct.length[last] === length[row] &&
      distinct.word0[last] === word0[row] &&
      distinct.word1[last] === word1[row] &&
      distinct.word2[last] === word2[row];
    if (isLast) continue;
    starts[distinct.count] = at;
    distinct.push(word0[row]!, word1[row]!, word2[row]!, word3[row]!, length[row]!);
    if (at < order.ipv4Count) ipv4Count = distinct.count;
  }
  starts[distinct.count] = rows.length;
  return { distinct, ipv4Count, starts: starts.slice(0, distinct.count + 1) };
}

/** SHA-256 of the bytes of a file, hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
