/**
 * Finds the flow of a packet by the packet's number: the captures are read up to the packet and decoded like in the
 * engine, so that a later fragment belongs to the flow of its first fragment. The flow's decisions need a second run.
 */
import { openCapture } from '../capture/format/open-capture.ts';
import { PacketBatch } from '../capture/packet-batch.ts';
import { Counters } from '../dataplane/counters.ts';
import { DecodeStage, WAITS } from '../dataplane/decode-stage.ts';
import { HashKeys } from '../dataplane/flow/flow-key.ts';
import { DECODE_STATUS_NAMES, DecodeStatus } from '../dataplane/wire/decode-status.ts';
import type { LinkIdentity } from '../dataplane/wire/link-identity.ts';
import { PacketView } from '../dataplane/wire/packet-view.ts';

/** The key of a packet's flow, in the packet's direction. */
export interface PacketKey {
  readonly transport: number;
  readonly domain: number;
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** The key of packet `number`, from 1 through all files; or a sentence on why there is none. */
export async function keyOfPacket(
  paths: readonly string[],
  number: number,
  linkIdentity: LinkIdentity,
): Promise<PacketKey | string> {
  const intake = new DecodeStage(new HashKeys(0), new Counters());
  const view = new PacketView(linkIdentity);
  const batch = new PacketBatch();
  let packets = 0;
  for (const path of paths) {
    const source = openCapture(path);
    try {
      while (await source.read(batch)) {
        for (let row = 0; row < batch.count; row++) {
          const status = intake.take(batch, row, view);
          if (++packets === number) return status === DecodeStatus.OK ? keyOf(view) : faultOf(number, status);
        }
      }
    } finally {
      await source.close();
    }
  }
  const count = packets === 1 ? 'is 1 packet' : `are ${packets} packets`;
  return `there is no packet ${number}: there ${count} in these captures, and numbers count from 1`;
}

function keyOf(view: PacketView): PacketKey {
  return {
    transport: view.transport,
    domain: view.domain,
    source: [view.source0, view.source1, view.source2, view.source3],
    destination: [view.destination0, view.destination1, view.destination2, view.destination3],
    sourcePort: view.sourcePort,
    destinationPort: view.destinationPort,
  };
}

function faultOf(number: number, status: number): string {
  if (status === WAITS)
    return (
      `packet ${number} is a fragment that came before the first one of its datagram, which has the ` +
      'ports: name the flow by another packet'
    );
  return `packet ${number} is of no flow: ${DECODE_STATUS_NAMES[status] ?? `status ${status}`}`;
}
