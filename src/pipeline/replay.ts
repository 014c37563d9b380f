/**
 * Runs captures through the engine: the loop that `replay` and `explain` share. Outputs get time to drain between
 * batches.
 */
import { faultName } from '../capture/capture-end.ts';
import { type Capture, openCapture } from '../capture/format/open-capture.ts';
import type { PacketBatch } from '../capture/packet-batch.ts';
import { CaptureFault, Found } from '../capture/packet-source.ts';
import { Counters } from '../dataplane/counters.ts';
import { DecisionCounts, type Decisions, type Rules } from '../decision/decisions.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import type { Tracker } from '../dataplane/tracker.ts';
import type { PacketSink, Pipeline } from './pipeline.ts';
import { RegisteredHits } from '../decision/registered-hits.ts';
import { TrialGuard, type TrialTrip } from '../decision/trial-guard.ts';
import type { UnreadLinks } from '../dataplane/unread-links.ts';
import { nothingReadMessage, unreadPackets } from './nothing-read.ts';
import { ACTION_NAMES } from '../policy/action.ts';
import { FileOrder } from './file-order.ts';
import { Session } from './session.ts';

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

export interface ReplayOptions {
  readonly rules: Rules;
  /** Each file is a separate capture. */
  readonly each: boolean;
  /** Tracks the flows, in this thread or in workers. */
  readonly tracker: Tracker;
  readonly packetSink: PacketSink | null;
  /** Called before a file's packets, with the number of packets before it in its capture. */
  readonly onFile: (file: string, packetsBefore: number) => void;
  /**
   * Called between batches with the bytes that the last batch took from the file; the next batch waits for it. Resolves
   * to false to stop.
   */
  readonly onBatch: (bytes: number) => Promise<boolean>;
  /** Receives remarks on tolerated problems of a file. */
  readonly onRemark: (file: string, message: string) => void;
}

export class Replay {
  readonly counters = new Counters();
  readonly flows = new DecisionCounts();
  readonly decisions = new Float64Array(ACTION_NAMES.length);
  readonly hits = new RegisteredHits();
  /** Trips that the breaker would have had in mode enforce: the first of each kind. */
  readonly trips: TrialTrip[] = [];
  readonly incomplete: Incomplete[] = [];
  /** The order of the files in packet time; empty if each file is a separate capture. */
  readonly order = new FileOrder();
  /** The current position, or where the run was stopped. */
  reached: Reached = { file: '', fileNumber: 0, packet: 0, timeUs: Number.NaN, bytes: 0 };
  private readonly options: ReplayOptions;
  /** Reused for each capture: it is empty at the end of one. */
  private readonly session: Session;
  private readonly makeSink: (decisions: () => Decisions) => DecisionSink;
  private stopped = false;
  private wake: () => void = () => undefined;

  /** `makeSink` receives a function that returns the decisions of the current capture. */
  constructor(options: ReplayOptions, makeSink: (decisions: () => Decisions) => DecisionSink) {
    this.options = options;
    this.session = new Session(options.tracker);
    this.makeSink = makeSink;
  }

  /** Stops the run, even while it waits for input. Packets read before are processed. */
  interrupt(): void {
    this.stopped = true;
    this.wake();
  }

  /** Runs all files; resolves to false if it was stopped. */
  async run(files: readonly string[]): Promise<boolean> {
    if (!this.options.each) {
      await this.runCapture(files);
      return !this.stopped;
    }
    for (const file of files) {
      await this.runCapture([file]);
      if (this.stopped) return false;
    }
    return true;
  }

  /** Runs one capture of one or more files. */
  private async runCapture(files: readonly string[]): Promise<void> {
    const sink = this.makeSink(() => capture.decisions);
    const { rules, packetSink } = this.options;
    const guard = rules.mode === 'enforce' ? new TrialGuard(rules.policy.safety) : null;
    const capture = this.session.begin(rules, { sink, guard, packetSink });
    const { decisions, pipeline } = capture;
    for (const file of files) {
      this.reached = { file, fileNumber: this.reached.fileNumber + 1, packet: 0, timeUs: Number.NaN, bytes: 0 };
      this.options.onFile(file, pipeline.counters.packets);
      await this.runFile(file, pipeline);
      // Pending decisions belong to this file.
      await pipeline.settle();
      if (this.stopped) break;
    }
    await pipeline.finish();
    this.counters.add(pipeline.counters);
    this.flows.add(decisions.flows);
    this.hits.add(decisions.hits);
    for (const one of guard?.trips ?? [])
      if (!this.trips.some(({ trip }) => trip.then === one.trip.then)) this.trips.push(one);
    for (let action = 0; action < this.decisions.length; action++) this.decisions[action]! += decisions.made[action]!;
    if (!(await this.options.onBatch(0))) this.stopped = true;
  }

  private async runFile(file: string, pipeline: Pipeline): Promise<void> {
    const { counters } = pipeline;
    const packetsBefore = counters.packets;
    const unreadBefore = counters.unreadLinks.copy();
    const notDecodedBefore = counters.notDecoded.slice();
    const source = openCapture(file, { lender: pipeline.memory.lender });
    let bytesBefore = 0;
    try {
      for (;;) {
        const batch = await pipeline.memory.nextBatch();
        if (!(await this.read(source, batch))) break;
        this.follow(file, batch, source.bytesRead);
        pipeline.process(batch);
        if (!(await this.options.onBatch(source.bytesRead - bytesBefore))) this.stopped = true;
        bytesBefore = source.bytesRead;
        if (this.stopped) return;
      }
      if (this.stopped) return;
      const { fault, message } = source.end;
      if (fault !== CaptureFault.NONE) this.incomplete.push({ file, fault: faultName(fault), message });
      else if (message !== '') this.options.onRemark(file, message);
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
