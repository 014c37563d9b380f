/**
 * Ends flows: those that are idle, closed or one too many, and all of them at the end of a capture.
 *
 * A flow whose end is wanted leaves the table in two steps: its end is put into the queue, the host reads it, and then
 * it goes. So `begin` and `finish` answer false where the host has to read first, and go on where they stopped when
 * they are called again.
 */
import { Counters, FlowEnd } from './counters';
import { EventQueue } from './event-queue';
import { NO_FINDING } from './fingerprint/finding';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { Eviction } from './flow/eviction';
import { FlowFlag } from './flow/flow-row';
import { FlowTable } from './flow/flow-table';
import { IdleWheel } from './flow/idle-wheel';
import { Invariant } from './flow/invariant';
import { PacketClock } from './flow/packet-clock';
import { SlotList } from './flow/slot-list';
import { SplitHalves } from './flow/split-halves';
import { StreamObserver } from './stream-observer';

/**
 * A flow without a finding ends after this long without a packet, one with a finding later, a closed connection sooner.
 */
const IDLE_TIMEOUT_US: f64 = 120_000_000;
const FOUND_IDLE_TIMEOUT_US: f64 = 3_600_000_000;
const CLOSED_TIMEOUT_US: f64 = 10_000_000;

/** Why the listed flows end. */
enum Ending {
  IDLE,
  EVICTED,
  SHUTDOWN,
}

@final
export class FlowEnds {
  readonly clock: PacketClock = new PacketClock();
  readonly halves: SplitHalves;
  private readonly table: FlowTable;
  private readonly fingerprints: FingerprintSet;
  private readonly streams: StreamObserver;
  private readonly queue: EventQueue;
  private readonly counters: Counters;
  private readonly wheel: IdleWheel;
  private readonly eviction: Eviction;
  /**
   * Flows that end at the packet at hand; those before `queuedCount` are in the queue, and those before `goneCount`
   * have left.
   */
  private readonly listed: SlotList;
  private queuedCount: i32 = 0;
  private goneCount: i32 = 0;
  private ending: Ending = Ending.IDLE;
  /** The packet before which it is looked again at whether there are too many flows. */
  private nextCheck: f64;
  /** The clock has gone on to the packet at hand. */
  private hasStepped: bool = false;
  /** `finish` has listed the flows. */
  private isFinishing: bool = false;

