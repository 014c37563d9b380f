/**
 * Summarizes a registry at a packet time: validity, coverage by sector, what expires, overlaps, and growth by month. A
 * million rows take about a second, so it works in steps, between which packets are processed.
 */
import { MICROS_PER_DAY } from '../../core/iso-time.ts';
import { Protocol } from '../../core/protocol.ts';
import type { Registry } from '../registry.ts';
import { Validity } from '../registration.ts';
import { SectorCoverage, type SectorCount } from './sector-coverage.ts';
import { Soonest } from './soonest.ts';

/** Spans within which registrations in force expire, days. */
export const EXPIRING_DAYS = [7, 30, 90] as const;
/** Rows that the lists of a summary name at most. */
export const LISTED_ROWS = 10_000;
/** A row is compared with so many earlier rows of the same prefix, so a million rows of one prefix take linear time. */
const COMPARED_ROWS = 32;
const MICROS_PER_MILLISECOND = 1000;

/** duplicate: equal in all fields; same: the same prefix; inside: the prefix of the other is wider. */
export type OverlapKind = 'duplicate' | 'same' | 'inside';

export interface Overlap {
  readonly row: number;
  /** The earlier row, or the wider one. */
  readonly other: number;
  readonly kind: OverlapKind;
}

/** A month, UTC, like `2024-11`: registrations that begin and end in it. */
export interface MonthCount {
  readonly month: string;
  begin: number;
  end: number;
}

export interface RegistryFigures {
  readonly timeUs: number;
  readonly rows: number;
  readonly prefixes: number;
  readonly inForce: number;
  readonly notYetValid: number;
  readonly expired: number;
  /** Registrations in force that expire within each of EXPIRING_DAYS. */
  readonly expiring: readonly number[];
  /** The soonest of those within the last of EXPIRING_DAYS, in order. */
  readonly expiringRows: readonly number[];
  readonly sectors: readonly SectorCount[];
  readonly overlapCount: number;
  readonly duplicateCount: number;
  /** The first of both, in the order of prefixes. */
  readonly overlaps: readonly Overlap[];
  /** Rows without a `valid_from`. */
  readonly withoutBegin: number;
  /** Months in which a registration begins or ends, in order. */
  readonly months: readonly MonthCount[];
}

export class RegistrySummary {
  private readonly registry: Registry;
  private readonly timeUs: number;
  private readonly sectors: SectorCoverage;
  private readonly soonest = new Soonest(LISTED_ROWS);
  private readonly overlaps: Overlap[] = [];
  private readonly months = new Map<string, MonthCount>();
  private readonly monthNames = new Map<number, string>();
  private readonly counts = [0, 0, 0, 0];
  private readonly expiring = EXPIRING_DAYS.map(() => 0);
  private overlapCount = 0;
  private duplicateCount = 0;
  private withoutBegin = 0;
  private next = 0;

  constructor(registry: Registry, timeUs: number) {
    this.registry = registry;
    this.timeUs = timeUs;
    this.sectors = new SectorCoverage(registry.prefixes);
  }

  /** Takes up to so many more prefixes. True when all are taken. */
  step(prefixes: number): boolean {
    const { registry } = this;
    registry.visitPrefixes(
      (rows, wider) => {
        this.take(rows, wider);
      },
      this.next,
      this.next + prefixes,
    );
    this.next += prefixes;
    return this.next >= registry.prefixCount;
  }

  /** The figures, once `step` has returned true. */
  result(): RegistryFigures {
    const { registry, counts } = this;
    return {
      timeUs: this.timeUs,
      rows: registry.count,
      prefixes: registry.prefixCount,
      inForce: counts[Validity.IN_FORCE]!,
      notYetValid: counts[Validity.NOT_YET_VALID]!,
      expired: counts[Validity.EXPIRED]!,
      expiring: this.expiring,
      expiringRows: this.soonest.inOrder(),
      sectors: this.sectors.counts(),
      overlapCount: this.overlapCount,
      duplicateCount: this.duplicateCount,
      overlaps: this.overlaps,
      withoutBegin: this.withoutBegin,
      months: [...this.months.values()].sort((a, b) => (a.month < b.month ? -1 : 1)),
    };
  }

  /** A prefix: its rows, and those of the next wider one. */
  private take(rows: Uint32Array, wider: Uint32Array | null): void {
    for (const row of rows) this.takeRow(row);
    const first = rows[0]!;
    for (let at = 1; at < rows.length; at++) {
      const row = rows[at]!;
      const before = rows.subarray(Math.max(0, at - COMPARED_ROWS), at);
      const alike = before.find((other) => this.registry.areAlike(other, row));
      if (alike === undefined) this.note({ row, other: first, kind: 'same' });
      else this.note({ row, other: alike, kind: 'duplicate' });
    }
    if (wider !== null) this.note({ row: first, other: wider[0]!, kind: 'inside' });
  }

  private takeRow(row: number): void {
    const { registry, timeUs } = this;
    const validity = registry.validityOf(row, timeUs, Protocol.NONE);
    this.counts[validity]!++;
    const [fromUs, untilUs] = [registry.validFromUs(row), registry.validUntilUs(row)];
    if (Number.isFinite(fromUs)) this.monthOf(fromUs).begin++;
    else this.withoutBegin++;
    if (Number.isFinite(untilUs)) this.monthOf(untilUs).end++;
    if (validity !== Validity.IN_FORCE) return;
    this.sectors.add(row, registry.sectorOf(row));
    const leftUs = untilUs - timeUs;
    for (const [at, days] of EXPIRING_DAYS.entries()) if (leftUs <= days * MICROS_PER_DAY) this.expiring[at]!++;
    if (leftUs <= EXPIRING_DAYS.at(-1)! * MICROS_PER_DAY) this.soonest.offer(row, untilUs);
  }

  private note(overlap: Overlap): void {
    if (overlap.kind === 'duplicate') this.duplicateCount++;
    else this.overlapCount++;
    if (this.overlaps.length < LISTED_ROWS) this.overlaps.push(overlap);
  }

  private monthOf(timeUs: number): MonthCount {
    const day = Math.floor(timeUs / MICROS_PER_DAY);
    let month = this.monthNames.get(day);
    if (month === undefined) {
      month = new Date((day * MICROS_PER_DAY) / MICROS_PER_MILLISECOND).toISOString().slice(0, 7);
      this.monthNames.set(day, month);
    }
    let count = this.months.get(month);
    if (count === undefined) {
      count = { month, begin: 0, end: 0 };
      this.months.set(month, count);
    }
    return count;
  }
}
