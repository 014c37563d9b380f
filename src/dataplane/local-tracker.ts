/** Tracks flows in the calling thread: decodes each packet, takes it to its flow, and reports to the listener. */
import { invariant } from '../core/invariant.ts';
import { PacketBatch } from '../capture/packet-batch.ts';
import { Counters } from './host/counters.ts';
import { DecodeStage, WAITS } from './decode-stage.ts';
import type { EvidenceRows } from './host/evidence-rows.ts';
import { FingerprintSet } from './fingerprint/fingerprint-set.ts';
import { FlowTracker } from './flow-tracker.ts';
import { FlowFlag, FlowWord, ROW_WORDS } from './host/flow-row.ts';
import { FlowTable, NO_FLOW, PREFETCH_COUNT } from './flow/flow-table.ts';
import type { Tracker, TrackerListener } from './host/tracker.ts';
import { DecodeStatus } from './host/decode-status.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from './host/link-identity.ts';
import { PacketView } from './wire/packet-view.ts';

export class LocalTracker implements Tracker {
  readonly table: FlowTable;
  readonly records = null;

  private readonly fingerprints: FingerprintSet;
  /** Packets decoded ahead of their turn, and how each ended. */
  private readonly views: readonly PacketView[];
  private readonly statuses = new Uint8Array(PREFETCH_COUNT);
  private batch: PacketBatch | undefined;
  private counters = new Counters();
  private listener!: TrackerListener;
  private decodeStage!: DecodeStage;
  private flows!: FlowTracker;

  constructor(
    table: FlowTable,
    linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY,
    fingerprints: FingerprintSet = new FingerprintSet(),
  ) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.views = Array.from({ length: PREFETCH_COUNT }, () => new PacketView(linkIdentity));
  }

  get evidence(): EvidenceRows {
    return this.fingerprints.evidenceLog;
  }

  begin(listener: TrackerListener, counters: Counters): void {
    this.listener = listener;
    this.counters = counters;
    this.decodeStage = new DecodeStage(this.table.hashKeys, counters);
    this.flows = new FlowTracker(this.table, this.fingerprints, listener, counters);
  }

  nextBatch(): PacketBatch {
    return (this.batch ??= new PacketBatch());
  }

  track(batch: PacketBatch, packetsBefore: number): void {
    const { views, statuses, decodeStage } = this;
    for (let row = 0; row < batch.count; row += PREFETCH_COUNT) {
      const count = Math.min(PREFETCH_COUNT, batch.count - row);
      for (let i = 0; i < count; i++) statuses[i] = decodeStage.take(batch, row + i, views[i]!);
      this.table.prefetch(views, count);
      for (let i = 0; i < count; i++) this.trackPacket(batch, row + i, i, packetsBefore + row + i + 1);
    }
    decodeStage.settle(false);
    this.listener.batchDone(batch);
  }

  clockWasSet(byUs: number): void {
    this.flows.clock.wasSet(byUs);
  }

  settle(): void {
    // Packets are reported as they come.
  }

  finish(): void {
    this.decodeStage.settle(true);
    this.flows.finish();
  }

  /** Throws if an invariant is broken. To be called between two batches. */
  checkInvariants(): void {
    this.flows.checkInvariants();
    invariant(this.counters.flowsActive === this.table.activeCount, 'flows started are active, or have ended');
  }

  private trackPacket(batch: PacketBatch, row: number, i: number, packet: number): void {
    const { flows, table } = this;
    flows.packet = packet;
    flows.clock.timeUs = batch.timeUs[row]!;
    flows.begin();
    const status = this.statuses[i]!;
    if (status !== DecodeStatus.OK) {
      if (status !== WAITS) this.counters.notDecoded[status]!++;
      return;
    }
    const slot = flows.take(this.views[i]!, batch.wireLength[row]!);
    if (slot === NO_FLOW || (table.words[slot * ROW_WORDS + FlowWord.TRANSPORT]! & FlowFlag.REPORTED) === 0) return;
    this.listener.packet(batch, row, slot, packet);
  }
}
