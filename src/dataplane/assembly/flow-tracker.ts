/**
 * Tracks flows: takes packets in their order, finds or starts the flow of each, shows it to the fingerprints while they
 * want to see it, and lets them end (flow-ends). It has no rules: what flows' own packets show goes to the event queue.
 */
import { Counters } from './counters';
import { EventQueue } from './event-queue';
import { findingStage, NO_FINDING, Stage } from './fingerprint/finding';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { beginsWithControl } from './fingerprint/first-records';
import { FingerprintId, RETIRED } from './fingerprint/holder';
import { Framing, Payload } from './fingerprint/payload';
import { opensSession } from './fingerprint/session-opening';
import { isSessionData, LONGEST_HANDSHAKE, transportReceiver } from './fingerprint/wireguard';
import { FlowFlag, FlowRow } from './flow/flow-row';
import { FlowTable, NO_FLOW } from './flow/flow-table';
import { Invariant } from './flow/invariant';
import { FlowEnds } from './flow-ends';
import { leavePacket, readPacket } from './memory';
import { protectsRouters } from './router-protection';
import { StreamObserver } from './stream-observer';
import { DecodeStatus } from './wire/decode-status';
import { Fragment, PacketView, Transport, VIEW_LENGTH } from './wire/packet-view';
import { socks5UdpHeaderLength } from './wire/proxy-preface';

/** Flags of a flow that say that the beginning of its connection was seen. */
const SYN_FLAGS: u32 = FlowFlag.SYN_LOW | FlowFlag.SYN_HIGH;

@final
export class FlowTracker {
  readonly streams: StreamObserver;
  readonly ends: FlowEnds;
  private readonly table: FlowTable;
  private readonly fingerprints: FingerprintSet;
  private readonly queue: EventQueue;
  private readonly counters: Counters;
  private readonly payload: Payload = new Payload();
  /** Kept, so that the compiler keeps the reads of `prefetch`. */
  touchedSum: u32 = 0;

  constructor(table: FlowTable, fingerprints: FingerprintSet, queue: EventQueue, counters: Counters) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.queue = queue;
    this.counters = counters;
    const streams = new StreamObserver(table, fingerprints);
    this.streams = streams;
    this.ends = new FlowEnds(table, fingerprints, streams, queue, counters);
  }

  /** Begins a capture. The one before it has finished. */
  reset(): void {
    this.ends.reset();
    this.streams.clear();
  }

  /**
   * Reads all that `take` will read first of the views that come next: their rows, the state of the fingerprint that
   * holds a flow, and for a flow that begins the place of its other half.
   */
  prefetch(views: usize, count: i32): void {
    this.table.prefetch(views, count);
    const rows = this.table.rows;
    const halves = this.ends.halves;
    const end = views + <usize>count * VIEW_LENGTH;
    let sum: u32 = 0;
    for (let at = views; at < end; at += VIEW_LENGTH) {
      const view = changetype<PacketView>(at);
      const handle = rows.row(<i32>view.prefetchedSlot).handle;
      if (handle > 0) sum ^= this.fingerprints.prefetch(handle);
      else if (view.prefetchedSlot == 0) sum ^= halves.prefetch(view);
    }
    this.touchedSum = sum;
  }

  /** Every packet's first step, also of those that reach no flow: as `FlowEnds.begin`. */
  begin(): bool {
    return this.ends.begin();
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

  /** Ends all flows: the capture is over. As `FlowEnds.finish`. */
  finish(): bool {
    if (!this.ends.finish()) return false;
    this.counters.totals.streamsRefused = this.streams.streams.refusedCount;
    return true;
  }

  /** The invariant that is broken, NONE where all hold. To be called when the queue has been read. */
  checkInvariants(): Invariant {
    const ofTable = this.table.checkInvariants();
    if (ofTable != Invariant.NONE) return ofTable;
    const ofEnds = this.ends.checkInvariants();
    if (ofEnds != Invariant.NONE) return ofEnds;
    const ofStreams = this.streams.checkInvariants();
    if (ofStreams != Invariant.NONE) return ofStreams;
    const activeCount = this.table.activeCount;
    if (this.counters.flowsActive != <f64>activeCount) return Invariant.FLOWS_ACTIVE;
    const held = this.fingerprints.blockCount + this.fingerprints.evidenceLog.count;
    return activeCount > 0 || held == 0 ? Invariant.NONE : Invariant.ALL_GIVEN_BACK;
  }

  /**
   * Whether the fingerprints want to see a packet of a flow. A retired flow's packets are seen only where they may open
   * a session, or over TCP belong to one, a confirmed flow's only where they are handshakes: these renew what a roaming
   * peer is recognised by.
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
    this.ends.halves.begin(slot, view);
    const details = this.table.rows.details(slot);
    details.firstTime = view.timeUs;
    details.firstPacket = this.queue.packet;
    const row = this.table.rows.row(slot);
    row.touched = this.ends.clock.now;
    if (protectsRouters(view)) row.handle = RETIRED;
    this.counters.totals.flowsStarted++;
    this.ends.expect(slot);
    return slot;
  }

  private countPacket(slot: i32, view: PacketView): void {
    this.table.rows.count(slot, view.direction, 1, view.wireLength);
    const row = this.table.rows.row(slot);
    row.lastTime = view.timeUs;
    row.touched = this.ends.clock.now;
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
}

/**
 * The payload of a packet that is no TCP segment: the view's bytes, without the header that a SOCKS proxy puts before
 * each datagram.
 */
export function takeDatagram(view: PacketView, payload: Payload): void {
  const isUdp = view.transport == Transport.UDP;
  const proxied = isUdp ? socks5UdpHeaderLength(view.payloadAt, view.payloadCaptured) : 0;
  payload.at = view.payloadAt + proxied;
  payload.captured = view.payloadCaptured - proxied;
  payload.length = view.payloadLength - proxied;
  payload.evidenceOffset = proxied;
  payload.framing = isUdp ? Framing.DATAGRAM : view.transport == Transport.ESP ? Framing.ESP : Framing.AH;
}
