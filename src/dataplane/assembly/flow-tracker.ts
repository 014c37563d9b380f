/**
 * Tracks flows: takes packets in their order, finds or starts the flow of each, shows it to the fingerprints while they want to see it,
 * and ends flows that are idle, closed or one too many. It has no rules: what flows' own packets show goes to the event queue.
 *
 * Flows whose end is wanted leave the table in two steps: their ends are put into the queue, the host reads them, and then they go. So
 * `begin` and `finish` answer false where the host has to read first, and go on where they stopped when they are called again.
 */
import { Counters, FlowEnd } from './counters';
import { takeDatagram } from './datagram';
import { EventQueue } from './event-queue';
import { findingStage, NO_FINDING, Stage } from './fingerprint/finding';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { beginsWithControl } from './fingerprint/first-records';
import { FingerprintId, RETIRED } from './fingerprint/holder';
import { Payload } from './fingerprint/payload';
import { opensSession } from './fingerprint/session-opening';
import { isSessionData, LONGEST_HANDSHAKE, transportReceiver } from './fingerprint/wireguard';
import { Eviction } from './flow/eviction';
import { FlowFlag, FlowRow } from './flow/flow-row';
import { FlowTable, NO_FLOW } from './flow/flow-table';
import { IdleWheel } from './flow/idle-wheel';
import { Invariant } from './flow/invariant';
import { PacketClock } from './flow/packet-clock';
import { SlotList } from './flow/slot-list';
import { SplitHalves } from './flow/split-halves';
import { leavePacket, readPacket } from './memory';
import { protectsRouters } from './router-protection';
import { StreamObserver } from './stream-observer';
import { DecodeStatus } from './wire/decode-status';
import { Fragment, PacketView, Transport } from './wire/packet-view';

/**
 * A flow without a finding ends after this long without a packet, one with a finding later, a closed connection sooner.
 */
const IDLE_TIMEOUT_US: f64 = 120_000_000;
const FOUND_IDLE_TIMEOUT_US: f64 = 3_600_000_000;
const CLOSED_TIMEOUT_US: f64 = 10_000_000;
/** Flags of a flow that say that the beginning of its connection was seen. */
const SYN_FLAGS: u32 = FlowFlag.SYN_LOW | FlowFlag.SYN_HIGH;

/** Why the listed flows end. */
enum Ending {
  IDLE,
  EVICTED,
  SHUTDOWN,
}

@final
export class FlowTracker {
  readonly clock: PacketClock = new PacketClock();
  readonly streams: StreamObserver;
  private readonly table: FlowTable;
  private readonly fingerprints: FingerprintSet;
  private readonly queue: EventQueue;
  private readonly counters: Counters;
  private readonly payload: Payload = new Payload();
  private readonly wheel: IdleWheel;
  private readonly eviction: Eviction;
  private readonly halves: SplitHalves;
  /** Flows that end at the packet at hand; those before `toldCount` are in the queue, and those before `goneCount` have left. */
  private readonly listed: SlotList;
  private toldCount: i32 = 0;
  private goneCount: i32 = 0;
  private ending: Ending = Ending.IDLE;
  /** The packet before which it is looked again at whether there are too many flows. */
  private nextCheck: f64;
  /** `finish` has listed the flows. */
  private isFinishing: bool = false;

