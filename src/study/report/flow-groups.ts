/** Flows counted by what they have in common, with the clients that started them. */
import type { FlowRecord } from '../../decision/flow-record.ts';
import { RowSet } from '../row-set.ts';

/** Groups that are kept at most: names of rules are free, and a policy may have thousands. */
const GROUP_LIMIT = 10_000;

export interface FlowGroup {
  readonly flows: number;
  /** Fraction of all flows that were counted, 0 to 1 with four digits. */
  readonly share: number;
  readonly clients: number;
  readonly packets: number;
  readonly bytes: number;
}

interface Sums {
  flows: number;
  packets: number;
  bytes: number;
  readonly clients: RowSet;
}

export class FlowGroups<Key extends string> {
  private readonly groups = new Map<Key, Sums>();
  private total = 0;

  /** `keys`: groups that are shown even without flows, in this order before others. */
  constructor(keys: readonly Key[] = []) {
    for (const key of keys) this.groups.set(key, newSums());
  }

  /** Takes a flow at its end; `client` is the number of its client. */
  take(key: Key, flow: FlowRecord, client: number): void {
    this.total++;
    let sums = this.groups.get(key);
    if (sums === undefined) {
      if (this.groups.size >= GROUP_LIMIT) return;
      sums = newSums();
      this.groups.set(key, sums);
    }
    sums.flows++;
    sums.packets += flow.packetsToDestination + flow.packetsToSource;
    sums.bytes += flow.bytesToDestination + flow.bytesToSource;
    sums.clients.add(client);
  }

  rows(): (FlowGroup & { readonly key: Key })[] {
    return [...this.groups].map(([key, { flows, packets, bytes, clients }]) => ({
      key,
      flows,
      share: share(flows, this.total),
      clients: clients.count,
      packets,
      bytes,
    }));
  }
}

/** A fraction with four digits; 0 of nothing is 0. */
export function share(part: number, all: number): number {
  return all === 0 ? 0 : Math.round((10_000 * part) / all) / 10_000;
}

function newSums(): Sums {
  return { flows: 0, packets: 0, bytes: 0, clients: new RowSet() };
}
