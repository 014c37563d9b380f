/**
 * Brings the fingerprints what TCP connections begin with: puts the first bytes of each direction in order where one
 * segment does not settle it, and has them read (prefix-reader). Connections seen from the
 * middle, and those whose segments a snap length cuts, are followed record by record (joined-streams).
 */
import { isRecordStart, Opening, opening, openingRecord, StreamPhase } from './fingerprint/first-records';
import { findingStage, Stage } from './fingerprint/finding';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { FingerprintId, RETIRED } from './fingerprint/holder';
import { Payload } from './fingerprint/payload';
import { FlowDetails, FlowFlag, FlowRow } from './flow/flow-row';
import { FlowTable } from './flow/flow-table';
import { Invariant } from './flow/invariant';
import { TcpPrefixBuffer } from './flow/tcp-prefix-buffer';
import { JoinedStreams } from './joined-streams';
import { PrefixReader } from './prefix-reader';
import { PacketView } from './wire/packet-view';
import { TcpFlag, TURNING_FLAGS } from './wire/tcp';

/** Segments that may be put in order before a connection is given up. */
const SEGMENT_LIMIT: i32 = 512;
/** Flags of a flow that belong to one connection. */
const CONNECTION_FLAGS: u32 =
  FlowFlag.SYN_LOW | FlowFlag.SYN_HIGH | FlowFlag.FIN_LOW | FlowFlag.FIN_HIGH | FlowFlag.CLOSED;
const FINS: u32 = FlowFlag.FIN_LOW | FlowFlag.FIN_HIGH;

/** An answer that is no handle. */
const NEEDS_PLACE: i32 = -2_000_000;

@final
export class StreamObserver {
  readonly streams: TcpPrefixBuffer;
  readonly joined: JoinedStreams;
  private readonly reader: PrefixReader;
  private readonly table: FlowTable;
  private readonly fingerprints: FingerprintSet;

