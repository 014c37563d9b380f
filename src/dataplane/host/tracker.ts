/**
 * The port between the dataplane and the rest of Sluice. Everything that crosses it is in this file.
 *
 *     batches of packets ──► Tracker ──► detections, packets of reported flows, flow ends ──► TrackerListener
 *
 * A tracker works in the calling thread (host/assembly-tracker) or in others (pipeline/workers/threaded-tracker). Its
 * listener is called in the calling thread, in packet order, with the same calls in both cases.
 */
import type { BatchMemory } from '../../capture/batch-memory.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import type { Counters } from './counters.ts';
import type { FlowEnd } from './flow-end.ts';
import type { Detection } from './detection.ts';
import type { EvidenceRows } from './evidence-rows.ts';
import type { FlowRows } from './flow-rows.ts';
import type { Snapshot } from '../../core/snapshot.ts';

/** Receives what happens to flows. A slot is valid during the call only. */
export interface FlowListener {
  /** The flow's own packets show something new. From here on the flow is a reported flow. */
  onDetection(slot: number, detection: Detection): void;
  /** Whether `ended` is called for this flow. */
  wantsFlowEnd(slot: number): boolean;
  /** The flow ends. It leaves the table after the call. `order` sorts flows that end at one packet for one reason. */
  ended(slot: number, reason: FlowEnd, order: number): void;
}

export interface TrackerListener extends FlowListener {
  /**
   * A packet of a reported flow, at a row of its batch, after its detection and counted in the flow's row. `packet` is
   * its number in the capture, from 1.
   */
  packet(batch: PacketBatch, row: number, slot: number, packet: number): void;
  /** Everything that the packets of this batch have caused was reported. */
  batchDone(batch: PacketBatch): void;
  /** The ends of all flows are wanted, not only of reported ones. Stays the same during a capture. */
  readonly wantsAllFlowEnds: boolean;
  /**
   * Packet time, in µs, before which no packet from `timeUs` on needs a call of `packet`; `timeUs` if any may. Workers
   * then leave these calls out.
   */
  noChangeUntil(timeUs: number): number;
}

/** Packets are read into its memory, and then tracked. */
export interface Tracker extends BatchMemory {
  /** The rows of reported flows, by slot. With workers these are copies. */
  readonly table: FlowRows;
  /** The evidence of these flows. */
  readonly evidence: EvidenceRows;
  /** Begins a capture. `counters` receives the counts of decoding and flows. */
  begin(listener: TrackerListener, counters: Counters): void;
  /** Tracks the packets of the batch that `nextBatch` returned. `packetsBefore`: packets of the capture before it. */
  track(batch: PacketBatch, packetsBefore: number): void;
  /**
   * Copies the state of all flows, or puts a copy back into a tracker of the same size that has begun. Between two
   * batches, and after `settle`. Throws RangeError for a copy that does not fit.
   */
  snapshot(walk: Snapshot): void;
  /** Packet times are greater by this from the next batch on, because a clock was set. Idle times stay the same. */
  clockWasSet(byUs: number): void;
  /** Everything tracked so far has been reported. */
  settle(): void | Promise<void>;
  /** Ends all flows: the capture is over. */
  finish(): void | Promise<void>;
}
