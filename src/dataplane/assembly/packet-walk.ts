/**
 * Takes the packets of a capture to their flows one by one, for a host that reads the capture a second time to show
 * packets of flows that it knows by then. Flows begin and end at the same packets as in the first reading, and the
 * fingerprints look at them as they did, because flows with a finding stay longer. What happens to flows is left
 * unread.
 *
 * For each packet `decode`, then `find` and `take` where that said OK.
 */
import { Dataplane } from './dataplane';
import { RETIRED } from './fingerprint/holder';
import { Payload } from './fingerprint/payload';
import { NO_FLOW } from './flow/flow-table';
import { leavePacket, readPacket, takeRegion } from './memory';
import { PacketBatch } from './record/packet-batch';
import { FragmentHeader } from './wire/fragment-header';
import { PacketView, Transport, VIEW_LENGTH } from './wire/packet-view';

@final
export class PacketWalk {
  readonly view: PacketView = changetype<PacketView>(takeRegion(VIEW_LENGTH));
  private readonly segment: Payload = new Payload();
  private readonly dataplane: Dataplane;
  /** The flow of the packet at hand was retired before it. */
  private wasRetired: bool = false;

  constructor(dataplane: Dataplane) {
    this.dataplane = dataplane;
  }

  /** Where the view says FIRST or LATER: what the fragments of the datagram share. */
  get fragment(): FragmentHeader {
    return this.dataplane.decodeStage.fragment;
  }

  /** Decodes the next packet of the capture, a row of a batch. Returns a DecodeStatus, or WAITS. */
  decode(batch: PacketBatch, row: i32): i32 {
    const dataplane = this.dataplane;
    const queue = dataplane.queue;
    dataplane.decodeStage.take(batch, row, this.view);
    queue.timeUs = batch.timeUs(row);
    queue.packet = ++dataplane.packets;
    queue.wireLength = batch.wireLength(row);
    while (!dataplane.flows.begin()) queue.clear();
    dataplane.fingerprints.trace.clear();
    return this.view.status;
  }

  /** The number of the first packet of the packet's flow: its own where it begins one. */
  find(): f64 {
    const table = this.dataplane.table;
    const slot = table.findHashed(this.view);
    this.wasRetired = slot != NO_FLOW && table.rows.row(slot).handle == RETIRED;
    return slot == NO_FLOW ? this.dataplane.packets : table.rows.firstPacket(slot);
  }

  /**
   * Takes the packet to its flow. Returns the number of the flow's first packet; 0 for a fragment whose flow is no
   * more.
   */
  take(): f64 {
    const slot = this.dataplane.flows.take(this.view);
    this.dataplane.queue.clear();
    if (slot == NO_FLOW) return 0;
    if (this.dataplane.fingerprints.trace.isOn) this.traceSegment();
    return this.dataplane.table.rows.firstPacket(slot);
  }

  /** A segment of a watched connection that was shown to no fingerprint has a record in the trace all the same. */
  private traceSegment(): void {
    const view = this.view;
    const trace = this.dataplane.fingerprints.trace;
    if (view.transport != Transport.TCP || view.payloadCaptured <= 0 || this.wasRetired || trace.count != 0) return;
    const segment = this.segment;
    segment.at = view.payloadAt;
    segment.captured = view.payloadCaptured;
    segment.length = view.payloadLength;
    segment.packet = this.dataplane.packets;
    readPacket(segment.at, segment.at + segment.captured);
    trace.noteSegment(segment);
    leavePacket();
  }
}
