/** A trip of the breaker as outputs show it: limit, counts, rule, and some of the flows that led to it. */
import { formatAddress } from '../../core/ip-address.ts';
import type { TripReport } from '../../decision/hit-admission.ts';
import { flowId } from './flow-id.ts';
import type { ShowAddress } from './shown-address.ts';

export interface ShownTrip {
  readonly then: string;
  readonly cause: string;
  readonly limit: string | null;
  readonly clients_affected: number;
  readonly clients_seen: number;
  readonly clients_allowed: number;
  /** The rule that would have affected one client more; null if there is none. */
  readonly rule: string | null;
  /** flow_ids and clients of the last affected flows and of the flow that tripped the breaker, in this order. */
  readonly flows: readonly string[];
  readonly sources: readonly string[];
}

export function showTrip({ trip, rule, flows }: TripReport, show: ShowAddress): ShownTrip {
  const source = new Int32Array(4);
  const destination = new Int32Array(4);
  const ids: string[] = [];
  const sources = new Set<string>();
  for (const flow of flows) {
    show(flow.source, source);
    show(flow.destination, destination);
    ids.push(flowId(flow, source, destination));
    sources.add(formatAddress(source[0]!, source[1]!, source[2]!, source[3]!));
  }
  return {
    then: trip.then,
    cause: trip.cause,
    limit: trip.limit,
    clients_affected: trip.affected,
    clients_seen: trip.seen,
    clients_allowed: trip.allowed,
    rule,
    flows: ids,
    sources: [...sources],
  };
}
