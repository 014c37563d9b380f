/** What a capture consists of: packets by link type, flows by encapsulation. */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { linkTypeName } from '../../dataplane/host/link-type-names.ts';
import { encapsulationNames } from '../../output/event/flow-names.ts';
import { share } from './flow-groups.ts';

/** Kinds that are counted at most, and the name of the others: a hostile capture can make many. */
const KIND_LIMIT = 1000;
const OTHERS = -1;

export interface LinkTypeFigures {
  readonly link_type: number | null;
  readonly name: string;
  readonly packets: number;
  readonly share: number;
}

export interface EncapsulationFigures {
  /** From the outermost on; empty for none, null for the others together. */
  readonly layers: readonly string[] | null;
  readonly flows: number;
  readonly share: number;
}

export class TrafficFigures {
  private readonly packetsByLink = new Map<number, number>();
  private readonly flowsByEncapsulation = new Map<number, number>();

  /** Takes all packets of a batch: runs of one link type are counted at once. */
  read({ linkType, count }: PacketBatch): void {
    let from = 0;
    for (let row = 1; row <= count; row++) {
      if (row < count && linkType[row] === linkType[from]) continue;
      if (count > 0) add(this.packetsByLink, linkType[from]!, row - from);
      from = row;
    }
  }

  flowEnded(encapsulation: number): void {
    add(this.flowsByEncapsulation, encapsulation, 1);
  }

  linkTypes(): LinkTypeFigures[] {
    return sharesOf(this.packetsByLink).map(([linkType, packets, part]) => ({
      link_type: linkType === OTHERS ? null : linkType,
      name: linkType === OTHERS ? 'others' : linkTypeName(linkType),
      packets,
      share: part,
    }));
  }

  encapsulations(): EncapsulationFigures[] {
    return sharesOf(this.flowsByEncapsulation).map(([code, flows, part]) => ({
      layers: code === OTHERS ? null : encapsulationNames(code),
      flows,
      share: part,
    }));
  }
}

function add(counts: Map<number, number>, key: number, amount: number): void {
  const kept = counts.has(key) || counts.size < KIND_LIMIT ? key : OTHERS;
  counts.set(kept, (counts.get(kept) ?? 0) + amount);
}

/** Keys with their counts and shares, the largest first. */
function sharesOf(counts: ReadonlyMap<number, number>): (readonly [key: number, count: number, share: number])[] {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts]
    .sort(([a, x], [b, y]) => y - x || a - b)
    .map(([key, count]) => [key, count, share(count, total)] as const);
}
