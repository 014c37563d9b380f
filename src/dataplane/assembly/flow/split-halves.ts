/**
 * Notices conversations whose two directions are two flows, because the link under each has another VLAN id, VNI or
 * tunnel: signs of a mirror port that tags each direction by itself (dataplane/host/link-identity).
 *
 * A flow may be such a half where it begins against the direction of another flow with its tuple, under another link,
 * that has packets in that one direction only. It is one where it has stayed one-way by the time it is looked at: ten
 * seconds after its beginning, or at its end. Both sides of a router, mirrored together, show each packet under two
 * tags too, but both directions under each.
 *
 * Cost: one look per flow that begins, none per packet, and nothing at all before the first flow with a tag. Memory:
 * for each partition of the flows (wire/partition) that has a flow with a tag, the last PLACES beginnings, 8 KB. A
 * reply comes soon, so few are lost; of many halves any one is enough. What is found depends on the packets alone, as
 * all flows of a partition are one thread's and no seed is in the places.
 */
import { takeRegion, zeroBytes } from '../memory';
import { PARTITION_COUNT, partitionOfTuple } from '../wire/partition';
import { PacketView } from '../wire/packet-view';
import { FlowFlag } from './flow-row';
import { FlowTable, NO_FLOW } from './flow-table';

/** Beginnings kept of a partition: hash of the tuple, and slot. */
const PLACE_BITS: u32 = 10;
const PLACE_LENGTH: usize = 8;
const PARTITION_LENGTH: usize = PLACE_LENGTH << PLACE_BITS;

@final
export class SplitHalves {
  private readonly table: FlowTable;
  private readonly beginningsAt: usize = takeRegion(<usize>PARTITION_COUNT * PARTITION_LENGTH);
  /** By partition: whether it has had a flow with a tag, so that its beginnings are kept. */
  private readonly isKept: StaticArray<bool> = new StaticArray<bool>(PARTITION_COUNT);
  private hasTags: bool = false;

  constructor(table: FlowTable) {
    this.table = table;
  }

  /** Forgets all beginnings: the capture is over. */
  clear(): void {
    for (let partition = 0; partition < PARTITION_COUNT; partition++) {
      if (!this.isKept[partition]) continue;
      this.isKept[partition] = false;
      zeroBytes(this.beginningsAt + <usize>partition * PARTITION_LENGTH, <i32>PARTITION_LENGTH);
    }
    this.hasTags = false;
  }

  /** A flow has been added for a packet, which is not counted yet. Marks it where it may be half of a conversation. */
  begin(slot: i32, view: PacketView): void {
    if (view.domain != 0 || this.hasTags) this.compare(slot, view);
  }

  /** True where a flow was marked and has stayed one-way. Its mark is removed: it is counted once. */
  isHalf(slot: i32): bool {
    const row = this.table.rows.row(slot);
    if ((row.transport & FlowFlag.OTHER_LINK) == 0) return false;
    row.transport &= ~(<u32>FlowFlag.OTHER_LINK);
    return row.packets0 == 0 || row.packets1 == 0;
  }

  /**
   * Reads where the beginning of a packet's flow will be looked up if it begins one: its memory is in the caches then.
   * Returns what is there, so that the compiler keeps the read.
   */
  prefetch(view: PacketView): u32 {
    if (view.domain == 0 && !this.hasTags) return 0;
    return load<u32>(this.placeOf(partitionOfTuple(view.lowWord ^ view.highWord, view.keyPorts), hashOf(view)));
  }

  /** Address of the beginning that is kept for a hash of a partition. */
  private placeOf(partition: i32, hash: u32): usize {
    return this.beginningsAt + <usize>partition * PARTITION_LENGTH + <usize>(hash >> (32 - PLACE_BITS)) * PLACE_LENGTH;
  }

  private compare(slot: i32, view: PacketView): void {
    const partition = partitionOfTuple(view.lowWord ^ view.highWord, view.keyPorts);
    const hash = hashOf(view);
    let other = NO_FLOW;
    if (!this.isKept[partition]) {
      if (view.domain == 0) return;
      // Beginnings without a tag were not kept until now.
      this.isKept[partition] = true;
      this.hasTags = true;
      other = this.table.findUnwrapped(slot, view);
    }
    const place = this.placeOf(partition, hash);
    const keptSlot = load<i32>(place, 4);
    if (other == NO_FLOW && keptSlot != 0 && load<u32>(place) == hash) other = keptSlot;
    store<u32>(place, hash);
    store<i32>(place, slot, 4);
    if (other != NO_FLOW && this.isOppositeHalf(other, view))
      this.table.rows.row(slot).transport |= <u32>FlowFlag.OTHER_LINK;
  }

  /** Whether a slot's flow has the packet's tuple under another link, and packets in the other direction only. */
  private isOppositeHalf(slot: i32, view: PacketView): bool {
    const rows = this.table.rows;
    if (!rows.isActive(slot) || !rows.hasTuple(slot, view)) return false;
    const row = rows.row(slot);
    const same = view.direction == 0 ? row.packets0 : row.packets1;
    const opposite = view.direction == 0 ? row.packets1 : row.packets0;
    return row.domain != view.domain && same == 0 && opposite != 0;
  }
}

/** Hash of the tuple as it is in the key, so the same in both directions. Addresses of IPv6 by their last words. */
function hashOf(view: PacketView): u32 {
  let hash: u32 = (view.lowWord * 0x9e3779b1) ^ (view.highWord * 0x85ebca6b) ^ view.keyPorts;
  hash = (hash ^ (hash >> 15) ^ ((<u32>view.transport) << 8)) * 0xc2b2ae35;
  return hash ^ (hash >> 16);
}
