/**
 * Follows flows: takes packets in their order, finds or starts the flow of each, shows it to the fingerprints while
 * they want to see it, and lets flows end that are idle, closed or one too many. It knows no rules: what flows' own
 * packets say goes to a listener.
 */
import { FingerprintId } from './host/holder.ts';
import type { FingerprintSet } from './fingerprint/fingerprint-set.ts';
import { RETIRED } from './host/holder.ts';
import { findingStage, NO_FINDING, Stage } from './host/finding.ts';
import { beginsWithControl } from './fingerprint/first-records.ts';
import { Payload } from './fingerprint/payload.ts';
import { opensSession } from './fingerprint/session-opening.ts';
import { isSessionData, LONGEST_HANDSHAKE, transportReceiver } from './fingerprint/wireguard.ts';
import { Eviction } from './flow/eviction.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from './host/flow-row.ts';
import { type FlowTable, NO_FLOW } from './flow/flow-table.ts';
import { IdleWheel } from './flow/idle-wheel.ts';
import { PacketClock } from './flow/packet-clock.ts';
import { SlotList } from './flow/slot-list.ts';
import { SplitHalves } from './flow/split-halves.ts';
import { DecodeStatus } from './host/decode-status.ts';
import { Fragment, Transport } from './host/packet-codes.ts';
import { PacketView } from './wire/packet-view.ts';
import { Counters, FlowEnd } from './host/counters.ts';
import { type FlowLimit, ONE_TABLE } from './flow-limit.ts';
import { takeDatagram } from './datagram.ts';
import { Detection } from './host/detection.ts';
import { protectsRouters } from './router-protection.ts';
import { StreamObserver } from './stream-observer.ts';
import type { FlowListener } from './host/tracker.ts';

/**
 * A flow without a finding ends after this long without a packet, one with a finding later, a closed connection sooner.
 */
const IDLE_TIMEOUT_US = 120_000_000;
const FOUND_IDLE_TIMEOUT_US = 3_600_000_000;
const CLOSED_TIMEOUT_US = 10_000_000;
/** Flags of a flow that tell that the beginning of its connection was seen. */
const SYN_FLAGS = FlowFlag.SYN_LOW | FlowFlag.SYN_HIGH;

export class FlowTracker {
  /** Number of the packet at hand in its capture, from 1; set before `begin`. */
  packet = 0;
  /** Its time is `clock.timeUs`; set before `begin`. */
  readonly clock = new PacketClock();
  readonly table: FlowTable;

  private readonly counters: Counters;
  private readonly fingerprints: FingerprintSet;
  private readonly listener: FlowListener;
  private view = new PacketView();
  private readonly payload = new Payload();
  private readonly detection = new Detection();
  private readonly wheel: IdleWheel;
  private readonly eviction: Eviction;
  private readonly streams: StreamObserver;
  private readonly halves: SplitHalves;
  private readonly flowLimit: FlowLimit;
  /** Flows that end at the packet at hand, and whose ends are told. */
  private readonly ending = new SlotList();
  /** The packet before which it is looked again at whether there are too many flows, and how often it was. */
  private nextCheck: number;
  private checks = 0;

