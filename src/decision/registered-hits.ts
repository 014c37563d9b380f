/**
 * Registered hits, counted: throttles and blocks that were decided for a flow with a registration at either end or in
 * its tunnel. The count is of decisions, in both modes, so it is not 0 because the breaker works or because nothing is
 * enforced.
 *
 * A decision counts again only where its outcome becomes another: an observed one that enforcement carries out, or a
 * prevented one that is let through after a reset.
 */

import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { Sector, SECTOR_NAMES } from '../registry/sector.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** Why a hit counts as a registered one. */
export const HitKind = {
  NONE: 0,
  /** A registration is in force for the flow, and its rule does not say `hits_registered: true`. */
  IN_FORCE: 1,
  /** The same, and the rule says so. */
  ON_PURPOSE: 2,
  /** A registration covers an end, but not the flow's protocol. */
  OTHER_PROTOCOL: 3,
} as const;
export type HitKind = (typeof HitKind)[keyof typeof HitKind];
export const HIT_KIND_NAMES = ['none', 'in_force', 'on_purpose', 'other_protocol'] as const;

/** What came of a hit: nothing in mode observe, the breaker refused it, or enforcement carried it out. */
export const HitOutcome = { NONE: 0, WOULD: 1, PREVENTED: 2, DONE: 3 } as const;
export type HitOutcome = (typeof HitOutcome)[keyof typeof HitOutcome];
export const HIT_OUTCOME_NAMES = ['none', 'would', 'prevented', 'done'] as const;

/** Counts by kind and outcome, without those that mean none. */
export type HitCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

const OUTCOMES = HIT_OUTCOME_NAMES.length;
/** Rules of a scope; a policy may have thousands. */
const MOST_RULES = 32;

/** Whom a hit is about, by codes; the sector is that of the source, or else of the destination. */
export interface HitSubject {
  readonly rule: string;
  readonly protocol: number;
  readonly sector: number;
}

/** Whom hits in force were about, by names. */
export interface HitScope {
  readonly rules: readonly string[];
  readonly protocols: readonly string[];
  readonly sectors: readonly string[];
}

export class RegisteredHits {
  /** Rule and packet time of the latest hit that was not on purpose; null before the first. */
  latest: { readonly rule: string; readonly timeUs: number } | null = null;
  private readonly counts = new Float64Array(HIT_KIND_NAMES.length * OUTCOMES);
  /** The scope of hits in force since `takeScope`; protocols and sectors by bits. */
  private readonly rules = new Set<string>();
  private protocols = 0;
  private sectors = 0;

  count(kind: HitKind, outcome: HitOutcome, { rule, protocol, sector }: HitSubject, timeUs: number): void {
    this.counts[kind * OUTCOMES + outcome]!++;
    if (kind !== HitKind.IN_FORCE) return;
    this.latest = { rule, timeUs };
    if (this.rules.size < MOST_RULES) this.rules.add(rule);
    this.protocols |= 1 << protocol;
    this.sectors |= 1 << sector;
  }

  /** Whom the hits in force since the last call were about. */
  takeScope(): HitScope {
    const named = (bits: number, names: readonly string[]): string[] =>
      names.filter((_, code) => ((bits >> code) & 1) !== 0);
    const rules = [...this.rules].filter((rule) => rule !== '');
    const scope = {
      rules,
      protocols: named(this.protocols, PROTOCOL_NAMES),
      sectors: named(this.sectors & ~(1 << Sector.NONE), SECTOR_NAMES),
    };
    this.rules.clear();
    this.protocols = 0;
    this.sectors = 0;
    return scope;
  }

  of(kind: HitKind, outcome: HitOutcome): number {
    return this.counts[kind * OUTCOMES + outcome]!;
  }

  /** Hits of a kind, whatever came of them. */
  total(kind: HitKind): number {
    let sum = 0;
    for (let outcome = 1; outcome < OUTCOMES; outcome++) sum += this.counts[kind * OUTCOMES + outcome]!;
    return sum;
  }

  add(other: RegisteredHits): void {
    for (let cell = 0; cell < this.counts.length; cell++) this.counts[cell]! += other.counts[cell]!;
    this.latest = other.latest ?? this.latest;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.fixed(this.counts);
    this.latest = walk.data(this.latest);
    this.protocols = walk.number(this.protocols);
    this.sectors = walk.number(this.sectors);
    const rules = walk.data([...this.rules]);
    if (!walk.isRestoring) return;
    this.rules.clear();
    for (const rule of rules) this.rules.add(rule);
  }

  /** Sets every count to 0. */
  clear(): void {
    this.counts.fill(0);
    this.latest = null;
  }

  /** The counts as plain data. */
  toCounts(): HitCounts {
    return Object.fromEntries(
      HIT_KIND_NAMES.slice(1).map((kind, index) => [
        kind,
        Object.fromEntries(
          HIT_OUTCOME_NAMES.slice(1).map((outcome, at) => [outcome, this.counts[(index + 1) * OUTCOMES + at + 1]!]),
        ),
      ]),
    );
  }

  /** Adds counts that `toCounts` gave. Throws TypeError where the value is none. */
  addCounts(value: unknown): void {
    const sums = new Float64Array(this.counts);
    for (let kind = 1; kind < HIT_KIND_NAMES.length; kind++) {
      const ofKind = (value as Record<string, Record<string, unknown>> | null)?.[HIT_KIND_NAMES[kind]!];
      for (let outcome = 1; outcome < OUTCOMES; outcome++) {
        const count = ofKind?.[HIT_OUTCOME_NAMES[outcome]!];
        if (!Number.isSafeInteger(count) || (count as number) < 0) throw new TypeError('these are no registered hits');
        sums[kind * OUTCOMES + outcome]! += count as number;
      }
    }
    this.counts.set(sums);
  }
}
