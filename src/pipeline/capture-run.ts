/** Reads the files of captures into a session, one batch after the other. Outputs get time to drain between batches. */
import { faultName } from '../capture/capture-end.ts';
import { type Capture, openCapture } from '../capture/format/open-capture.ts';
import type { PacketBatch } from '../capture/packet-batch.ts';
import { CaptureFault, Found } from '../capture/packet-source.ts';
import { Counters } from '../dataplane/host/counters.ts';
import type { UnreadLinks } from '../dataplane/host/unread-links.ts';
import { FileOrder } from './file-order.ts';
import { nothingReadMessage, unreadPackets } from './nothing-read.ts';
import type { Session } from './session.ts';

/** A capture that could not be read to its end. */
export interface Incomplete {
  readonly file: string;
  readonly fault: string;
  readonly message: string;
}

/** A position in the files of a run. */
export interface Reached {
  readonly file: string;
  /** Position of the file in the list, from 1. */
  readonly fileNumber: number;
  /** Packets of this file that were read. */
  packet: number;
  /** Time of the last packet; NaN before the first. */
  timeUs: number;
  /** Bytes of this file that were read. */
  bytes: number;
}

export interface CaptureRunOptions {
  /** Each file is a separate capture. */
  readonly each: boolean;
  /** Called before a file's packets, with the number of packets before it in its capture. */
  readonly onFile: (file: string, packetsBefore: number) => void;
  /** Called with each batch before its packets are tracked. */
  readonly onRead?: (batch: PacketBatch) => void;
  /**
   * Called between batches with the bytes that the last batch took from the file; the next batch waits for it. Resolves
   * to false to stop.
   */
  readonly onBatch: (bytes: number) => Promise<boolean>;
  /** Receives remarks on tolerated problems of a file. */
  readonly onRemark: (file: string, message: string) => void;
}

/** A capture under way: its session, and what is to be done once the capture is finished. */
export interface CaptureUnderWay {
  readonly session: Session;
  finished(): void;
}

export class CaptureRun {
  /** Packets and flows of all captures. */
  readonly counters = new Counters();
  readonly incomplete: Incomplete[] = [];
  /** The order of the files in packet time; empty if each file is a separate capture. */
  readonly order = new FileOrder();
  /** The current position, or where the run was stopped. */
  reached: Reached = { file: '', fileNumber: 0, packet: 0, timeUs: Number.NaN, bytes: 0 };
  private readonly options: CaptureRunOptions;
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(options: CaptureRunOptions) {
    this.options = options;
  }

  /** Stops the run, even while it waits for input. Packets read before are processed. */
  interrupt(): void {
    this.stopped = true;
    this.wake();
  }

  /** Runs all files; resolves to false if it was stopped. `begin` is called once for each capture. */
  async run(files: readonly string[], begin: () => CaptureUnderWay): Promise<boolean> {
    if (!this.options.each) {
      await this.runCapture(files, begin());
      return !this.stopped;
    }
    for (const file of files) {
      await this.runCapture([file], begin());
      if (this.stopped) return false;
    }
    return true;
  }

  /** Runs one capture of one or more files. */
  private async runCapture(files: readonly string[], capture: CaptureUnderWay): Promise<void> {
    const { session } = capture;
    for (const file of files) {
      this.reached = { file, fileNumber: this.reached.fileNumber + 1, packet: 0, timeUs: Number.NaN, bytes: 0 };
      this.options.onFile(file, session.counters.packets);
      await this.runFile(file, session);
      // Pending decisions belong to this file.
      await session.settle();
      if (this.stopped) break;
    }
    await session.finish();
    this.counters.add(session.counters);
    capture.finished();
    if (!(await this.options.onBatch(0))) this.stopped = true;
  }

  private async runFile(file: string, session: Session): Promise<void> {
    const { counters } = session;
    const packetsBefore = counters.packets;
    const unreadBefore = counters.unreadLinks.copy();
    const notDecodedBefore = counters.notDecoded.slice();
    const source = openCapture(file, { memory: session.memory.records });
    let bytesBefore = 0;
    try {
      for (;;) {
        const batch = await session.memory.nextBatch();
        if (!(await this.read(source, batch))) break;
        this.follow(file, batch, source.bytesRead);
        this.options.onRead?.(batch);
        session.process(batch);
        if (!(await this.options.onBatch(source.bytesRead - bytesBefore))) this.stopped = true;
        bytesBefore = source.bytesRead;
        if (this.stopped) return;
      }
      if (this.stopped) return;
      const { fault, message } = source.end;
      if (fault !== CaptureFault.NONE) this.incomplete.push({ file, fault: faultName(fault), message });
      else if (message !== '') this.options.onRemark(file, message);
      // With workers, the last batches may be under way: what is said of the file counts them.
      await session.settle();
      const notDecoded = counters.notDecoded.map((count, status) => count - notDecodedBefore[status]!);
      const packets = counters.packets - packetsBefore;
      this.noteUnread(file, packets, counters.unreadLinks.since(unreadBefore), notDecoded);
    } finally {
      // Closing a pending input may not finish until it gets data.
      if (this.stopped) void source.close();
      else await source.close();
    }
  }

  /** Updates the position, and the order of the files. */
  private follow(file: string, batch: PacketBatch, bytes: number): void {
    const lastTimeUs = batch.timeUs[batch.count - 1]!;
    if (!this.options.each) {
      if (this.reached.packet === 0) this.order.begin(file, batch.timeUs[0]!);
      this.order.reach(lastTimeUs);
    }
    this.reached.packet += batch.count;
    this.reached.timeUs = lastTimeUs;
    this.reached.bytes = bytes;
  }

  /**
   * Reports a file without a readable packet as incomplete; else adds a remark about packets of unsupported link types.
   */
  private noteUnread(file: string, packets: number, unread: UnreadLinks, notDecoded: Float64Array): void {
    if (unread.total > 0 && unread.total === packets) {
      const message = unreadMessage(packets, unread);
      this.incomplete.push({ file, fault: faultName(CaptureFault.UNREAD_LINK_TYPE), message });
      return;
    }
    if (unread.total > 0) {
      const what = `${unread.total} of ${packets} packets have unsupported link types`;
      this.options.onRemark(file, `${what}: ${unread.text(true)}`);
    }
    if (packets === 0 || unreadPackets(notDecoded) < packets) return;
    const message = nothingReadMessage(packets, notDecoded);
    this.incomplete.push({ file, fault: faultName(CaptureFault.UNREAD_LAYERS), message });
  }

  /** Fills the batch; false at the capture's end, or after `interrupt`. */
  private async read(source: Capture, batch: PacketBatch): Promise<boolean> {
    const found = source.readNow(batch);
    if (found !== Found.NOT_YET) return found === Found.PACKETS;
    return new Promise((resolve, reject) => {
      this.wake = () => {
        resolve(false);
      };
      source.read(batch).then(resolve, reject);
    });
  }
}

function unreadMessage(packets: number, unread: UnreadLinks): string {
  const none = packets === 1 ? 'its one packet could not be read' : `none of its ${packets} packets could be read`;
  const types = unread.count === 1 ? 'link type' : 'link types';
  const advice = 'Record with another link type: tcpdump -L lists those of an interface, -y chooses one';
  return `${none}: ${types} ${unread.text(false)}, which Sluice does not read. ${advice}`;
}