  constructor(
    table: FlowTable,
    fingerprints: FingerprintSet,
    listener: FlowListener,
    counters: Counters,
    flowLimit: FlowLimit = ONE_TABLE,
  ) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.listener = listener;
    this.counters = counters;
    this.wheel = new IdleWheel(table);
    this.eviction = new Eviction(table, table.spareRows);
    this.flowLimit = flowLimit;
    this.nextCheck = 1 + table.spareRows;
    this.streams = new StreamObserver(table, fingerprints);
    this.halves = new SplitHalves(table);
  }

  /** Every packet's first step, also of those that reach no flow: time passes, and flows end. */
  begin(): void {
    const { clock } = this;
    clock.step();
    if (clock.now >= this.wheel.nextUs) this.expire(clock.now);
    if (this.packet >= this.nextCheck) this.evict();
  }

  /** Ends the flows that are too many. */
  private evict(): void {
    const { table, eviction } = this;
    this.nextCheck += table.spareRows;
    const count = this.flowLimit.excess(table, eviction, ++this.checks);
    for (let i = 0; i < count; i++) {
      const slot = eviction.slots[i]!;
      this.wheel.leave();
      if (this.listener.wantsFlowEnd(slot)) this.listener.ended(slot, FlowEnd.EVICTED, eviction.touchedAt(slot));
      this.letGo(slot, FlowEnd.EVICTED);
      table.remove(slot);
    }
  }

  /**
   * Takes the packet to its flow, whose slot it returns; NO_FLOW for a fragment whose flow is no more, which is counted
   * as that.
   */
  take(view: PacketView, wireLength: number): number {
    this.view = view;
    let slot = this.table.findHashed(view);
    if (view.fragment === Fragment.LATER) return this.countFragment(slot, wireLength);
    if (slot === NO_FLOW) slot = this.start();
    const { direction } = this.table;
    this.countPacket(slot, direction, wireLength);
    if (view.fragment === Fragment.FIRST && view.waitedPackets > 0) this.countWaited(slot, direction);
    const row = slot * ROW_WORDS;
    if (view.transport === Transport.TCP) this.streams.noteFlags(view, slot, direction);
    if (view.payloadCaptured > 0 && this.isWatched(row)) this.observe(slot, direction);
    return slot;
  }

  /** Ends all flows, those that are told of in the order of their first packets: the capture is over. */
  finish(): void {
    const { table, listener, ending } = this;
    ending.begin(table.activeCount);
    for (let slot = 1; slot <= table.lastSlot; slot++) {
      if (!table.isActive(slot)) continue;
      if (listener.wantsFlowEnd(slot)) ending.add(slot, table.firstPacket(slot));
      else this.letGo(slot, FlowEnd.SHUTDOWN);
    }
    ending.sort();
    for (let i = 0; i < ending.count; i++) {
      const slot = ending.slots[i]!;
      listener.ended(slot, FlowEnd.SHUTDOWN, 0);
      this.letGo(slot, FlowEnd.SHUTDOWN);
    }
    this.wheel.clear();
    table.clear();
    this.counters.streamsRefused = this.streams.streams.refusedCount;
  }

  /** Throws if an invariant is broken. */
  checkInvariants(): void {
    this.table.checkInvariants();
    this.wheel.checkInvariants();
  }

  /**
   * Whether the fingerprints want to see the packet in the view, of a flow's row. A retired flow's packets are seen
   * only where they may open a session, or over TCP belong to one, a confirmed flow's only where they are handshakes:
   * these renew what a roaming peer is known by.
   */
  private isWatched(row: number): boolean {
    const { words } = this.table;
    const { data, payloadAt, payloadCaptured, payloadLength, transport } = this.view;
    const isConfirmed = findingStage(words[row + FlowWord.OWN_FINDING]!) === Stage.CONFIRMED;
    if (words[row + FlowWord.HANDLE] === RETIRED) {
      if (isConfirmed) return false;
      if (transport === Transport.UDP) return opensSession(data, payloadAt, payloadCaptured, payloadLength);
      // A connection whose beginning was seen has begun as none of ours.
      return (
        transport === Transport.TCP &&
        (words[row + FlowWord.TRANSPORT]! & SYN_FLAGS) === 0 &&
        beginsWithControl(data, payloadAt, payloadCaptured, payloadLength)
      );
    }
    return !isConfirmed || (payloadLength <= LONGEST_HANDSHAKE && !isSessionData(data, payloadAt, payloadCaptured));
  }

  /** Adds the flow that the table has just missed. */
  private start(): number {
    const { table, view, clock } = this;
    const slot = table.insert(view);
    this.halves.begin(slot, view);
    const detail = slot * DETAIL_WORDS;
    table.detailNumbers[(detail + FlowDetail.FIRST_TIME) >> 1] = clock.timeUs;
    table.detailNumbers[(detail + FlowDetail.FIRST_PACKET) >> 1] = this.packet;
    table.numbers[(slot * ROW_WORDS + FlowWord.TOUCHED) >> 1] = clock.now;
    if (protectsRouters(view)) table.words[slot * ROW_WORDS + FlowWord.HANDLE] = RETIRED;
    this.counters.flowsStarted++;
    // The first look comes early, for the many connections that are over by then.
    this.wheel.atUs = clock.now + CLOSED_TIMEOUT_US;
    this.wheel.schedule(slot);
    return slot;
  }

  private countPacket(slot: number, direction: 0 | 1, wireLength: number): void {
    const { table } = this;
    const { numbers } = table;
    const row = slot * ROW_WORDS;
    table.count(slot, direction, 1, wireLength);
    numbers[(row + FlowWord.LAST_TIME) >> 1] = this.clock.timeUs;
    numbers[(row + FlowWord.TOUCHED) >> 1] = this.clock.now;
    this.counters.flowPackets++;
  }

  /** A later fragment: its flow may have ended since the first one came. */
  private countFragment(slot: number, wireLength: number): number {
    if (slot === NO_FLOW) this.counters.notDecoded[DecodeStatus.FRAGMENT_WITHOUT_FIRST]!++;
    else this.countPacket(slot, this.table.direction, wireLength);
    return slot;
  }

  /** The later fragments that came before the first one at hand. */
  private countWaited(slot: number, direction: 0 | 1): void {
    const { view } = this;
    this.table.count(slot, direction, view.waitedPackets, view.waitedBytes);
    this.counters.flowPackets += view.waitedPackets;
  }

  /** Shows the packet in the view to the fingerprints, and tells the listener what is new. */
  private observe(slot: number, direction: 0 | 1): void {
    const { view, payload, fingerprints, table } = this;
    const row = slot * ROW_WORDS;
    const { words, details } = table;
    const evidenceAt = slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE;
    const before = words[row + FlowWord.OWN_FINDING]!;
    const held = words[row + FlowWord.HANDLE]!;
    // Flows in which nothing was found are most: their details stay unread.
    const evidence = before === NO_FINDING ? fingerprints.evidenceOf(held) : details[evidenceAt]!;
    const notesBefore = fingerprints.evidenceLog.changes;
    payload.direction = direction;
    payload.timeUs = this.clock.timeUs;
    payload.packet = this.packet;
    let handle: number;
    if (view.transport === Transport.TCP) {
      handle = this.streams.observe(view, payload, slot, evidence);
    } else {
      takeDatagram(view, payload);
      handle = fingerprints.observe(payload, held, before, evidence);
    }
    words[row + FlowWord.HANDLE] = handle;
    if (fingerprints.evidence !== evidence) details[evidenceAt] = fingerprints.evidence;
    words[row + FlowWord.OWN_FINDING] = fingerprints.finding;
    const { holder } = fingerprints;
    if (holder === FingerprintId.NONE) return;
    // A transport message of a flow that is not confirmed yet may be one of a tunnel that has moved here.
    const isConfirmed = findingStage(fingerprints.finding) === Stage.CONFIRMED;
    const receiver = holder === FingerprintId.WIREGUARD && !isConfirmed ? transportReceiver(payload) : 0;
    if (
      fingerprints.finding !== before ||
      fingerprints.isKeyNew ||
      receiver !== 0 ||
      fingerprints.evidenceLog.changes !== notesBefore
    )
      this.tell(slot, direction, receiver);
  }

  private tell(slot: number, direction: 0 | 1, receiver: number): void {
    const { detection, fingerprints } = this;
    detection.timeUs = this.clock.timeUs;
    detection.packet = this.packet;
    detection.direction = direction;
    detection.holder = fingerprints.holder;
    detection.finding = fingerprints.finding;
    detection.keyHigh = fingerprints.keyHigh;
    detection.keyLow = fingerprints.keyLow;
    detection.receiver = receiver;
    this.table.words[slot * ROW_WORDS + FlowWord.TRANSPORT]! |= FlowFlag.REPORTED;
    this.listener.onDetection(slot, detection);
  }

  private expire(now: number): void {
    const { wheel, table, listener, ending } = this;
    while (wheel.next(now)) {
      const { due } = wheel;
      ending.begin(due.count);
      for (let i = 0; i < due.count; i++) {
        const slot = due.slots[i]!;
        const dueAt = table.numbers[(slot * ROW_WORDS + FlowWord.TOUCHED) >> 1]! + this.timeoutOf(slot);
        if (dueAt > now) {
          this.countHalf(slot);
          wheel.atUs = dueAt;
          wheel.schedule(slot);
        } else if (listener.wantsFlowEnd(slot)) {
          ending.add(slot, due.firstPackets[i]!);
        } else {
          this.letGo(slot, this.idleEndOf(slot));
          table.remove(slot);
        }
      }
      ending.sort();
      for (let i = 0; i < ending.count; i++) {
        const slot = ending.slots[i]!;
        const reason = this.idleEndOf(slot);
        listener.ended(slot, reason, wheel.bucket);
        this.letGo(slot, reason);
        table.remove(slot);
      }
    }
  }

  private countHalf(slot: number): void {
    if (this.halves.isHalf(slot)) this.counters.splitFlows++;
  }

  private timeoutOf(slot: number): number {
    if (this.isClosed(slot)) return CLOSED_TIMEOUT_US;
    const isNothing = this.table.words[slot * ROW_WORDS + FlowWord.OWN_FINDING] === NO_FINDING;
    return isNothing ? IDLE_TIMEOUT_US : FOUND_IDLE_TIMEOUT_US;
  }

  private idleEndOf(slot: number): FlowEnd {
    return this.isClosed(slot) ? FlowEnd.CLOSED : FlowEnd.TIMEOUT;
  }

  private isClosed(slot: number): boolean {
    return (this.table.words[slot * ROW_WORDS + FlowWord.TRANSPORT]! & FlowFlag.CLOSED) !== 0;
  }

  /** Gives back what a flow holds that the wheel no longer does, and that is about to leave the table. */
  private letGo(slot: number, reason: FlowEnd): void {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    const handle = words[row + FlowWord.HANDLE]!;
    // What nobody holds and nothing was found in has no evidence: its details stay unread.
    if (handle > 0 || words[row + FlowWord.OWN_FINDING] !== NO_FINDING)
      this.fingerprints.release(handle, details[detail + FlowDetail.OWN_EVIDENCE]!);
    if ((words[row + FlowWord.TRANSPORT]! & FlowFlag.STREAM) !== 0) this.streams.release(slot);
    this.countHalf(slot);
    this.counters.flowsEnded[reason]!++;
  }
}
