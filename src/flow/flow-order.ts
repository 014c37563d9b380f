/** All active flows in the order of their first packets, which is the order of outputs at a capture's end. */
import type { FlowTable } from './flow-table.ts';
import { SlotList } from './slot-list.ts';

/** Slots of the active flows, by first packet. */
export function slotsByFirstPacket(table: FlowTable): Int32Array {
  const list = new SlotList();
  list.begin(table.activeCount);
  const { slots, firstPackets } = list;
  const { lastSlot } = table;
  let count = 0;
  for (let slot = 1; slot <= lastSlot; slot++) {
    if (!table.isActive(slot)) continue;
    firstPackets[count] = table.firstPacket(slot);
    slots[count++] = slot;
  }
  list.count = count;
  list.sort();
  return list.slots;
}
