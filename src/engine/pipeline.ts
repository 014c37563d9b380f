/**
 * The one loop: takes batches, decodes each packet, finds or starts its flow, shows it to the fingerprints while they want to
 * see it, and tells the listener what flows' own packets say, of packets of flows that have a decision, and of flows' ends.
 *
 * Every packet ends in exactly one place: its flow, or the counter of the reason why it reached none.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';
import { Outcome } from '../enforcement/outcome.ts';
import { Claim, type FingerprintSet, RETIRED } from '../fingerprint/fingerprint-set.ts';
import { findingStage, NO_FINDING, Stage } from '../fingerprint/finding.ts';
import { Payload } from '../fingerprint/payload.ts';
import { LONGEST_HANDSHAKE, transportReceiver } from '../fingerprint/wireguard.ts';
import { Eviction } from '../flow/eviction.ts';
import {
  DETAIL_WORDS,
  FlowDetail,
  FlowFlag,
  type FlowTable,
  FlowWord,
  LOOK_AHEAD,
  NO_FLOW,
  ROW_WORDS,
} from '../flow/flow-table.ts';
import { slotsByFirstPacket } from '../flow/flow-order.ts';
import { IdleWheel } from '../flow/idle-wheel.ts';
import { PacketClock } from '../flow/packet-clock.ts';
import { DecodeStatus } from '../wire/decode-status.ts';
import { Fragment, PacketView, Transport } from '../wire/packet-view.ts';
import { Counters, FlowEnd } from './counters.ts';
import { takeDatagram } from './datagram.ts';
import { Intake, WAITS } from './intake.ts';
import { News } from './news.ts';
import type { SafetyGuard } from './safety-guard.ts';
import { StreamObserver } from './stream-observer.ts';

/** What the loop tells: slots are valid during the call only. */
export interface FlowListener {
  /** The flow's own packets have said something new. */
  heard(slot: number, news: News): void;
  /** A packet of a flow that has a decision; returns what becomes of it. */
  packet(slot: number, wireLength: number, packet: number): Outcome;
  /** How late the last packet leaves whose outcome was DELAYED, microseconds. */
  readonly delayUs: number;
  /** The flow ends; it leaves the table after the call. */
  ended(slot: number, reason: FlowEnd): void;
}

/** A flow without a finding ends after this long without a packet, one with a finding later, a closed connection sooner. */
const IDLE_TIMEOUT_US = 120_000_000;
const FOUND_IDLE_TIMEOUT_US = 3_600_000_000;
const CLOSED_TIMEOUT_US = 10_000_000;

/** Takes every packet with its outcome: writers of captures. */
export interface PacketSink {
  packet(batch: PacketBatch, row: number, outcome: Outcome, delayUs: number): void;
}

export class Pipeline {
  readonly counters = new Counters();
  readonly table: FlowTable;
  readonly fingerprints: FingerprintSet;

  private readonly listener: FlowListener;
  private readonly packetSink: PacketSink | null;
  private readonly guard: SafetyGuard | null;
  private readonly intake: Intake;
  /** Packets decoded ahead, how each ended, and the one whose turn it is. */
  private readonly views = Array.from({ length: LOOK_AHEAD }, () => new PacketView());
  private readonly statuses = new Uint8Array(LOOK_AHEAD);
  private view = this.views[0]!;
  private readonly payload = new Payload();
  private readonly news = new News();
  private readonly clock = new PacketClock();
  private readonly wheel: IdleWheel;
  private readonly eviction: Eviction;
  private readonly streams: StreamObserver;