  constructor(
    table: FlowTable,
    fingerprints: FingerprintSet,
    streams: StreamObserver,
    queue: EventQueue,
    counters: Counters,
  ) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.streams = streams;
    this.queue = queue;
    this.counters = counters;
    this.wheel = new IdleWheel(table);
    this.eviction = new Eviction(table, table.spareRows);
    this.halves = new SplitHalves(table);
    this.listed = new SlotList(table.largestSlot);
    this.nextCheck = 1 + table.spareRows;
  }

  /** Begins a capture. The one before it has finished. */
  reset(): void {
    this.clock.reset();
    this.wheel.clear();
    this.eviction.clear();
    this.halves.clear();
    this.nextCheck = 1 + this.table.spareRows;
  }

  /** A flow has begun. The first look at it comes early, for the many connections that are over by then. */
  expect(slot: i32): void {
    this.wheel.schedule(slot, this.clock.now + CLOSED_TIMEOUT_US);
  }

  /**
   * Every packet's first step, also of those that reach no flow: time passes, and flows end. The packet is the queue's.
   * False where the host has to read ends first; to be called again then.
   */
  begin(): bool {
    if (this.goneCount < this.listed.count && !this.endListed()) return false;
    // Once for a packet: of distant times, the same step again may round to another reading.
    if (!this.hasStepped) this.clock.step(this.queue.timeUs);
    this.hasStepped = true;
    const now = this.clock.now;
    while (now >= this.wheel.nextUs && this.wheel.next(now)) {
      this.listDue(now);
      if (!this.endListed()) return false;
    }
    if (this.queue.packet >= this.nextCheck) {
      this.listExcess();
      if (!this.endListed()) return false;
    }
    this.hasStepped = false;
    return true;
  }

  /** Ends all flows, those that are reported in the order of their first packets: the capture is over. */
  finish(): bool {
    if (!this.isFinishing) {
      if (!this.endListed()) return false;
      this.isFinishing = true;
      this.listAll();
    }
    if (!this.endListed()) return false;
    this.isFinishing = false;
    this.wheel.clear();
    this.table.clear();
    return true;
  }

  /** The invariant that is broken, NONE where all hold. */
  checkInvariants(): Invariant {
    return this.wheel.checkInvariants();
  }

  /** Lists the flows of the wheel's due bucket whose end is wanted, those of the others that are idle go at once. */
  private listDue(now: f64): void {
    const due = this.wheel.due;
    this.list(Ending.IDLE);
    for (let i = 0; i < due.count; i++) {
      const slot = due.slot(i);
      const dueAt = this.table.rows.row(slot).touched + this.timeoutOf(slot);
      if (dueAt > now) {
        this.countHalf(slot);
        this.wheel.schedule(slot, dueAt);
      } else if (this.queue.wantsFlowEnd(slot)) {
        this.listed.add(slot, due.number(i));
      } else {
        this.letGo(slot, this.idleEndOf(slot));
        this.table.remove(slot);
      }
    }
    this.listed.sort();
  }

  /** Lists the flows that are too many. */
  private listExcess(): void {
    this.nextCheck += this.table.spareRows;
    const excess = this.table.activeCount - this.table.capacity;
    this.list(Ending.EVICTED);
    if (excess <= 0) return;
    this.eviction.find(excess);
    for (let i = 0; i < this.eviction.count; i++) {
      const slot = this.eviction.slot(i);
      this.listed.add(slot, this.table.rows.row(slot).touched);
    }
  }

  /** Lists all flows whose end is wanted, at the end of a capture; the others go at once. */
  private listAll(): void {
    const rows = this.table.rows;
    this.list(Ending.SHUTDOWN);
    for (let slot = 1; slot <= rows.lastSlot; slot++) {
      if (!rows.isActive(slot)) continue;
      if (this.queue.wantsFlowEnd(slot)) this.listed.add(slot, rows.firstPacket(slot));
      else this.letGo(slot, FlowEnd.SHUTDOWN);
    }
    this.listed.sort();
  }

  private list(ending: Ending): void {
    this.ending = ending;
    this.listed.clear();
    this.queuedCount = 0;
    this.goneCount = 0;
  }

  /** Ends the listed flows, as many as the queue has room for. False where the host has to read ends before they go. */
  private endListed(): bool {
    const listed = this.listed;
    this.letQueuedGo();
    let isQueuing = false;
    while (this.queuedCount < listed.count && this.queue.hasRoom) {
      const i = this.queuedCount++;
      const slot = listed.slot(i);
      if (!this.queue.wantsFlowEnd(slot)) continue;
      this.queue.ended(slot, this.reasonOf(slot), this.orderOf(i));
      isQueuing = true;
    }
    if (isQueuing || this.queuedCount < listed.count) return false;
    this.letQueuedGo();
    return true;
  }

  private letQueuedGo(): void {
    while (this.goneCount < this.queuedCount) {
      const slot = this.listed.slot(this.goneCount++);
      if (this.ending == Ending.EVICTED) this.wheel.leave();
      this.letGo(slot, this.reasonOf(slot));
      if (this.ending != Ending.SHUTDOWN) this.table.remove(slot);
    }
  }

  private reasonOf(slot: i32): FlowEnd {
    if (this.ending == Ending.IDLE) return this.idleEndOf(slot);
    return this.ending == Ending.EVICTED ? FlowEnd.EVICTED : FlowEnd.SHUTDOWN;
  }

  /** What sorts a listed flow among those that end at the same packet. */
  private orderOf(i: i32): f64 {
    if (this.ending == Ending.IDLE) return this.wheel.bucket;
    return this.ending == Ending.EVICTED ? this.listed.number(i) : 0;
  }

  private countHalf(slot: i32): void {
    if (this.halves.isHalf(slot)) this.counters.totals.splitFlows++;
  }

  private timeoutOf(slot: i32): f64 {
    if (this.isClosed(slot)) return CLOSED_TIMEOUT_US;
    return this.table.rows.row(slot).ownFinding == NO_FINDING ? IDLE_TIMEOUT_US : FOUND_IDLE_TIMEOUT_US;
  }

  private idleEndOf(slot: i32): FlowEnd {
    return this.isClosed(slot) ? FlowEnd.CLOSED : FlowEnd.TIMEOUT;
  }

  private isClosed(slot: i32): bool {
    return (this.table.rows.row(slot).transport & FlowFlag.CLOSED) != 0;
  }

  /** Gives back what a flow holds that the wheel no longer does, and that is about to leave the table. */
  private letGo(slot: i32, reason: FlowEnd): void {
    const row = this.table.rows.row(slot);
    // A flow that no fingerprint holds and in which nothing was found has no evidence: its details stay unread.
    if (row.handle > 0 || row.ownFinding != NO_FINDING)
      this.fingerprints.release(row.handle, this.table.rows.details(slot).ownEvidence);
    if ((row.transport & FlowFlag.STREAM) != 0) this.streams.release(slot);
    this.countHalf(slot);
    this.counters.flowEnded(reason);
  }
}
