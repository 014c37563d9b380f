/**
 * The one loop: takes batches, decodes each packet, finds or starts its flow, shows it to the fingerprints while they want to
 * see it, and tells the listener of findings, of packets of flows that have one, and of flows' ends.
 *
 * Every packet ends in exactly one place: its flow, or the counter of the reason why it reached none.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';
import { Outcome } from '../enforcement/outcome.ts';
import { Claim, type FingerprintSet, isUnclaimed, RETIRED } from '../fingerprint/fingerprint-set.ts';
import { findingStage, NO_FINDING, Stage } from '../fingerprint/finding.ts';
import { Payload, UNASKED } from '../fingerprint/payload.ts';
import { isSessionData, LONGEST_HANDSHAKE } from '../fingerprint/wireguard.ts';
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
import { hashKey } from '../flow/flow-key.ts';
import { Fragments } from '../flow/fragments.ts';
import { slotsByFirstPacket } from '../flow/flow-order.ts';
import { IdleWheel } from '../flow/idle-wheel.ts';
import { PacketClock } from '../flow/packet-clock.ts';
import { decode } from '../wire/decode.ts';
import type { DecodedPackets } from '../wire/decoded-packets.ts';
import { DecodeStatus } from '../wire/decode-status.ts';
import { Fragment, PacketView, Transport } from '../wire/packet-view.ts';
import { Counters, FlowEnd } from './counters.ts';
import { takeDatagram } from './datagram.ts';
import type { SafetyGuard } from './safety-guard.ts';
import type { SettledFlows } from './settled-flows.ts';
import { StreamObserver } from './stream-observer.ts';
import type { Tunnels } from './tunnels.ts';

/** What the loop tells: slots are valid during the call only. */
export interface FlowListener {
  /** The flow's finding is new or has changed. */
  found(slot: number, timeUs: number, packet: number): void;
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
  /** Told of flows for which not all fingerprints are asked any more, where another thread wants to know. */
  settled: SettledFlows | null = null;

  private readonly tunnels: Tunnels;
  private readonly listener: FlowListener;
  private readonly packetSink: PacketSink | null;
  private readonly guard: SafetyGuard | null;
  /** Packets decoded ahead, how each ended, and the one whose turn it is. */
  private readonly views = Array.from({ length: LOOK_AHEAD }, () => new PacketView());
  private readonly statuses = new Uint8Array(LOOK_AHEAD);
  private readonly claims = new Int32Array(LOOK_AHEAD).fill(UNASKED);
  private place = 0;
  private view = this.views[0]!;
  private readonly payload = new Payload();
  private readonly clock = new PacketClock();
  private readonly wheel: IdleWheel;
  private readonly eviction: Eviction;
  private readonly fragments: Fragments;
  private readonly streams: StreamObserver;