  constructor(
    table: FlowTable,
    fingerprints: FingerprintSet,
    listener: FlowListener,
    packetSink: PacketSink | null = null,
    guard: SafetyGuard | null = null,
  ) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.listener = listener;
    this.packetSink = packetSink;
    this.guard = guard;
    this.intake = new Intake(table.seed);
    this.wheel = new IdleWheel(table);
    this.eviction = new Eviction(table);
    this.streams = new StreamObserver(table, fingerprints);
  }

  process(batch: PacketBatch): void {
    const { views, statuses, intake } = this;
    for (let row = 0; row < batch.count; row += LOOK_AHEAD) {
      const count = Math.min(LOOK_AHEAD, batch.count - row);
      // Decoded ahead of their turn, so that their flows are at hand when it comes.
      for (let i = 0; i < count; i++) statuses[i] = intake.take(batch, row + i, views[i]!);
      this.table.lookAhead(views, count);
      for (let i = 0; i < count; i++) this.processPacket(batch, row + i, i);
    }
    intake.settle(this.counters, false);
  }

  /** Ends all flows, in the order of their first packets: the capture is over. */
  finish(): void {
    this.intake.settle(this.counters, true);
    for (const slot of slotsByFirstPacket(this.table)) this.end(slot, FlowEnd.SHUTDOWN);
    this.wheel.clear();
    this.table.clear();
    this.counters.streamsRefused = this.streams.streams.refusedCount;
  }

  private processPacket(batch: PacketBatch, row: number, i: number): void {
    const { counters } = this;
    const timeUs = batch.timeUs[row]!;
    const wireLength = batch.wireLength[row]!;
    counters.packets++;
    counters.octets += wireLength;
    if (counters.packets === 1) counters.firstTimeUs = timeUs;
    counters.lastTimeUs = timeUs;
    const { clock } = this;
    clock.timeUs = timeUs;
    clock.step();
    if (clock.now >= this.wheel.nextUs) this.expire(clock.now);
    this.view = this.views[i]!;
    const slot = this.flowOf(this.statuses[i]!, wireLength);
    let outcome: Outcome = Outcome.FORWARDED;
    if (slot !== NO_FLOW) this.guard?.see(this.table, slot, timeUs);
    if (slot !== NO_FLOW && this.table.words[slot * ROW_WORDS + FlowWord.DECISION] !== 0) {
      outcome = this.listener.packet(slot, wireLength, counters.packets);
    }
    counters.outcomePackets[outcome]!++;
    counters.outcomeOctets[outcome]! += wireLength;
    this.packetSink?.packet(batch, row, outcome, outcome === Outcome.DELAYED ? this.listener.delayUs : 0);
  }

  /** Takes the packet in the view to its flow, and returns that; NO_FLOW where it reached none and was counted as that. */
  private flowOf(status: number, wireLength: number): number {
    const { view } = this;
    if (status !== DecodeStatus.OK) {
      if (status !== WAITS) this.counters.notDecoded[status]!++;
      return NO_FLOW;
    }
    let slot = this.table.findAhead(view);
    if (view.fragment === Fragment.LATER) return this.countFragment(slot, wireLength);
    if (slot === NO_FLOW) slot = this.start();
    const { direction } = this.table;
    this.countPacket(slot, direction, wireLength);
    if (view.fragment === Fragment.FIRST && view.waitedPackets > 0) this.countWaited(slot, direction);
    const row = slot * ROW_WORDS;
    if (view.transport === Transport.TCP) this.streams.noteFlags(view, slot, direction);
    if (this.table.words[row + FlowWord.HANDLE] !== RETIRED && view.payloadCaptured > 0 && this.isWatched(row)) {
      this.observe(slot, direction);
    }
    return slot;
  }

  /** Of a confirmed flow only handshakes are looked at: they renew what a roaming peer is known by. */
  private isWatched(row: number): boolean {
    const isConfirmed = findingStage(this.table.words[row + FlowWord.OWN_FINDING]!) === Stage.CONFIRMED;
    return !isConfirmed || this.view.payloadLength <= LONGEST_HANDSHAKE;
  }

  /** Adds the flow that the table has just missed. */
  private start(): number {
    const { table, view, clock } = this;
    if (table.full) {
      const oldest = this.eviction.longestIdle();
      this.wheel.remove(oldest);
      this.end(oldest, FlowEnd.EVICTED);
      table.remove(oldest);
      // The gap that the miss found may have moved.
      table.findAhead(view);
    }
    const slot = table.insert(view);
    const detail = slot * DETAIL_WORDS;
    table.detailNumbers[(detail + FlowDetail.FIRST_TIME) >> 1] = clock.timeUs;
    table.detailNumbers[(detail + FlowDetail.FIRST_PACKET) >> 1] = this.counters.packets;
    table.numbers[(slot * ROW_WORDS + FlowWord.TOUCHED) >> 1] = clock.now;
    this.counters.flowsStarted++;
    // The first look comes early, for the many connections that are over by then.
    this.wheel.atUs = clock.now + CLOSED_TIMEOUT_US;
    this.wheel.schedule(slot);
    return slot;
  }

  private countPacket(slot: number, direction: 0 | 1, wireLength: number): void {
    const { words, numbers } = this.table;
    const row = slot * ROW_WORDS;
    words[row + FlowWord.PACKETS + direction]!++;
    this.table.addOctets(slot, direction, wireLength);
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
    const { view, table } = this;
    table.words[slot * ROW_WORDS + FlowWord.PACKETS + direction]! += view.waitedPackets;
    table.addOctets(slot, direction, view.waitedOctets);
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
    // Flows that nobody holds and that have no finding are most, and have no evidence: their details stay unread.
    const evidence = held <= 0 && before === NO_FINDING ? 0 : details[evidenceAt]!;
    const notesBefore = fingerprints.evidenceLog.changes;
    payload.direction = direction;
    payload.timeUs = this.clock.timeUs;
    payload.packet = this.counters.packets;
    let handle: number;
    if (view.transport === Transport.TCP) {
      handle = this.streams.observe(view, payload, slot);
    } else {
      takeDatagram(view, payload);
      handle = fingerprints.observe(payload, held, before, evidence);
    }
    words[row + FlowWord.HANDLE] = handle;
    if (fingerprints.evidence !== evidence) details[evidenceAt] = fingerprints.evidence;
    words[row + FlowWord.OWN_FINDING] = fingerprints.finding;
    const { holder } = fingerprints;
    if (holder === Claim.NONE) return;
    // A transport message of a flow that is not confirmed yet may be one of a tunnel that has moved here.
    const isConfirmed = findingStage(fingerprints.finding) === Stage.CONFIRMED;
    const receiver = holder === Claim.WIREGUARD && !isConfirmed ? transportReceiver(payload) : 0;
    if (
      fingerprints.finding !== before ||
      fingerprints.isKeyNew ||
      receiver !== 0 ||
      fingerprints.evidenceLog.changes !== notesBefore
    )
      this.tell(slot, direction, receiver);
  }

  private tell(slot: number, direction: 0 | 1, receiver: number): void {
    const { news, fingerprints } = this;
    news.timeUs = this.clock.timeUs;
    news.packet = this.counters.packets;
    news.direction = direction;
    news.holder = fingerprints.holder;
    news.finding = fingerprints.finding;
    news.keyHigh = fingerprints.keyHigh;
    news.keyLow = fingerprints.keyLow;
    news.receiver = receiver;
    this.listener.heard(slot, news);
  }

  private expire(now: number): void {
    const { wheel, table } = this;
    while (wheel.next(now)) {
      for (let i = 0; i < wheel.dueCount; i++) {
        const slot = wheel.dueSlots[i]!;
        const row = slot * ROW_WORDS;
        const closed = (table.words[row + FlowWord.TRANSPORT]! & FlowFlag.CLOSED) !== 0;
        const timeout = closed
          ? CLOSED_TIMEOUT_US
          : table.words[row + FlowWord.OWN_FINDING] === NO_FINDING
            ? IDLE_TIMEOUT_US
            : FOUND_IDLE_TIMEOUT_US;
        const dueAt = table.numbers[(row + FlowWord.TOUCHED) >> 1]! + timeout;
        if (dueAt <= now) {
          this.end(slot, closed ? FlowEnd.CLOSED : FlowEnd.TIMEOUT);
          table.remove(slot);
        } else {
          wheel.atUs = dueAt;
          wheel.schedule(slot);
        }
      }
    }
  }

  /** Ends a flow that the wheel no longer holds, and that is about to leave the table. */
  private end(slot: number, reason: FlowEnd): void {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    this.listener.ended(slot, reason);
    const handle = words[row + FlowWord.HANDLE]!;
    // What nobody holds and nothing was found in has no evidence: its details stay unread.
    if (handle > 0 || words[row + FlowWord.OWN_FINDING] !== NO_FINDING)
      this.fingerprints.release(handle, details[detail + FlowDetail.OWN_EVIDENCE]!);
    const isTcp = (words[row + FlowWord.TRANSPORT]! & 255) === Transport.TCP;
    if (isTcp && details[detail + FlowDetail.STREAM] !== 0) this.streams.release(slot);
    this.counters.flowsEnded[reason]!++;
  }
}
