/** All active flows in the order of their first packets, which is the order of outputs at a capture's end. */
import type { FlowTable } from './flow-table.ts';

/** Slots of the active flows, by first packet. */
export function slotsByFirstPacket(table: FlowTable): Int32Array {
  const slots = new Int32Array(table.activeCount);
  let count = 0;
  let isSorted = true;
  let last = 0;
  for (let slot = 1; slot <= table.lastSlot; slot++) {
    if (!table.isActive(slot)) continue;
    const first = table.firstPacket(slot);
    isSorted &&= first >= last;
    last = first;
    slots[count++] = slot;
  }
  // Slots that were not used before are given out in order.
  return isSorted ? slots : sorted(slots, table);
}

function sorted(slots: Int32Array, table: FlowTable): Int32Array {
  let earliest = Infinity;
  let latest = 0;
  for (const slot of slots) {
    const first = table.firstPacket(slot);
    earliest = Math.min(earliest, first);
    latest = Math.max(latest, first);
  }
  // In a capture that is longer still numbers would not fit half a key.
  if (latest - earliest >= 2 ** 32) return slots.sort((a, b) => table.firstPacket(a) - table.firstPacket(b));
  // Keys of first packet and slot: numbers of 64 bits are sorted without a call for each comparison.
  const keys = new BigUint64Array(slots.length);
  const halves = new Uint32Array(keys.buffer);
  const low = isLittleEndian() ? 0 : 1;
  for (let i = 0; i < slots.length; i++) {
    halves[2 * i + low] = slots[i]!;
    halves[2 * i + 1 - low] = table.firstPacket(slots[i]!) - earliest;
  }
  keys.sort();
  return slots.map((_, i) => halves[2 * i + low]!);
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}