  constructor(
    table: FlowTable,
    fingerprints: FingerprintSet,
    tunnels: Tunnels,
    listener: FlowListener,
    packetSink: PacketSink | null = null,
    guard: SafetyGuard | null = null,
  ) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.tunnels = tunnels;
    this.listener = listener;
    this.packetSink = packetSink;
    this.guard = guard;
    this.wheel = new IdleWheel(table);
    this.eviction = new Eviction(table);
    this.fragments = new Fragments(table);
    this.streams = new StreamObserver(table, fingerprints);
  }

  /** Runs a batch through, which another thread may have decoded already, with the table's seed. */
  process(batch: PacketBatch, decoded: DecodedPackets | null = null): void {
    for (let row = 0; row < batch.count; row += LOOK_AHEAD) {
      const count = Math.min(LOOK_AHEAD, batch.count - row);
      if (decoded === null) this.decodeGroup(batch, row, count);
      else this.loadGroup(batch, decoded, row, count);
      this.table.lookAhead(this.views, count);
      for (let i = 0; i < count; i++) this.processPacket(batch, row + i, i);
    }
    this.settleFragments();
  }

  /** Ends all flows, in the order of their first packets: the capture is over. */
  finish(): void {
    this.fragments.giveUp();
    this.settleFragments();
    for (const slot of slotsByFirstPacket(this.table)) this.end(slot, FlowEnd.SHUTDOWN);
    this.wheel.clear();
    this.table.clear();
    this.counters.streamsRefused = this.streams.streams.refusedCount;
  }

  private settleFragments(): void {
    this.counters.notDecoded[DecodeStatus.FRAGMENT_WITHOUT_FIRST]! += this.fragments.takeOrphans();
    this.counters.fragmentOverlaps = this.fragments.overlapCount;
  }

  /** Decodes packets ahead of their turn, so that their flows are at hand when it comes. */
  private decodeGroup(batch: PacketBatch, from: number, count: number): void {
    const { views, statuses } = this;
    const { seed } = this.table;
    for (let i = 0; i < count; i++) {
      const view = views[i]!;
      const row = from + i;
      view.begin(batch.data, batch.at[row]!, batch.capturedLength[row]!, batch.wireLength[row]!);
      statuses[i] = decode(view, batch.linkType[row]!);
      hashKey(view, seed);
    }
  }

  private loadGroup(batch: PacketBatch, decoded: DecodedPackets, from: number, count: number): void {
    const { views, statuses, claims } = this;
    for (let i = 0; i < count; i++) {
      const view = views[i]!;
      const row = from + i;
      view.data = batch.data;
      statuses[i] = decoded.load(row, view);
      claims[i] = decoded.claims(row);
      if (view.fragment === Fragment.NONE) continue;
      view.begin(batch.data, batch.at[row]!, batch.capturedLength[row]!, batch.wireLength[row]!);
      decode(view, batch.linkType[row]!);
    }
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
    this.place = i;
    this.view = this.views[i]!;
    const slot = this.flowOf(this.statuses[i]! as DecodeStatus, wireLength);
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
  private flowOf(status: DecodeStatus, wireLength: number): number {
    const { view } = this;
    if (status !== DecodeStatus.OK) {
      this.counters.notDecoded[status]!++;
      return NO_FLOW;
    }
    if (view.fragment === Fragment.LATER) {
      const tied = this.fragments.later(view, wireLength, this.clock.second);
      if (tied !== NO_FLOW) this.countPacket(tied, this.fragments.direction, wireLength);
      return tied;
    }
    let slot = this.table.findAhead(view);
    if (slot === NO_FLOW) slot = this.start();
    const { direction } = this.table;
    this.countPacket(slot, direction, wireLength);
    if (view.fragment === Fragment.FIRST) this.tieFragments(slot, direction);
    const row = slot * ROW_WORDS;
    if (view.transport === Transport.TCP) this.streams.noteFlags(view, slot, direction);
    if (this.table.words[row + FlowWord.HANDLE] !== RETIRED && view.payloadCaptured > 0 && this.isWatched(row)) {
      this.observe(slot, direction);
    }
    return slot;
  }

  /** Of a confirmed flow only handshakes are looked at: they renew what a roaming peer is known by. */
  private isWatched(row: number): boolean {
    if (findingStage(this.table.words[row + FlowWord.FINDING]!) !== Stage.CONFIRMED) return true;
    const { data, payloadAt, payloadCaptured, payloadLength } = this.view;
    return payloadLength <= LONGEST_HANDSHAKE && !isSessionData(data, payloadAt, payloadCaptured);
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
    this.settled?.remove(view.flowHash);
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

  private tieFragments(slot: number, direction: 0 | 1): void {
    const { fragments, table } = this;
    fragments.first(this.view, slot, direction, this.clock.second);
    if (fragments.waitedPackets === 0) return;
    const row = slot * ROW_WORDS;
    table.words[row + FlowWord.PACKETS + direction]! += fragments.waitedPackets;
    table.addOctets(slot, direction, fragments.waitedOctets);
    this.counters.flowPackets += fragments.waitedPackets;
  }

  /** Shows the packet in the view to the fingerprints, and the listener what they make of it. */
  private observe(slot: number, direction: 0 | 1): void {
    const { view, payload, fingerprints, table } = this;
    const { timeUs } = this.clock;
    const row = slot * ROW_WORDS;
    const { words, details } = table;
    const detail = slot * DETAIL_WORDS;
    const before = words[row + FlowWord.FINDING]!;
    const held = words[row + FlowWord.HANDLE]!;
    // Flows in which nothing was found are most: their details stay unread.
    const evidence = before === NO_FINDING ? fingerprints.evidenceOf(held) : details[detail + FlowDetail.EVIDENCE]!;
    payload.direction = direction;
    payload.timeUs = timeUs;
    payload.packet = this.counters.packets;
    let handle: number;
    if (view.transport === Transport.TCP) {
      handle = this.streams.observe(view, payload, slot);
    } else {
      takeDatagram(view, payload);
      payload.claims = this.claims[this.place]!;
      handle = fingerprints.observe(payload, held, before, evidence);
    }
    words[row + FlowWord.HANDLE] = handle;
    if (this.settled !== null && isUnclaimed(handle) !== isUnclaimed(held)) this.tellSettled(handle);
    if (fingerprints.evidence !== evidence) details[detail + FlowDetail.EVIDENCE] = fingerprints.evidence;
    if (fingerprints.holder !== Claim.NONE) this.tunnels.follow(slot, payload);
    if (words[row + FlowWord.FINDING] === before) return;
    this.listener.found(slot, timeUs, payload.packet);
    for (const raised of this.tunnels.raisedSlots) this.listener.found(raised, timeUs, payload.packet);
  }

  private tellSettled(handle: number): void {
    if (isUnclaimed(handle)) this.settled?.remove(this.view.flowHash);
    else this.settled?.add(this.view.flowHash);
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
          : table.words[row + FlowWord.FINDING] === NO_FINDING
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
    // What nobody holds and nothing was found in is in no tunnel and has no evidence: its details stay unread.
    if (handle > 0 || words[row + FlowWord.FINDING] !== NO_FINDING) {
      this.tunnels.leave(slot);
      this.fingerprints.release(handle, details[detail + FlowDetail.EVIDENCE]!);
    }
    const isTcp = (words[row + FlowWord.TRANSPORT]! & 255) === Transport.TCP;
    if (isTcp && details[detail + FlowDetail.STREAM] !== 0) this.streams.release(slot);
    this.counters.flowsEnded[reason]!++;
  }
}
