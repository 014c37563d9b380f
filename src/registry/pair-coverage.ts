/**
 * Registrations of scope `pair`: two rows with one reference, one of which covers the source and the other the
 * destination. Only registries that have such rows pay for this lookup, once for each decision.
 */
import { type Coverage, Validity } from './registration.ts';
import type { Registry } from './registry.ts';
import { Scope } from './scope.ts';

/** The rows that cover both ends of a flow. */
export interface PairCoverage {
  readonly source: number;
  readonly destination: number;
}

/**
 * The rows of scope `pair` in force that cover both addresses with one reference; null for none. Addresses as words
 * (core/ip-address); `timeUs` packet time; `protocol` a code of core/protocol. The most specific of the
 * source counts, then that of the destination.
 */
export function pairOver(
  registry: Registry,
  source: ArrayLike<number>,
  destination: ArrayLike<number>,
  timeUs: number,
  protocol: number,
): PairCoverage | null {
  if (!registry.hasPairs) return null;
  const ofSource = pairRows(registry, source, timeUs, protocol);
  if (ofSource.length === 0) return null;
  const ofDestination = pairRows(registry, destination, timeUs, protocol);
  const { references } = registry;
  for (const { index: one } of ofSource) {
    const other = ofDestination.find(({ index }) => references.isSame(one, index));
    if (other !== undefined) return { source: one, destination: other.index };
  }
  return null;
}

function pairRows(registry: Registry, address: ArrayLike<number>, timeUs: number, protocol: number): Coverage[] {
  return registry
    .coverages(address[0]!, address[1]!, address[2]!, address[3]!, timeUs, protocol)
    .filter(
      ({ index, validity }) =>
        validity === Validity.IN_FORCE && registry.scopeOf(index) === Scope.PAIR && !registry.references.isEmpty(index),
    );
}
