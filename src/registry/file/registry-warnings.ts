/**
 * Warnings about valid rows of a registry that are probably mistakes: duplicate rows, overlapping prefixes, expired
 * rows, very wide prefixes, reserved ranges, one reference for two holders. A bounded number of warnings of each kind
 * is shown; the others are counted.
 */
import type { IssueList } from '../../core/issue.ts';
import type { Micros } from '../../core/units.ts';
import { formatMicros } from '../../core/units.ts';
import { IPV4_LENGTH_OFFSET } from '../../core/ip-address.ts';
import { isIpv4Row } from '../lookup/prefix-order.ts';
import type { RegistrationColumns } from '../lookup/registration-columns.ts';
import type { Registry } from '../registry.ts';
import { Scope } from '../scope.ts';
import type { ReservedRange } from './reserved-ranges.ts';
import { ReservedRanges } from './reserved-ranges.ts';
import { findSharedReferences, type RefusedRow, withRefusedRows } from './shared-references.ts';

/** Warnings of one kind that are shown; further ones are counted. */
const SHOWN_PER_KIND = 20;
/** IANA allocates /8s of IPv4 and /12s of IPv6; wider prefixes are mistakes. */
const WIDEST_IPV4_LENGTH = 8;
const WIDEST_IPV6_LENGTH = 12;

/**
 * A row is compared with this many earlier rows of the same prefix, so a million rows of one prefix take linear time.
 */
const COMPARED_ROWS = 32;
const BOTH_COUNT = 'both count, and the narrower prefix, then the earlier row, is named in decisions';

/**
 * Adds the warnings about a registry as of packet time `now`. Rows in `refused` are only checked for shared references.
 */
export function warnOfRegistrations(
  registry: Registry,
  columns: RegistrationColumns,
  issues: IssueList,
  now: Micros,
  refused: readonly RefusedRow[] = [],
): void {
  if (registry.count === 0 && issues.ok) {
    issues.warning(0, 0, 'no registrations: all addresses count as unregistered');
    return;
  }
  warnOfExpired(columns, issues, now);
  warnOfWide(registry, columns, issues);
  warnOfReserved(columns, issues);
  warnOfAlike(registry, columns, issues);
  warnOfSharedReferences(columns, issues, refused);
  if (registry.hasPairs) warnOfSinglePairs(columns, issues);
}

/** Warnings of one kind: shows the first ones and counts the others. */
class Kind {
  private count = 0;
  private readonly issues: IssueList;
  private readonly plural: string;

  constructor(issues: IssueList, plural: string) {
    this.issues = issues;
    this.plural = plural;
  }

  add(line: number, message: () => string): void {
    this.count++;
    if (this.count <= SHOWN_PER_KIND) this.issues.warning(line, 1, message());
  }

  end(): void {
    const more = this.count - SHOWN_PER_KIND;
    if (more > 0) this.issues.warning(0, 0, `and ${more} more ${this.plural}`);
  }
}

function warnOfExpired(columns: RegistrationColumns, issues: IssueList, now: Micros): void {
  const kind = new Kind(issues, 'expired rows');
  for (let row = 0; row < columns.count; row++) {
    const until = columns.validUntilUs[row]!;
    if (until <= now) kind.add(columns.lines[row]!, () => `expired: no longer in force since ${formatMicros(until)}`);
  }
  kind.end();
}

function warnOfWide(registry: Registry, columns: RegistrationColumns, issues: IssueList): void {
  const kind = new Kind(issues, 'very wide prefixes');
  const { prefixes } = columns;
  for (let row = 0; row < columns.count; row++) {
    const ipv4 = isIpv4Row(prefixes, row);
    const length = prefixes.length[row]! - (ipv4 ? IPV4_LENGTH_OFFSET : 0);
    if (length >= (ipv4 ? WIDEST_IPV4_LENGTH : WIDEST_IPV6_LENGTH)) continue;
    const family = ipv4 ? 'IPv4' : 'IPv6';
    const share = length === 0 ? `every ${family} address` : `1/${2 ** length} of all ${family} addresses`;
    kind.add(columns.lines[row]!, () => `${registry.registrationAt(row).prefix} registers ${share}`);
  }
  kind.end();
}