  constructor(table: FlowTable, fingerprints: FingerprintSet, queue: EventQueue, counters: Counters) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.queue = queue;
    this.counters = counters;
    this.wheel = new IdleWheel(table);
    this.eviction = new Eviction(table, table.spareRows);
    this.halves = new SplitHalves(table);
    this.listed = new SlotList(table.largestSlot);
    this.streams = new StreamObserver(table, fingerprints);
    this.nextCheck = 1 + table.spareRows;
  }

  /** Begins a capture. The one before it has finished. */
  reset(): void {
    this.clock.reset();
    this.wheel.clear();
    this.eviction.clear();
    this.halves.clear();
    this.streams.clear();
    this.nextCheck = 1 + this.table.spareRows;
  }

  /**
   * Every packet's first step, also of those that reach no flow: time passes, and flows end. The packet is the queue's. False where the
   * host has to read ends first; to be called again then.
   */
  begin(): bool {
    if (!this.endListed()) return false;
    this.clock.step(this.queue.timeUs);
    const now = this.clock.now;
    while (now >= this.wheel.nextUs && this.wheel.next(now)) {
      this.listDue(now);
      if (!this.endListed()) return false;
    }
    if (this.queue.packet < this.nextCheck) return true;
    this.listExcess();
    return this.endListed();
  }

  /**
   * Takes the packet to its flow, whose slot it returns; NO_FLOW for a fragment whose flow is no more, which is counted
   * as that.
   */
  take(view: PacketView): i32 {
    let slot = this.table.findHashed(view);
    if (view.fragment == Fragment.LATER) return this.countFragment(slot, view);
    if (slot == NO_FLOW) slot = this.start(view);
    this.countPacket(slot, view);
    if (view.fragment == Fragment.FIRST && view.waitedPackets > 0) this.countWaited(slot, view);
    if (view.transport == Transport.TCP) this.streams.noteFlags(view, slot);
    if (view.payloadCaptured <= 0) return slot;
    readPacket(view.payloadAt, view.payloadAt + view.payloadCaptured);
    if (this.isWatched(this.table.rows.row(slot), view)) this.observe(slot, view);
    leavePacket();
    return slot;
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
    this.counters.totals.streamsRefused = this.streams.streams.refusedCount;
    return true;
  }

  /** The invariant that is broken, NONE where all hold. To be called when the queue has been read. */
  checkInvariants(): Invariant {
    const ofTable = this.table.checkInvariants();
    if (ofTable != Invariant.NONE) return ofTable;
    const ofWheel = this.wheel.checkInvariants();
    if (ofWheel != Invariant.NONE) return ofWheel;
    const ofStreams = this.streams.checkInvariants();
    if (ofStreams != Invariant.NONE) return ofStreams;
    return this.counters.flowsActive == <f64>this.table.activeCount ? Invariant.NONE : Invariant.FLOWS_ACTIVE;
  }

  /**
   * Whether the fingerprints want to see a packet of a flow. A retired flow's packets are seen only where they may open a session, or
   * over TCP belong to one, a confirmed flow's only where they are handshakes: these renew what a roaming peer is recognised by.
   */
  private isWatched(row: FlowRow, view: PacketView): bool {
    const at: usize = view.payloadAt;
    const captured = view.payloadCaptured;
    const length = view.payloadLength;
    const isConfirmed = findingStage(row.ownFinding) == Stage.CONFIRMED;
    if (row.handle == RETIRED) {
      if (isConfirmed) return false;
      if (view.transport == Transport.UDP) return opensSession(at, captured, length);
      // A connection whose beginning was seen has begun as none of ours.
      return (
        view.transport == Transport.TCP && (row.transport & SYN_FLAGS) == 0 && beginsWithControl(at, captured, length)
      );
    }
    return !isConfirmed || (length <= LONGEST_HANDSHAKE && !isSessionData(at, captured));
  }

  /** Adds the flow that the table has just missed. */
  private start(view: PacketView): i32 {
    const slot = this.table.insert(view);
    const now = this.clock.now;
    this.halves.begin(slot, view);
    const details = this.table.rows.details(slot);
    details.firstTime = view.timeUs;
    details.firstPacket = this.queue.packet;
    const row = this.table.rows.row(slot);
    row.touched = now;
    if (protectsRouters(view)) row.handle = RETIRED;
    this.counters.totals.flowsStarted++;
    // The first look comes early, for the many connections that are over by then.
    this.wheel.schedule(slot, now + CLOSED_TIMEOUT_US);
    return slot;
  }

  private countPacket(slot: i32, view: PacketView): void {
    this.table.rows.count(slot, view.direction, 1, view.wireLength);
    const row = this.table.rows.row(slot);
    row.lastTime = view.timeUs;
    row.touched = this.clock.now;
    this.counters.totals.flowPackets++;
  }

  /** A later fragment: its flow may have ended since the first one came. */
  private countFragment(slot: i32, view: PacketView): i32 {
    if (slot == NO_FLOW) this.counters.notDecoded(DecodeStatus.FRAGMENT_WITHOUT_FIRST);
    else this.countPacket(slot, view);
    return slot;
  }

  /** The later fragments that came before the first one at hand. */
  private countWaited(slot: i32, view: PacketView): void {
    this.table.rows.count(slot, view.direction, view.waitedPackets, <u64>view.waitedBytes);
    this.counters.totals.flowPackets += <f64>view.waitedPackets;
  }

  /** Shows a packet to the fingerprints, and reports what is new. */
  private observe(slot: i32, view: PacketView): void {
    const fingerprints = this.fingerprints;
    const payload = this.payload;
    const row = this.table.rows.row(slot);
    const details = this.table.rows.details(slot);
    const before = row.ownFinding;
    const held = row.handle;
    // Flows in which nothing was found are most: their details stay unread.
    const evidence = before == NO_FINDING ? fingerprints.evidenceOf(held) : <i32>details.ownEvidence;
    const changesBefore = fingerprints.evidenceLog.changes;
    payload.direction = view.direction;
    payload.timeUs = view.timeUs;
    payload.packet = this.queue.packet;
    if (view.transport == Transport.TCP) {
      row.handle = this.streams.observe(view, payload, slot, evidence);
    } else {
      takeDatagram(view, payload);
      row.handle = fingerprints.observe(payload, held, before, evidence);
    }
    if (fingerprints.evidence != evidence) details.ownEvidence = fingerprints.evidence;
    row.ownFinding = fingerprints.finding;
    const holder = fingerprints.holder;
    if (holder == FingerprintId.NONE) return;
    // A transport message of a flow that is not confirmed yet may be one of a tunnel that has moved here.
    const isConfirmed = findingStage(fingerprints.finding) == Stage.CONFIRMED;
    const receiver: u32 = holder == FingerprintId.WIREGUARD && !isConfirmed ? transportReceiver(payload) : 0;
    if (
      fingerprints.finding != before ||
      fingerprints.isKeyNew ||
      receiver != 0 ||
      fingerprints.evidenceLog.changes != changesBefore
    )
      this.queue.detection(slot, view.direction, fingerprints, receiver);
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
    this.toldCount = 0;
    this.goneCount = 0;
  }

  /** Ends the listed flows, as many as the queue has room for. False where the host has to read ends before they go. */
  private endListed(): bool {
    const listed = this.listed;
    this.letToldGo();
    let isTelling = false;
    while (this.toldCount < listed.count && this.queue.hasRoom) {
      const i = this.toldCount++;
      const slot = listed.slot(i);
      if (!this.queue.wantsFlowEnd(slot)) continue;
      this.queue.ended(slot, this.reasonOf(slot), this.orderOf(i));
      isTelling = true;
    }
    if (isTelling || this.toldCount < listed.count) return false;
    this.letToldGo();
    return true;
  }

  private letToldGo(): void {
    while (this.goneCount < this.toldCount) {
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
