/** What the host calls, and the addresses at which it reads and writes. */
import { dataplane } from './dataplane';
import { BATCH_CAPACITY, BATCH_LENGTH, PacketBatch } from './record/packet-batch';
import { takeRegion } from './memory';
import { PacketWalk } from './packet-walk';
import { VIEW_LENGTH } from './wire/packet-view';
export {
  attach,
  begin,
  dataplaneAt,
  decode,
  finish,
  resume,
  setPacketsBefore,
  settle,
  start,
  track,
  trackDecoded,
} from './dataplane';
export { brokenGuard, leaveMemory, regionsAt, regionsTaken, takeRegion } from './memory';
export {
  count,
  cutLength,
  firstNumber,
  flaw,
  goesOnAtEnd,
  isBegun,
  need,
  openFile,
  placeAfter,
  secondNumber,
  there,
  walk,
} from './record/record-readers';
export { nextUnused, nextUsed } from './used-memory';

/** Memory for the columns of a batch of packets: their address (record/packet-batch). */
export function takeBatch(): usize {
  return takeRegion(BATCH_LENGTH);
}

/** Memory for the views of a batch: their address. */
export function takeViews(): usize {
  return takeRegion(<usize>BATCH_CAPACITY * VIEW_LENGTH);
}

/**
 * Events have copies of the rows that they are of, for a reader that does not keep up: the address of the first copy.
 */
export function copyRows(): usize {
  return dataplane.queue.copyRows();
}

/** Packet times are greater by this from the next packet on, because a clock was set. */
export function clockWasSet(byUs: f64): void {
  dataplane.flows.ends.clock.wasSet(byUs);
}

/** Whether the ends of all flows are reported, or only those of reported flows. */
export function reportAllFlowEnds(isWanted: bool): void {
  dataplane.queue.reportsAllFlowEnds = isWanted;
}

/**
 * Whether the host reads events after each packet that left some, when the flow's row is as of that packet, or after
 * each group.
 */
export function stopAtEvents(isWanted: bool): void {
  dataplane.stopsAtEvents = isWanted;
}

/** Leaves events of packets out from a packet time on and before another. */
export function setQuiet(fromUs: f64, untilUs: f64): void {
  dataplane.queue.setQuiet(fromUs, untilUs);
}

/** A time for each slot: packets of a reported flow before it have no events. */
export function quietTimesAt(): usize {
  return dataplane.table.rows.quietTimesAt;
}

/** Counts these packets from now on: the address of a count for each slot (flow/quiet-count). */
export function countQuiet(): usize {
  return dataplane.table.rows.countQuiet();
}

/**
 * The number of the invariant that is broken, 0 where all hold (flow/invariant). To be called when the queue has been
 * read.
 */
export function checkInvariants(): i32 {
  return dataplane.flows.checkInvariants();
}

export function eventsAt(): usize {
  return dataplane.queue.at;
}

export function countersAt(): usize {
  return dataplane.counters.at;
}

export function unreadLinksAt(): usize {
  return dataplane.counters.unreadLinksAt;
}

export function rowsAt(): usize {
  return dataplane.table.rows.rowsAt;
}

export function detailsAt(): usize {
  return dataplane.table.rows.detailsAt;
}

export function upperAt(): usize {
  return dataplane.table.rows.upperAt;
}

/** Slots are 1 to this number; those of them without a flow have transport 0. */
export function lastSlot(): i32 {
  return dataplane.table.rows.lastSlot;
}

export function activeCount(): i32 {
  return dataplane.table.activeCount;
}

/** Address of a row of evidence. Chunks of the log do not move. */
export function evidenceRowAt(row: i32): usize {
  return dataplane.fingerprints.evidenceLog.rowAt(row);
}

/** The packets of a capture one by one (packet-walk): made by `startWalk`, after `start`. `finish` ends it. */
let packetWalk: PacketWalk = changetype<PacketWalk>(0);

export function startWalk(): void {
  packetWalk = new PacketWalk(dataplane);
}

/** Decodes a row of a batch. */
export function walkDecode(batch: usize, row: i32): i32 {
  return packetWalk.decode(changetype<PacketBatch>(batch), row);
}

export function walkFind(): f64 {
  return packetWalk.find();
}

export function walkTake(): f64 {
  return packetWalk.take();
}

/** The view of the packet, and the header that the fragments of its datagram share. */
export function walkViewAt(): usize {
  return changetype<usize>(packetWalk.view);
}

export function walkFragmentAt(): usize {
  return changetype<usize>(packetWalk.fragment);
}

/**
 * Whether the looks of the fingerprints are recorded; the records of the packet taken last, and the address of each.
 */
export function traceLooks(isWanted: bool): void {
  dataplane.fingerprints.trace.isOn = isWanted;
}

export function traceCount(): i32 {
  return dataplane.fingerprints.trace.count;
}

export function traceRecordAt(index: i32): usize {
  return dataplane.fingerprints.trace.recordAt(index);
}
