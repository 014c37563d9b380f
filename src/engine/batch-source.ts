/** Where the engine's batches come from: read and decoded ahead in another thread (decode-ahead), or read here and decoded by the pipeline. */
import { openCapture } from '../capture/open-capture.ts';
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { CaptureEnd } from '../capture/packet-source.ts';
import type { DecodedPackets } from '../wire/decoded-packets.ts';

export interface BatchSource {
  /** The packets at hand, and, where they are decoded already, what became of them. Valid until the next `read`. */
  readonly batch: PacketBatch;
  readonly decoded: DecodedPackets | null;
  /** Goes on to the next packets; false at the end. */
  read(): Promise<boolean>;
  /** How the capture ended; valid after `read` resolved to false. */
  readonly end: CaptureEnd;
  close(): Promise<void>;
}

/** A capture read in this thread, into a batch that captures share. */
export function readHere(path: string, batch: PacketBatch): BatchSource {
  const capture = openCapture(path);
  return {
    batch,
    decoded: null,
    read: () => capture.read(batch),
    get end() {
      return capture.end;
    },
    close: () => capture.close(),
  };
}
