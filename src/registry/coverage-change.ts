/**
 * Compares the coverage of two registries, or of one at two times, for every address without visiting addresses one by
 * one.
 *
 * Prefixes are nested or disjoint, in one registry and across two. One pass over both, in the order of prefix-order and
 * with a stack of the enclosing prefixes, therefore visits every part of the address space once, with the protocols
 * that each side covers there. The own part of a prefix is the addresses that no narrower prefix covers: its size minus
 * the sizes of the prefixes directly inside. Sizes are powers of two, so parts are summed as counts of prefixes by
 * length, and the figures are exact for IPv6 too.
 *
 * A registration is lost if an address of it is no longer covered for one of its protocols. A registration that is
 * renewed in another row, split, merged or renamed is not lost.
 */
import { PrefixRows } from './lookup/prefix-rows.ts';
import { PrefixStack } from './lookup/prefix-stack.ts';
import type { Registry } from './registry.ts';
import { SECTOR_NAMES } from './sector.ts';

/** A registry as it is at a packet time, µs since 1970. */
export interface RegistryAt {
  readonly registry: Registry;
  readonly timeUs: number;
}

/** Addresses by family. */
export interface AddressCount {
  readonly ipv4: number;
  readonly ipv6: bigint;
}

export interface CoverageChange {
  /** Registrations in force before and after, and those of before that are lost. */
  readonly inForceBefore: number;
  readonly inForceAfter: number;
  readonly lost: number;
  /** The lost ones by the names of their sectors, without zeros. */
  readonly lostBySector: Readonly<Record<string, number>>;
  /** Addresses covered for at least one protocol. */
  readonly addressesBefore: AddressCount;
  readonly addressesAfter: AddressCount;
  /** Addresses that are no longer covered for at least one of their protocols. */
  readonly addressesLost: AddressCount;
}

const LENGTHS = 129;
/** A class is a pair of sets of the three protocols, before * 8 + after. */
const CLASSES = 64;

export function compareCoverage(before: RegistryAt, after: RegistryAt): CoverageChange {
  const comparison = new CoverageComparison(before, after);
  comparison.step(Infinity);
  return comparison.result();
}

/** A comparison in steps, so that packets can be processed between them: a million rows take about 300 ms. */
export class CoverageComparison {
  private readonly before: PrefixRows;
  private readonly after: PrefixRows;
  private readonly stack = new PrefixStack();
  /** By family (IPv4 first), class and length: prefixes added minus prefixes taken away. */
  private readonly parts = [new Int32Array(CLASSES * LENGTHS), new Int32Array(CLASSES * LENGTHS)] as const;
  /** Lost registrations by the code of their sector. */
  private readonly lost = new Float64Array(SECTOR_NAMES.length);

  constructor(before: RegistryAt, after: RegistryAt) {
    this.before = new PrefixRows(before.registry, before.timeUs);
    this.after = new PrefixRows(after.registry, after.timeUs);
    this.before.next();
    this.after.next();
  }

  /** Compares up to `prefixes` more prefixes. True when all are compared. */
  step(prefixes: number): boolean {
    const { before, after } = this;
    for (let count = 0; count < prefixes; count++) {
      if (before.isOver && after.isOver) {
        while (this.stack.depth > 0) this.close();
        return true;
      }
      const order = before.compare(after);
      this.visit(order <= 0, order >= 0);
      if (order <= 0) before.next();
      if (order >= 0) after.next();
    }
    return false;
  }

  /** The result, once `step` has returned true. */
  result(): CoverageChange {
    const { before, after } = this;
    return {
      inForceBefore: before.inForce,
      inForceAfter: after.inForce,
      lost: this.lost.reduce((sum, count) => sum + count, 0),
      lostBySector: Object.fromEntries(
        SECTOR_NAMES.map((name, code) => [name, this.lost[code]!] as const).filter(([, count]) => count > 0),
      ),
      addressesBefore: this.addresses((old) => old !== 0),
      addressesAfter: this.addresses((_old, now) => now !== 0),
      addressesLost: this.addresses((old, now) => (old & ~now) !== 0),
    };
  }

  /** Adds the next prefix in order, from one side or both. */
  private visit(isBefore: boolean, isAfter: boolean): void {
    const { stack, before, after } = this;
    const rows = isBefore ? before : after;
    while (stack.depth > 0 && !stack.contains(rows)) this.close();
    const outer = stack.depth === 0 ? 0 : stack.classOf();
    const parts = this.parts[rows.isIpv4 ? 0 : 1];
    if (stack.depth > 0) parts[outer * LENGTHS + rows.length]!--;
    stack.open(rows, isBefore ? before.protocols : 0, isAfter ? after.protocols : 0);
    stack.setRows(isBefore ? before.first : 0, isBefore ? before.end : 0);
    parts[stack.classOf() * LENGTHS + rows.length]!++;
  }

  /** Ends the innermost prefix. Its registrations of before are lost unless the side after covers all of it. */
  private close(): void {
    const { stack, before } = this;
    const covered = stack.close();
    for (let at = stack.closedFirst; at < stack.closedEnd; at++) {
      if ((before.protocolsAt(at) & ~covered) !== 0) this.lost[before.sectorAt(at)]!++;
    }
  }

  private addresses(isMeant: (before: number, after: number) => boolean): AddressCount {
    const count = (parts: Int32Array): bigint => {
      let sum = 0n;
      for (let at = 0; at < parts.length; at++) {
        if (parts[at] === 0) continue;
        const kind = Math.floor(at / LENGTHS);
        if (isMeant(kind >> 3, kind & 7)) sum += BigInt(parts[at]!) << BigInt(LENGTHS - 1 - (at % LENGTHS));
      }
      return sum;
    };
    return { ipv4: Number(count(this.parts[0])), ipv6: count(this.parts[1]) };
  }
}