  constructor(table: FlowTable, fingerprints: FingerprintSet) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.joined = new JoinedStreams(fingerprints);
    const streams = new TcpPrefixBuffer();
    this.streams = streams;
    this.reader = new PrefixReader(streams, fingerprints);
  }

  /** Takes all places back: the capture is over. */
  clear(): void {
    this.streams.clear();
    this.joined.chain.clear();
  }

  /** Follows SYN, FIN and RST. */
  noteFlags(view: PacketView, slot: i32): void {
    const flags = view.tcpFlags;
    if ((flags & TURNING_FLAGS) == 0) return;
    const row = this.table.rows.row(slot);
    const direction: i32 = view.direction;
    if ((flags & TcpFlag.SYN) != 0) {
      const first = view.tcpSequence + 1;
      if ((flags & TcpFlag.ACK) == 0 && this.isAnother(slot, direction, first)) this.beginAgain(slot);
      row.transport |= synFlag(direction);
      setFirstSequence(this.table.rows.details(slot), direction, first);
    }
    if ((flags & TcpFlag.FIN) != 0) row.transport |= (<u32>FlowFlag.FIN_LOW) << direction;
    if ((flags & TcpFlag.RST) != 0 || (row.transport & FINS) == FINS) row.transport |= <u32>FlowFlag.CLOSED;
  }

  /**
   * Whether a SYN, of sequence number `first` - 1, is no repetition: it opens a connection between the ports of an
   * earlier one.
   */
  private isAnother(slot: i32, direction: i32, first: u32): bool {
    const row = this.table.rows.row(slot);
    if (row.handle == 0 || findingStage(row.ownFinding) == Stage.CONFIRMED) return false;
    const sawSyn = (row.transport & synFlag(direction)) != 0;
    return !sawSyn || firstSequenceOf(this.table.rows.details(slot), direction) != first;
  }

  /** Forgets what was seen of the earlier connection, but not what was found in it. */
  private beginAgain(slot: i32): void {
    const row = this.table.rows.row(slot);
    const details = this.table.rows.details(slot);
    const fingerprints = this.fingerprints;
    this.release(slot);
    fingerprints.finding = row.ownFinding;
    fingerprints.evidence = details.ownEvidence;
    fingerprints.retire(row.handle);
    details.ownEvidence = fingerprints.evidence;
    row.handle = 0;
    row.transport &= ~CONNECTION_FLAGS;
    details.firstSequence0 = 0;
    details.firstSequence1 = 0;
  }

  /**
   * Looks at a segment with data of a connection, of a retired one where the segment begins with a control packet.
   * `payload` holds time, packet number and direction; its bytes are set here; `evidence` is the flow's own. Leaves
   * finding and evidence in the fingerprint set and returns the flow's new handle.
   */
  observe(view: PacketView, payload: Payload, slot: i32, evidence: i32): i32 {
    const row = this.table.rows.row(slot);
    const direction = payload.direction;
    const fingerprints = this.fingerprints;
    // Most segments are shown to no fingerprint: the one that held the packet before holds nothing of this one.
    fingerprints.holder = FingerprintId.NONE;
    fingerprints.finding = row.ownFinding;
    fingerprints.evidence = evidence;
    // Data in a SYN (RFC 7413) begins after it.
    const sequence = (view.tcpFlags & TcpFlag.SYN) != 0 ? view.tcpSequence + 1 : view.tcpSequence;
    // The details of most stay unread.
    let place = (row.transport & FlowFlag.STREAM) == 0 ? 0 : <i32>this.table.rows.details(slot).stream;
    if ((row.transport & FlowFlag.CHAIN) != 0 || row.handle == RETIRED)
      return this.observeJoined(view, payload, slot, sequence, place);
    const isCut = view.payloadCaptured < view.payloadLength;
    if (place == 0) {
      const decided = this.lookAtFirstSegment(view, payload, slot, sequence);
      if (decided != NEEDS_PLACE) return decided;
      if (isCut && openingRecord(view.payloadAt, view.payloadCaptured) == Opening.OPENVPN)
        return this.observeJoined(view, payload, slot, sequence, 0);
      place = this.streams.take(this.table.rows.partitionOf(slot));
      if (place == 0) return this.giveUp(row, row.handle);
      this.table.rows.details(slot).stream = place;
      row.transport |= <u32>FlowFlag.STREAM;
    } else if (isCut && this.reader.isOfOpenvpn(place)) {
      return this.observeJoined(view, payload, slot, sequence, this.joinAt(slot, place));
    }
    if (!this.streams.hasBase(place, direction))
      this.streams.setBase(place, direction, this.firstSequence(slot, direction, sequence));
    const before = this.streams.inOrder(place, direction);
    const now = this.streams.push(place, direction, sequence, view.payloadAt, view.payloadCaptured);
    let handle = row.handle;
    if (now > before) {
      const first = firstSequenceOf(this.table.rows.details(slot), direction);
      handle = this.reader.readRecords(payload, place, handle, isClient(row, direction), first);
    }
    if (this.streams.segmentCount(place) > SEGMENT_LIMIT) handle = this.giveUp(row, handle);
    if (handle == RETIRED) this.release(slot);
    return handle;
  }

  /** Sequence number of the direction's first byte: after its SYN, or of the first segment that is looked at. */
  private firstSequence(slot: i32, direction: i32, sequence: u32): u32 {
    const details = this.table.rows.details(slot);
    const sawSyn = (this.table.rows.row(slot).transport & synFlag(direction)) != 0;
    if (sawSyn) return firstSequenceOf(details, direction);
    if (firstSequenceOf(details, direction) == 0) setFirstSequence(details, direction, sequence);
    return sequence;
  }

  /**
   * Hands a stream over to be followed record by record from where it was read to. Returns its place there, 0 for none.
   */
  private joinAt(slot: i32, place: i32): i32 {
    const streams = this.streams;
    const chain = this.joined.chain;
    const joined = chain.take(this.table.rows.partitionOf(slot));
    for (let direction = 0; direction < 2 && joined != 0; direction++) {
      if (!streams.hasBase(place, direction)) continue;
      chain.expect(joined, direction, streams.base(place, direction) + <u32>streams.cursor(place, direction));
    }
    this.release(slot);
    return joined;
  }

  /** Follows the records of a connection whose beginning was not seen, or is cut. `place` is where, 0 for a new one. */
  private observeJoined(view: PacketView, payload: Payload, slot: i32, sequence: u32, place: i32): i32 {
    const row = this.table.rows.row(slot);
    const details = this.table.rows.details(slot);
    const direction = payload.direction;
    const isFromStart = (row.transport & synFlag(direction)) != 0;
    this.firstSequence(slot, direction, sequence);
    const first = firstSequenceOf(details, direction);
    const partition = this.table.rows.partitionOf(slot);
    const handle = this.joined.observe(view, payload, place, partition, sequence, first, row.handle, isFromStart);
    const after = this.joined.placeAfter;
    if (after != 0) {
      details.stream = after;
      row.transport |= <u32>(FlowFlag.STREAM | FlowFlag.CHAIN);
    }
    if (handle == RETIRED) this.release(slot);
    return handle;
  }

  /**
   * Retires a connection whose beginning could not be put together: it is one that was joined in the middle from now
   * on.
   */
  private giveUp(row: FlowRow, handle: i32): i32 {
    row.transport &= ~(<u32>(FlowFlag.SYN_LOW | FlowFlag.SYN_HIGH));
    return this.fingerprints.retire(handle);
  }

  /** Gives back what an ended or decided connection holds. */
  release(slot: i32): void {
    const row = this.table.rows.row(slot);
    const flags = row.transport;
    if ((flags & FlowFlag.STREAM) == 0) return;
    row.transport = flags & ~(<u32>(FlowFlag.STREAM | FlowFlag.CHAIN));
    const place = <i32>this.table.rows.details(slot).stream;
    if ((flags & FlowFlag.CHAIN) != 0) this.joined.chain.release(place);
    else this.streams.release(place);
  }

  /** The invariant that is broken, NONE where all hold. */
  checkInvariants(): Invariant {
    const ofPrefixes = this.streams.checkInvariants();
    return ofPrefixes == Invariant.NONE ? this.joined.chain.checkInvariants() : ofPrefixes;
  }

  /** Most connections end here: their first segment begins like nothing of ours. */
  private lookAtFirstSegment(view: PacketView, payload: Payload, slot: i32, sequence: u32): i32 {
    const row = this.table.rows.row(slot);
    const direction = payload.direction;
    const sawSyn = (row.transport & synFlag(direction)) != 0;
    if (sawSyn && firstSequenceOf(this.table.rows.details(slot), direction) != sequence) return NEEDS_PLACE;
    const at: usize = view.payloadAt;
    const captured = view.payloadCaptured;
    // In the middle of a stream, the length of a data record may begin like a proxy's preface.
    const isJoined =
      !sawSyn && (row.handle > 0 || (isRecordStart(at, captured) && openingRecord(at, captured) == Opening.NOTHING));
    if (isJoined) return this.observeJoined(view, payload, slot, sequence, 0);
    if (opening(at, captured, StreamPhase.START, isClient(row, direction)) != Opening.NOTHING) return NEEDS_PLACE;
    if (sawSyn) return this.fingerprints.retire(row.handle);
    return this.observeJoined(view, payload, slot, sequence, 0);
  }
}

function synFlag(direction: i32): u32 {
  return (<u32>FlowFlag.SYN_LOW) << direction;
}

/** Whether the packets of a direction are those of the end that began the flow. */
function isClient(row: FlowRow, direction: i32): bool {
  return ((row.transport & FlowFlag.STARTED_HIGH) != 0) == (direction == 1);
}

function firstSequenceOf(details: FlowDetails, direction: i32): u32 {
  return direction == 0 ? details.firstSequence0 : details.firstSequence1;
}

function setFirstSequence(details: FlowDetails, direction: i32, sequence: u32): void {
  if (direction == 0) details.firstSequence0 = sequence;
  else details.firstSequence1 = sequence;
}
