/**
 * A copy of the VPN flows' packets as pcapng, with a comment on those that carry evidence or a decision. The finding of
 * a flow comes after its first packets, so the captures are read again once all findings are known.
 *
 * Packets keep their order. A fragment that came before the first one of its datagram is directly before that one.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import type { LinkIdentity } from '../../dataplane/host/link-identity.ts';
import { CaptureBytes } from '../../output/capture/capture-bytes.ts';
import { ETHERNET } from '../../output/capture/packet-target.ts';
import { PcapngFile } from '../../output/capture/pcapng-file.ts';
import { FlowWalk } from '../../pipeline/flow-walk.ts';
import type { Annotations, CaptureAnnotations } from './annotations.ts';
import { WaitingFragments } from './waiting-fragments.ts';

export interface CopyOptions {
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
  /** True once the copy should stop. */
  readonly isStopped: () => boolean;
}

export class AnnotatedCapture {
  packetCount = 0;
  commentCount = 0;
  readonly fragments = new WaitingFragments();
  private readonly bytes: CaptureBytes;
  private file: PcapngFile | null = null;

  /** Creates the file; `-` is standard output. Throws OutputError if that fails. */
  constructor(path: string) {
    this.bytes = new CaptureBytes(path, 'w');
  }

  /** Reads the captures of a replay again. Resolves to the packets read. Throws OutputError if the disk is full. */
  async copy({ captures }: Annotations, options: CopyOptions): Promise<number> {
    const walk = new FlowWalk(options);
    let packets = 0;
    for (const capture of captures) {
      if (options.isStopped()) break;
      packets += await this.copyCapture(walk, capture, options);
    }
    return packets;
  }

  /** Writes the rest. A file without packets is a valid capture too. */
  close(): void {
    this.target(ETHERNET);
    this.file!.close();
  }

  private copyCapture(walk: FlowWalk, capture: CaptureAnnotations, { isStopped }: CopyOptions): Promise<number> {
    const isVpn = membership(capture.flows);
    const { fragments } = this;
    return walk.walk(capture.files, {
      packet: (batch, row, packet, { datagram }, firstPacket, waitedCount) => {
        const waited = waitedCount > 0 ? fragments.take(datagram, waitedCount) : [];
        if (!isVpn(firstPacket)) return;
        for (const { timeUs, linkType, wireLength, bytes } of waited)
          this.put(timeUs, linkType, wireLength, bytes, undefined);
        this.put(
          batch.timeUs[row]!,
          batch.linkType[row]!,
          batch.wireLength[row]!,
          bytesOf(batch, row),
          capture.comments.get(packet),
        );
      },
      waits: (batch, row, packet, { datagram }) => {
        fragments.add(batch, row, packet, datagram);
      },
      batchDone: () => !isStopped(),
    });
  }

  private put(
    timeUs: number,
    linkType: number,
    wireLength: number,
    bytes: Uint8Array,
    comments: readonly string[] | undefined,
  ): void {
    this.target(linkType).write(timeUs, linkType, wireLength, bytes, comments);
    this.packetCount++;
    this.commentCount += comments?.length ?? 0;
  }

  private target(linkType: number): PcapngFile {
    return (this.file ??= new PcapngFile(this.bytes, linkType));
  }
}

function bytesOf({ data, at, capturedLength }: PacketBatch, row: number): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset + at[row]!, capturedLength[row]);
}

/** Whether a number is one of these, by binary search. */
function membership(list: readonly number[]): (number: number) => boolean {
  const sorted = Float64Array.from(list).sort();
  return (number) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return sorted[low] === number;
  };
}
