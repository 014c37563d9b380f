/**
 * Finds the flow of a packet by the packet's number: the captures are read up to the packet and decoded like in the
 * engine, so that a later fragment belongs to the flow of its first fragment. The flow's decisions need a second run.
 */
import { openCapture } from '../capture/format/open-capture.ts';
import type { LinearView } from '../dataplane/host/linear-view.ts';
import { PacketWalk } from '../dataplane/host/packet-walk.ts';
import { DECODE_STATUS_NAMES, DecodeStatus, WAITS } from '../dataplane/host/decode-status.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';

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
  // No packet is taken to a flow: the table stays empty.
  const walk = new PacketWalk(1, linkIdentity);
  const { records: memory, batch } = walk;
  walk.begin();
  let packets = 0;
  for (const path of paths) {
    const source = openCapture(path, { memory });
    try {
      while (await source.read(batch)) {
        for (let row = 0; row < batch.count; row++) {
          const status = walk.decode(row);
          if (++packets === number) return status === DecodeStatus.OK ? keyOf(walk.view) : faultOf(number, status);
        }
      }
    } finally {
      await source.close();
    }
  }
  const count = packets === 1 ? 'is 1 packet' : `are ${packets} packets`;
  return `there is no packet ${number}: there ${count} in these captures, and numbers count from 1`;
}

function keyOf({ transport, domain, source, destination, sourcePort, destinationPort }: LinearView): PacketKey {
  return { transport, domain, source, destination, sourcePort, destinationPort };
}

function faultOf(number: number, status: number): string {
  if (status === WAITS)
    return (
      `packet ${number} is a fragment that came before the first one of its datagram, which has the ` +
      'ports: name the flow by another packet'
    );
  return `packet ${number} is of no flow: ${DECODE_STATUS_NAMES[status] ?? `status ${status}`}`;
}
