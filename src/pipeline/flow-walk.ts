/**
 * Reads captures a second time and takes each packet to its flow, as the first run did: for what is shown of the
 * packets of flows that are known by then. A flow is named by the number of its first packet, which no other flow has.
 *
 * Flows begin and end at the same packets as in a `LocalTracker` with the same capacity and link identity: the steps of
 * a packet are the same, and the fingerprints look at it too, because flows with a finding stay longer.
 */
import { openCapture } from '../capture/format/open-capture.ts';
import { PacketBatch } from '../capture/packet-batch.ts';
import { Counters } from '../dataplane/counters.ts';
import { DecodeStage, WAITS } from '../dataplane/decode-stage.ts';
import { FingerprintSet } from '../dataplane/fingerprint/fingerprint-set.ts';
import { FlowWord, ROW_WORDS } from '../dataplane/flow/flow-row.ts';
import { FlowTable, NO_FLOW } from '../dataplane/flow/flow-table.ts';
import { FlowTracker } from '../dataplane/flow-tracker.ts';
import type { FlowListener } from '../dataplane/tracker.ts';
import { DecodeStatus } from '../dataplane/wire/decode-status.ts';
import type { LinkIdentity } from '../dataplane/wire/link-identity.ts';
import { Fragment, PacketView } from '../dataplane/wire/packet-view.ts';

export interface WalkOptions {
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
  readonly fingerprints?: FingerprintSet;
}

/** Receives the packets of captures. Batch and view are valid during the call only. */
export interface PacketVisitor {
  /**
   * Before the packet is taken to its flow: the number of the flow's first packet, and its handle for the fingerprints,
   * 0 for a new flow.
   */
  arrives?(packet: number, firstPacket: number, handle: number): void;
  /**
   * Packet `packet`, counted from 1, of the flow whose first packet is number `firstPacket`. `waited`: so many
   * fragments of its datagram came before it, and are of its flow too.
   */
  packet(batch: PacketBatch, row: number, packet: number, view: PacketView, firstPacket: number, waited: number): void;
  /** A fragment that came before the first one of its datagram. */
  waits?(batch: PacketBatch, row: number, packet: number, view: PacketView): void;
  /** Called after each batch; false stops the walk. */
  batchDone?(): boolean;
}

const UNHEARD: FlowListener = {
  onDetection: () => undefined,
  wantsFlowEnd: () => false,
  ended: () => undefined,
};

export class FlowWalk {
  private readonly linkIdentity: LinkIdentity;
  private readonly fingerprints: FingerprintSet;
  /** Reused for each capture: it is empty at the end of one. */
  private readonly table: FlowTable;

  constructor({ maxFlows, linkIdentity, fingerprints = new FingerprintSet() }: WalkOptions) {
    this.linkIdentity = linkIdentity;
    this.fingerprints = fingerprints;
    this.table = new FlowTable(maxFlows);
  }

  /** Walks through one capture of one or more files. Resolves to the number of its packets that were read. */
  async walk(paths: readonly string[], visitor: PacketVisitor): Promise<number> {
    const { table } = this;
    const counters = new Counters();
    const decodeStage = new DecodeStage(table.hashKeys, counters);
    const flows = new FlowTracker(table, this.fingerprints, UNHEARD, counters);
    const view = new PacketView(this.linkIdentity);
    const batch = new PacketBatch();
    let packets = 0;
    const walkBatch = (): void => {
      for (let row = 0; row < batch.count; row++) {
        flows.packet = ++packets;
        flows.clock.timeUs = batch.timeUs[row]!;
        flows.begin();
        const status = decodeStage.take(batch, row, view);
        if (status === WAITS) visitor.waits?.(batch, row, packets, view);
        if (status !== DecodeStatus.OK) continue;
        if (visitor.arrives !== undefined) {
          const known = table.findHashed(view);
          if (known === NO_FLOW) visitor.arrives(packets, packets, 0);
          else visitor.arrives(packets, table.firstPacket(known), table.words[known * ROW_WORDS + FlowWord.HANDLE]!);
        }
        const slot = flows.take(view, batch.wireLength[row]!);
        const waited = view.fragment === Fragment.FIRST ? view.waitedPackets : 0;
        if (slot !== NO_FLOW) visitor.packet(batch, row, packets, view, table.firstPacket(slot), waited);
      }
    };
    let goesOn = true;
    for (const path of paths) {
      const source = openCapture(path);
      try {
        while (goesOn && (await source.read(batch))) {
          walkBatch();
          goesOn = visitor.batchDone?.() !== false;
        }
      } finally {
        await source.close();
      }
    }
    flows.finish();
    return packets;
  }
}
