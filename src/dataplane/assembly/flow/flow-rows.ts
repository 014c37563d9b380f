/**
 * The rows of all flows, by slot, and what one row says: its key, its hash, its counts. A row is in three parts
 * (flow-row), each in a region that is reserved for all slots at once and costs memory only once it is touched. Row 0
 * is no flow's.
 */
import { takeRegion } from '../memory';
import { PacketView } from '../wire/packet-view';
import { partitionOfTuple } from '../wire/partition';
import { DETAILS_LENGTH, FlowDetails, FlowFlag, FlowRow, ROW_LENGTH, UPPER_LENGTH, UpperWords } from './flow-row';
import { HashKeys, hashWords } from './flow-key';
import { QUIET_COUNT_LENGTH, QuietCount } from './quiet-count';

/** Bits of a row's `transport` that are part of the key. */
const KEY_BITS: u32 = 255 | FlowFlag.IS_IPV6;

@final
export class FlowRows {
  /** Address of each part's row 0. */
  readonly rowsAt: usize;
  readonly detailsAt: usize;
  readonly upperAt: usize;
  /** Address of a time for each slot, which the host writes: packets of a reported flow before it change nothing. */
  readonly quietTimesAt: usize;
  /** Address of a count of these packets for each slot (QuietCount); 0 where they are not counted. */
  quietCountsAt: usize = 0;
  private readonly rowCount: i32;
  readonly hashKeys: HashKeys;
  /** Slots are 1 to this number; those of them without a flow have transport 0. */
  lastSlot: i32 = 0;

  constructor(rowCount: i32, hashKeys: HashKeys) {
    this.rowsAt = takeRegion(<usize>rowCount * ROW_LENGTH);
    this.detailsAt = takeRegion(<usize>rowCount * DETAILS_LENGTH);
    this.upperAt = takeRegion(<usize>rowCount * UPPER_LENGTH);
    this.quietTimesAt = takeRegion(<usize>rowCount * sizeof<f64>());
    this.hashKeys = hashKeys;
    this.rowCount = rowCount;
  }

  row(slot: i32): FlowRow {
    return changetype<FlowRow>(this.rowsAt + <usize>slot * ROW_LENGTH);
  }

  details(slot: i32): FlowDetails {
    return changetype<FlowDetails>(this.detailsAt + <usize>slot * DETAILS_LENGTH);
  }

  upper(slot: i32): UpperWords {
    return changetype<UpperWords>(this.upperAt + <usize>slot * UPPER_LENGTH);
  }

  quietUntil(slot: i32): f64 {
    return load<f64>(this.quietTimesAt + <usize>slot * sizeof<f64>());
  }

  setQuietUntil(slot: i32, timeUs: f64): void {
    store<f64>(this.quietTimesAt + <usize>slot * sizeof<f64>(), timeUs);
  }

  /** Counts the packets before these times from now on: the address of the first count. */
  countQuiet(): usize {
    if (this.quietCountsAt == 0) this.quietCountsAt = takeRegion(<usize>this.rowCount * QUIET_COUNT_LENGTH);
    return this.quietCountsAt;
  }

  quietCount(slot: i32): QuietCount {
    return changetype<QuietCount>(this.quietCountsAt + <usize>slot * QUIET_COUNT_LENGTH);
  }

  isActive(slot: i32): bool {
    return slot <= this.lastSlot && this.row(slot).transport != 0;
  }

  /** Number of a flow's first packet in its capture: no two flows of a capture have the same. */
  firstPacket(slot: i32): f64 {
    return this.details(slot).firstPacket;
  }

  /** Whether a packet is of a slot's flow; the slot may have been given back since. */
  isOf(slot: i32, view: PacketView): bool {
    return this.row(slot).domain == view.domain && this.hasTuple(slot, view);
  }

  /** Whether a slot's flow has a packet's tuple, whatever the encapsulation of each. */
  hasTuple(slot: i32, view: PacketView): bool {
    const row = this.row(slot);
    const key: u32 = (<u32>view.transport) | (view.isIpv6 ? <u32>FlowFlag.IS_IPV6 : 0);
    return (
      row.lowAddress == view.lowWord &&
      row.highAddress == view.highWord &&
      row.ports == view.keyPorts &&
      (row.transport & KEY_BITS) == key &&
      (!view.isIpv6 || this.hasUpper(slot, view))
    );
  }