/** Documentation ranges get one warning for each range: they are right in examples and labs. */
function warnOfReserved(columns: RegistrationColumns, issues: IssueList): void {
  const kind = new Kind(issues, 'rows in reserved ranges');
  const examples = new Map<ReservedRange, { firstLine: number; count: number }>();
  const ranges = new ReservedRanges();
  const { word0, word1, word2, word3 } = columns.prefixes;
  for (let row = 0; row < columns.count; row++) {
    const range = ranges.lookup(word0[row]!, word1[row]!, word2[row]!, word3[row]!);
    if (range === null) continue;
    const line = columns.lines[row]!;
    if (!range.documentation) {
      kind.add(line, () => `is in ${range.prefix}, ${range.purpose}: such addresses are not used on the Internet`);
      continue;
    }
    const seen = examples.get(range);
    if (seen === undefined) examples.set(range, { firstLine: line, count: 1 });
    else seen.count++;
  }
  kind.end();
  for (const [range, { firstLine, count }] of examples) {
    const rows = count === 1 ? 'this row is' : `this row and ${count - 1} more are`;
    issues.warning(
      firstLine,
      1,
      `${rows} in ${range.prefix}, reserved for examples: right in a lab, wrong on a network`,
    );
  }
}

/** Duplicates are equal in all fields; overlaps are different rows with the same prefix, or one inside the other. */
function warnOfAlike(registry: Registry, columns: RegistrationColumns, issues: IssueList): void {
  const duplicates = new Kind(issues, 'duplicate rows');
  const overlaps = new Kind(issues, 'overlapping rows');
  registry.visitPrefixes((rows, wider) => {
    const first = rows[0]!;
    for (let at = 1; at < rows.length; at++) {
      const row = rows[at]!;
      const line = columns.lines[row]!;
      const before = rows.subarray(Math.max(0, at - COMPARED_ROWS), at);
      const alike = before.find((other) => columns.areAlike(other, row));
      if (alike !== undefined) duplicates.add(line, () => `repeats line ${columns.lines[alike]!}`);
      else overlaps.add(line, () => `the prefix of line ${columns.lines[first]!} again: ${BOTH_COUNT}`);
    }
    if (wider === null) return;
    const widerFirst = wider[0]!;
    overlaps.add(columns.lines[first]!, () => {
      const inside = `${registry.registrationAt(first).prefix} is inside ${registry.registrationAt(widerFirst).prefix}`;
      return `${inside} of line ${columns.lines[widerFirst]!}: ${BOTH_COUNT}`;
    });
  });
  duplicates.end();
  overlaps.end();
}

/** A reference belongs to one holder. Where two have it, one row is wrong, or one holder is written in two ways. */
function warnOfSharedReferences(columns: RegistrationColumns, issues: IssueList, refused: readonly RefusedRow[]): void {
  const kind = new Kind(issues, 'references of several holders');
  const all = withRefusedRows(columns, refused);
  const { references, holders, lines } = all;
  const holder = (row: number): string => `${JSON.stringify(holders.get(row))} at line ${lines[row]!}`;
  findSharedReferences(all, (row, earlier) => {
    kind.add(lines[row]!, () => {
      const reference = JSON.stringify(references.get(row));
      return `reference ${reference} is used by holder ${holder(earlier)} and by holder ${holder(row)}`;
    });
  });
  kind.end();
}

/** A pair takes two rows with one reference. */
function warnOfSinglePairs(columns: RegistrationColumns, issues: IssueList): void {
  const kind = new Kind(issues, 'pairs of one row');
  const rows = new Map<string, number>();
  const { scopes, references, lines } = columns;
  const isPair = (row: number): boolean => scopes[row] === Scope.PAIR;
  for (let row = 0; row < columns.count; row++) {
    if (isPair(row)) rows.set(references.get(row), (rows.get(references.get(row)) ?? 0) + 1);
  }
  for (let row = 0; row < columns.count; row++) {
    const reference = isPair(row) ? references.get(row) : '';
    if (reference === '' || rows.get(reference)! > 1) continue;
    kind.add(lines[row]!, () => {
      const wanted = `no other row of scope pair has reference ${JSON.stringify(reference)}`;
      return `${wanted}, so this covers only flows with both ends in its prefix`;
    });
  }
  kind.end();
}
