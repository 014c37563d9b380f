/** Takes packets that the caller has as one capture; its events go into a queue. */
import { LARGEST_CAPTURED_LENGTH } from '../capture/format/record-flaw.ts';
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { Tracker } from '../dataplane/host/tracker.ts';
import type { Rules } from '../decision/rules.ts';
import { TrialAdmission } from '../decision/trial-admission.ts';
import { Session } from '../pipeline/session.ts';
import type { EventSink } from './event-sink.ts';
import type { EventRun } from './queued-reading.ts';
import { readSummary } from './read-summary.ts';
import type { Packet, PacketBatches, ReadSummary } from './session.ts';
import { StoppableIteration } from './stoppable-iteration.ts';
import { SluiceError } from './sluice-error.ts';

/** Bytes of packets in a batch: at least one packet of any length. */
const BLOCK_LENGTH = 4 * LARGEST_CAPTURED_LENGTH;
const LARGEST_LINK_TYPE = 0xffff;
const LARGEST_WIRE_LENGTH = 0xffffffff;

export class PacketEvents implements EventRun {
  private readonly packets: StoppableIteration<readonly Packet[]>;
  private readonly name: string;
  private readonly rules: Rules;
  private readonly makeTracker: () => Tracker;
  private readonly sink: EventSink;
  private readonly settle: () => Promise<boolean>;
  private readonly block = new Uint8Array(BLOCK_LENGTH);
  private readonly data = new DataView(this.block.buffer);
  /** Bytes of the block in use. */
  private used = 0;
  private isStopped = false;

  /** `settle` is called between batches, and resolves to false to stop. */
  constructor(
    packets: PacketBatches,
    name: string,
    rules: Rules,
    makeTracker: () => Tracker,
    sink: EventSink,
    settle: () => Promise<boolean>,
  ) {
    this.packets = new StoppableIteration(packets);
    this.name = name;
    this.rules = rules;
    this.makeTracker = makeTracker;
    this.sink = sink;
    this.settle = settle;
  }

  async run(): Promise<ReadSummary> {
    const { rules, sink } = this;
    const admission = rules.mode === 'enforce' ? new TrialAdmission(rules.policy.safety) : null;
    const session = new Session(this.makeTracker());
    const decisions = session.begin(rules, { sink: sink.sink, admission });
    sink.beginFile(this.name, 0);
    let number = 0;
    for await (const packets of this.packets.items()) {
      let batch = await session.memory.nextBatch();
      this.clear(batch);
      for (const packet of packets) {
        number++;
        check(packet, number);
        if (batch.full || this.used + packet.bytes.length > BLOCK_LENGTH) {
          session.process(batch);
          if (!(await this.goesOn())) break;
          batch = await session.memory.nextBatch();
          this.clear(batch);
        }
        this.add(batch, packet);
      }
      if (this.isStopped) break;
      session.process(batch);
      if (!(await this.goesOn())) break;
    }
    await session.finish();
    await this.settle();
    return readSummary(session.counters, decisions.counts.flows, [], !this.isStopped);
  }

  interrupt(): void {
    this.isStopped = true;
    this.packets.stop();
  }

  private async goesOn(): Promise<boolean> {
    if (!(await this.settle())) this.isStopped = true;
    return !this.isStopped;
  }

  private clear(batch: PacketBatch): void {
    batch.reset(this.data);
    this.used = 0;
  }

  private add(batch: PacketBatch, { timeUs, linkType, bytes, wireLength = bytes.length }: Packet): void {
    this.block.set(bytes, this.used);
    batch.push(this.used, bytes.length, wireLength, Math.floor(timeUs), linkType);
    this.used += bytes.length;
  }
}

/** Throws SluiceError if a packet would break the invariants of a batch. */
function check({ timeUs, linkType, bytes, wireLength }: Packet, number: number): void {
  const refuse = (what: string): never => {
    throw new SluiceError('invalid-packet', `packet ${number}: ${what}`);
  };
  if (!Number.isFinite(timeUs) || timeUs < 0) refuse(`timeUs is ${timeUs}: it must be finite and not negative`);
  if (!Number.isInteger(linkType) || linkType < 0 || linkType > LARGEST_LINK_TYPE)
    refuse(`linkType is ${linkType}: it must be a whole number from 0 to ${LARGEST_LINK_TYPE}`);
  if (!(bytes instanceof Uint8Array)) refuse('bytes must be a Uint8Array');
  if (bytes.length > LARGEST_CAPTURED_LENGTH)
    refuse(`it has ${bytes.length} bytes: it may have at most ${LARGEST_CAPTURED_LENGTH}`);
  if (wireLength === undefined) return;
  if (!Number.isInteger(wireLength) || wireLength < bytes.length || wireLength > LARGEST_WIRE_LENGTH)
    refuse(`wireLength is ${wireLength}: it must be a whole number, and at least the ${bytes.length} bytes given`);
}