  private hasUpper(slot: i32, view: PacketView): bool {
    const upper = this.upper(slot);
    if (view.direction == 0)
      return (
        upper.low2 == view.source2 &&
        upper.high2 == view.destination2 &&
        upper.low1 == view.source1 &&
        upper.high1 == view.destination1 &&
        upper.low0 == view.source0 &&
        upper.high0 == view.destination0
      );
    return (
      upper.high2 == view.source2 &&
      upper.low2 == view.destination2 &&
      upper.high1 == view.source1 &&
      upper.low1 == view.destination1 &&
      upper.high0 == view.source0 &&
      upper.low0 == view.destination0
    );
  }

  /** Writes the row of a packet's flow: all but the key is zero. */
  write(slot: i32, view: PacketView): void {
    const row = this.row(slot);
    row.lowAddress = view.lowWord;
    row.highAddress = view.highWord;
    row.ports = view.keyPorts;
    let flags: u32 = view.direction == 0 ? 0 : <u32>FlowFlag.STARTED_HIGH;
    if (view.isIpv6) flags |= <u32>FlowFlag.IS_IPV6;
    row.transport = (<u32>view.transport) | flags;
    row.domain = view.domain;
    row.handle = 0;
    row.ownFinding = 0;
    zeroWords(changetype<usize>(row) + offsetof<FlowRow>('packets0'), ROW_LENGTH - offsetof<FlowRow>('packets0'));
    const details = this.details(slot);
    zeroWords(changetype<usize>(details), DETAILS_LENGTH);
    details.encapsulation = view.encapsulation;
    details.vlans = view.vlans;
    if (view.isIpv6) this.writeUpper(slot, view);
  }

  private writeUpper(slot: i32, view: PacketView): void {
    const upper = this.upper(slot);
    const isLow = view.direction == 0;
    upper.low0 = isLow ? view.source0 : view.destination0;
    upper.low1 = isLow ? view.source1 : view.destination1;
    upper.low2 = isLow ? view.source2 : view.destination2;
    upper.high0 = isLow ? view.destination0 : view.source0;
    upper.high1 = isLow ? view.destination1 : view.source1;
    upper.high2 = isLow ? view.destination2 : view.source2;
  }

  /** Counts packets, with their bytes on the wire, in a direction. */
  count(slot: i32, direction: i32, packets: u32, bytes: u64): void {
    const row = changetype<usize>(this.row(slot)) + ((<usize>direction) << 2);
    store<u32>(row, load<u32>(row, offsetof<FlowRow>('packets0')) + packets, offsetof<FlowRow>('packets0'));
    const sum: u64 = <u64>load<u32>(row, offsetof<FlowRow>('bytes0')) + bytes;
    store<u32>(row, <u32>sum, offsetof<FlowRow>('bytes0'));
    if (sum >> 32 == 0) return;
    const carried = changetype<usize>(this.details(slot)) + ((<usize>direction) << 2);
    store<u32>(
      carried,
      load<u32>(carried, offsetof<FlowDetails>('bytesCarried0')) + <u32>(sum >> 32),
      offsetof<FlowDetails>('bytesCarried0'),
    );
  }

  /** Bytes on the wire in a direction. */
  bytes(slot: i32, direction: i32): f64 {
    const at = (<usize>direction) << 2;
    const bytes = load<u32>(changetype<usize>(this.row(slot)) + at, offsetof<FlowRow>('bytes0'));
    const carried = load<u32>(changetype<usize>(this.details(slot)) + at, offsetof<FlowDetails>('bytesCarried0'));
    return <f64>(((<u64>carried) << 32) | (<u64>bytes));
  }

  /** The partition of all flows that a flow is in (wire/partition). */
  partitionOf(slot: i32): i32 {
    const row = this.row(slot);
    return partitionOfTuple(row.lowAddress ^ row.highAddress, row.ports);
  }

  /** Hash of a flow's key, as `hashKey` makes it of a packet's. */
  hashOf(slot: i32): u32 {
    return this.hashUnder(slot, this.row(slot).domain);
  }

  /** The same if the flow had another domain. */
  hashUnder(slot: i32, domain: u32): u32 {
    const row = this.row(slot);
    let low = row.lowAddress;
    let high = row.highAddress;
    if ((row.transport & FlowFlag.IS_IPV6) != 0) {
      const upper = this.upper(slot);
      low = hashWords(this.hashKeys, upper.low0, upper.low1, upper.low2, low);
      high = hashWords(this.hashKeys, upper.high0, upper.high1, upper.high2, high);
    }
    return hashWords(this.hashKeys, low, high, row.ports, domain ^ (row.transport & 255));
  }
}

/** Zeroes memory by words of eight bytes: a fill takes longer for so few. */
function zeroWords(at: usize, length: usize): void {
  for (let offset: usize = 0; offset < length; offset += 8) store<u64>(at + offset, 0);
}
