/**
 * What a change takes from registered users: two registries, or one at two times, compared address by address without visiting addresses.
 *
 * Prefixes nest or are disjoint, in one registry and across two. So one pass over both, in the order of prefix-order and with a stack of the
 * prefixes around the one at hand, sees every part of the address space once, and which protocols each side covers in it. The addresses that belong
 * to a prefix but to no narrower one are its own part: its size less the sizes of the prefixes directly inside. Sizes are powers of two, so parts are
 * summed as a count of prefixes by length, and figures are exact for IPv6 too.
 *
 * A registration is lost if some address of it is not covered any more for one of its protocols. A registration that is renewed under another row,
 * split, merged or renamed is not lost.
 */
import { PrefixRows } from './lookup/prefix-rows.ts';
import { PrefixStack } from './lookup/prefix-stack.ts';
import type { Registry } from './registry.ts';

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
  /** Registrations in force on each side, and those of the first that the second does not cover any more. */
  readonly inForceBefore: number;
  readonly inForceAfter: number;
  readonly lost: number;
  /** Addresses covered for at least one protocol. */
  readonly addressesBefore: AddressCount;
  readonly addressesAfter: AddressCount;
  /** Addresses that are not covered any more for at least one protocol that they were covered for. */
  readonly addressesLost: AddressCount;
}

const LENGTHS = 129;
/** Sets of the three protocols on each side: 8 * 8. */
const CLASSES = 64;

export function compareCoverage(before: RegistryAt, after: RegistryAt): CoverageChange {
  const comparison = new CoverageComparison(before, after);
  comparison.step(Infinity);
  return comparison.result();
}

/** Addresses that a registry covers at a time, for at least one protocol. */
export function coveredAddresses(at: RegistryAt): AddressCount {
  return compareCoverage(at, at).addressesBefore;
}

/** The comparison in steps, for those who have other work between them: a million rows take some 300 ms. */
export class CoverageComparison {
  private readonly before: PrefixRows;
  private readonly after: PrefixRows;
  private readonly stack = new PrefixStack();
  /** By class and length: prefixes added less prefixes taken away. IPv4 first. */
  private readonly parts = [new Int32Array(CLASSES * LENGTHS), new Int32Array(CLASSES * LENGTHS)] as const;
  private lost = 0;

  constructor(before: RegistryAt, after: RegistryAt) {
    this.before = new PrefixRows(before.registry, before.timeUs);
    this.after = new PrefixRows(after.registry, after.timeUs);
    this.before.next();
    this.after.next();
  }

  /** Compares up to so many prefixes more; true when all are compared. */
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

  /** After `step` has returned true. */
  result(): CoverageChange {
    const { before, after } = this;
    return {
      inForceBefore: before.inForce,
      inForceAfter: after.inForce,
      lost: this.lost,
      addressesBefore: this.addresses((old) => old !== 0),
      addressesAfter: this.addresses((_old, now) => now !== 0),
      addressesLost: this.addresses((old, now) => (old & ~now) !== 0),
    };
  }

  /** The next prefix in order, from one side or both. */
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

  /** No prefix inside the innermost one follows: its registrations are lost unless all of it is covered. */
  private close(): void {
    const { stack, before } = this;
    const covered = stack.close();
    for (let at = stack.closedFirst; at < stack.closedEnd; at++) {
      if ((before.protocolsAt(at) & ~covered) !== 0) this.lost++;
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
