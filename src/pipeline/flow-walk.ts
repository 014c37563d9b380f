/**
 * Reads captures a second time and takes each packet to its flow, as the first run did: for what is shown of the
 * packets of flows that are known by then. A flow is named by the number of its first packet, which no other flow has.
 *
 * Flows begin and end at the same packets as in a tracker with the same capacity and link identity.
 */
import { openCapture } from '../capture/format/open-capture.ts';
import type { PacketBatch } from '../capture/packet-batch.ts';
import { PacketWalk } from '../dataplane/host/packet-walk.ts';
import { DecodeStatus, WAITS } from '../dataplane/host/decode-status.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import { Fragment } from '../dataplane/host/packet-codes.ts';

export interface WalkOptions {
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
}

/** Receives the packets of captures. Batch and walk say something of the packet during the call only. */
export interface PacketVisitor {
  /** Before the packet is taken to its flow: the number of the flow's first packet, its own for a new flow. */
  arrives?(walk: PacketWalk, firstPacket: number): void;
  /**
   * Packet `packet`, counted from 1, of the flow whose first packet is number `firstPacket`. `waited`: so many
   * fragments of its datagram came before it, and are of its flow too.
   */
  packet(batch: PacketBatch, row: number, packet: number, walk: PacketWalk, firstPacket: number, waited: number): void;
  /** A fragment that came before the first one of its datagram. */
  waits?(batch: PacketBatch, row: number, packet: number, walk: PacketWalk): void;
  /** Called after each batch; false stops the walk. */
  batchDone?(): boolean;
}

export class FlowWalk {
  /** Reused for each capture: it has no flows at the end of one. */
  private readonly packetWalk: PacketWalk;

  constructor({ maxFlows, linkIdentity }: WalkOptions) {
    this.packetWalk = new PacketWalk(maxFlows, linkIdentity);
  }

  /** Walks through one capture of one or more files. Resolves to the number of its packets that were read. */
  async walk(paths: readonly string[], visitor: PacketVisitor): Promise<number> {
    const { packetWalk } = this;
    const { records: memory, batch } = packetWalk;
    let packets = 0;
    let goesOn = true;
    packetWalk.begin();
    for (const path of paths) {
      const source = openCapture(path, { memory });
      try {
        while (goesOn && (await source.read(batch))) {
          for (let row = 0; row < batch.count; row++) visit(packetWalk, visitor, row, ++packets);
          goesOn = visitor.batchDone?.() !== false;
        }
      } finally {
        await source.close();
      }
    }
    packetWalk.finish();
    return packets;
  }
}

function visit(walk: PacketWalk, visitor: PacketVisitor, row: number, packet: number): void {
  const { batch } = walk;
  const status = walk.decode(row);
  if (status === WAITS) visitor.waits?.(batch, row, packet, walk);
  if (status !== DecodeStatus.OK) return;
  visitor.arrives?.(walk, walk.find());
  const first = walk.take();
  const waited = walk.view.fragment === Fragment.FIRST ? walk.view.waitedPackets : 0;
  if (first !== 0) visitor.packet(batch, row, packet, walk, first, waited);
}
