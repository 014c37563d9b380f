/**
 * Notices conversations whose two directions are two flows, because the link under each has another VLAN id, VNI or tunnel: signs of a
 * mirror port that tags each direction by itself (dataplane/host/link-identity).
 *
 * A flow may be such a half where it begins against the direction of another flow with its tuple, under another link, that has packets in
 * that one direction only. It is one where it has stayed one-way by the time it is looked at: ten seconds after its beginning, or at its end.
 * Both sides of a router, mirrored together, show each packet under two tags too, but both directions under each.
 *
 * Cost: one look per flow that begins, none per packet, and nothing at all before the first flow with a tag. Memory: for each partition of the
 * flows (dataplane/wire/partition) that has a flow with a tag, the last PLACES beginnings, 8 KB. A reply comes soon, so few are lost; of many halves any one
 * is enough. What is found depends on the packets alone, as all flows of a partition are one thread's and no seed is in the places.
 */
import { PARTITION_COUNT, partitionOfTuple } from '../wire/partition.ts';
import type { PacketView } from '../wire/packet-view.ts';
import { FlowFlag, FlowWord, ROW_WORDS } from '../host/flow-row.ts';
import { type FlowTable, NO_FLOW } from './flow-table.ts';

/** Beginnings kept of a partition. */
const PLACE_BITS = 10;
const PLACES = 1 << PLACE_BITS;
/** Hash of the tuple, and slot. */
const PLACE_WORDS = 2;

export class SplitHalves {
  private readonly table: FlowTable;
  /** By partition; null before its first flow with a tag. */
  private readonly beginnings: (Int32Array | null)[] = new Array<null>(PARTITION_COUNT).fill(null);
  private hasTags = false;

  constructor(table: FlowTable) {
    this.table = table;
  }

  /** A flow has been added for the packet in the view, which is not counted yet. Marks it where it may be half of a conversation. */
  begin(slot: number, view: PacketView): void {
    if (view.domain !== 0 || this.hasTags) this.compare(slot, view);
  }

  /** True where a flow was marked and has stayed one-way. Its mark is taken away: it is counted once. */
  isHalf(slot: number): boolean {
    const { words } = this.table;
    const row = slot * ROW_WORDS;
    if ((words[row + FlowWord.TRANSPORT]! & FlowFlag.OTHER_LINK) === 0) return false;
    words[row + FlowWord.TRANSPORT]! &= ~FlowFlag.OTHER_LINK;
    return words[row + FlowWord.PACKETS] === 0 || words[row + FlowWord.PACKETS + 1] === 0;
  }

  private compare(slot: number, view: PacketView): void {
    const { table, beginnings } = this;
    const addresses = view.lowWord ^ view.highWord;
    const partition = partitionOfTuple(addresses, view.keyPorts);
    const hash = hashOf(view);
    let kept = beginnings[partition] ?? null;
    let other: number = NO_FLOW;
    if (kept === null) {
      if (view.domain === 0) return;
      // Beginnings without a tag were not kept until now.
      kept = new Int32Array(PLACES * PLACE_WORDS);
      beginnings[partition] = kept;
      this.hasTags = true;
      other = table.findUnwrapped(slot, view);
    }
    const place = (hash >>> (32 - PLACE_BITS)) * PLACE_WORDS;
    if (other === NO_FLOW && kept[place + 1] !== 0 && kept[place] === hash) other = kept[place + 1]!;
    kept[place] = hash;
    kept[place + 1] = slot;
    if (other !== NO_FLOW && this.isOppositeHalf(other, view))
      table.words[slot * ROW_WORDS + FlowWord.TRANSPORT]! |= FlowFlag.OTHER_LINK;
  }

  /** Whether a slot's flow has the packet's tuple under another link, and packets in the other direction only. */
  private isOppositeHalf(slot: number, view: PacketView): boolean {
    const { table } = this;
    if (!table.isActive(slot) || !table.hasTuple(slot, view)) return false;
    const row = slot * ROW_WORDS;
    const packets = row + FlowWord.PACKETS;
    const { words } = table;
    return (
      words[row + FlowWord.DOMAIN] !== view.domain &&
      words[packets + view.direction] === 0 &&
      words[packets + 1 - view.direction] !== 0
    );
  }
}

/** Of the tuple as it is in the key, so the same in both directions. Addresses of IPv6 by their last words. */
function hashOf({ lowWord, highWord, keyPorts, transport }: PacketView): number {
  let hash = Math.imul(lowWord, 0x9e3779b1) ^ Math.imul(highWord, 0x85ebca6b) ^ keyPorts;
  hash = Math.imul(hash ^ (hash >>> 15) ^ (transport << 8), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
