/**
 * Ties IP fragments to the flow of their datagram's first fragment, which alone carries the ports. Nothing is put
 * together: fingerprints see the first fragment, the others are counted with its flow. A fragment that comes before its
 * first one waits as a number, not as bytes.
 *
 * The flow table is not asked: a first fragment leaves the tuple of its flow here, a later one takes it from here.
 * Whether that flow is still there, its table says.
 *
 * Bounded: a fixed number of datagrams, in sets of four by hash; a new one takes the place of its set's oldest. What
 * waits for a first fragment that never comes is given back as orphans, so no packet is lost uncounted.
 */
import { takeRegion, zeroBytes } from '../memory';
import { FragmentHeader } from '../wire/fragment-header';
import { PacketView } from '../wire/packet-view';

const SETS: u32 = 1024;
const WAYS: i32 = 4;
const ENTRIES: i32 = 1024 * WAYS;
/** RFC 791 suggests 15 s for reassembly, RFC 8200 60 s. */
const LIFETIME_US: f64 = 60_000_000;

/** A datagram: what its fragments share, and, once the first has come, the tuple of its flow. */
// @ts-ignore: decorator
@unmanaged
@final
class Datagram {
  source0: u32;
  source1: u32;
  source2: u32;
  source3: u32;
  destination0: u32;
  destination1: u32;
  destination2: u32;
  destination3: u32;
  id: u32;
  protocol: u32;
  domain: u32;
  isUsed: bool;
  hasFirst: bool;
  flowIsIpv6: bool;
  flowTransport: u8;
  flowSource0: u32;
  flowSource1: u32;
  flowSource2: u32;
  flowSource3: u32;
  flowDestination0: u32;
  flowDestination1: u32;
  flowDestination2: u32;
  flowDestination3: u32;
  flowSourcePort: u16;
  flowDestinationPort: u16;
  flowDomain: u32;
  /** Fragments that wait for the first, packets and bytes on the wire, and how far the fragments reach. */
  waiting: u32;
  end: i32;
  waitingBytes: f64;
  /** Packet time of its first fragment seen, and which entry of a set was taken first. */
  timeUs: f64;
  age: f64;
}

const DATAGRAM_LENGTH: usize = 128;

@final
export class Fragments {
  /** Packets that wait for their first fragment now. */
  waitingCount: u32 = 0;
  /** Fragments that overlap what came before: reassemblers disagree about those. */
  overlapCount: f64 = 0;
  private readonly datagramsAt: usize = takeRegion(<usize>ENTRIES * DATAGRAM_LENGTH);
  private taken: f64 = 0;
  /** Packets given up since the last `takeOrphans`. */
  private orphanCount: u32 = 0;

  /** Keeps the tuple of a datagram's first fragment, and hands over, in the view, what waited for it. */
  first(view: PacketView, header: FragmentHeader): void {
    const datagram = this.findOrTake(header, view.timeUs);
    keepFlow(datagram, view);
    view.waitedPackets = datagram.waiting;
    view.waitedBytes = datagram.waitingBytes;
    this.waitingCount -= datagram.waiting;
    datagram.waiting = 0;
    datagram.waitingBytes = 0;
    this.noteExtent(datagram, 0, header.length);
  }

  /**
   * Gives a later fragment the tuple of its datagram's first; false where that has not come: then the packet waits
   * here.
   */
  later(view: PacketView, header: FragmentHeader): bool {
    const datagram = this.findOrTake(header, view.timeUs);
    this.noteExtent(datagram, header.offset, header.length);
    if (datagram.hasFirst) {
      takeFlow(datagram, view);
      return true;
    }
    datagram.waiting++;
    datagram.waitingBytes += <f64>view.wireLength;
    this.waitingCount++;
    return false;
  }

  /** Packets whose first fragment never came, since the last call. */
  takeOrphans(): u32 {
    const count = this.orphanCount;
    this.orphanCount = 0;
    return count;
  }

  /** Gives up everything that waits: at the end of a capture. */
  giveUp(): void {
    for (let entry = 0; entry < ENTRIES; entry++) this.drop(this.datagram(entry));
  }

  /** Begins a capture: nothing has come. */
  clear(): void {
    this.giveUp();
    this.orphanCount = 0;
    this.overlapCount = 0;
    this.taken = 0;
  }

  private datagram(entry: i32): Datagram {
    return changetype<Datagram>(this.datagramsAt + <usize>entry * DATAGRAM_LENGTH);
  }

  private drop(datagram: Datagram): void {
    if (!datagram.isUsed) return;
    this.orphanCount += datagram.waiting;
    this.waitingCount -= datagram.waiting;
    zeroBytes(changetype<usize>(datagram), <i32>DATAGRAM_LENGTH);
  }

  private findOrTake(header: FragmentHeader, timeUs: f64): Datagram {
    const set = <i32>(hashOf(header) & (SETS - 1)) * WAYS;
    let oldest = this.datagram(set);
    for (let entry = set; entry < set + WAYS; entry++) {
      const datagram = this.datagram(entry);
      // Times may fall: captures one after the other have clocks of their own.
      if (datagram.isUsed && Math.abs(timeUs - datagram.timeUs) > LIFETIME_US) this.drop(datagram);
      if (!datagram.isUsed) {
        if (oldest.isUsed) oldest = datagram;
      } else if (isSame(datagram, header)) {
        return datagram;
      } else if (oldest.isUsed && datagram.age < oldest.age) {
        oldest = datagram;
      }
    }
    this.drop(oldest);
    oldest.timeUs = timeUs;
    oldest.age = ++this.taken;
    fill(oldest, header);
    return oldest;
  }

  /** Keeps how far the datagram reaches, and counts fragments that begin before that and end after it. */
  private noteExtent(datagram: Datagram, offset: i32, length: i32): void {
    const end = datagram.end;
    if (offset < end && offset + length > end) this.overlapCount++;
    if (offset + length > end) datagram.end = offset + length;
  }
}

function keepFlow(datagram: Datagram, view: PacketView): void {
  datagram.hasFirst = true;
  datagram.flowTransport = view.transport;
  datagram.flowSource0 = view.source0;
  datagram.flowSource1 = view.source1;
  datagram.flowSource2 = view.source2;
  datagram.flowSource3 = view.source3;
  datagram.flowDestination0 = view.destination0;
  datagram.flowDestination1 = view.destination1;
  datagram.flowDestination2 = view.destination2;
  datagram.flowDestination3 = view.destination3;
  datagram.flowSourcePort = view.sourcePort;
  datagram.flowDestinationPort = view.destinationPort;
  datagram.flowDomain = view.domain;
  datagram.flowIsIpv6 = view.isIpv6;
}

function takeFlow(datagram: Datagram, view: PacketView): void {
  view.transport = datagram.flowTransport;
  view.source0 = datagram.flowSource0;
  view.source1 = datagram.flowSource1;
  view.source2 = datagram.flowSource2;
  view.source3 = datagram.flowSource3;
  view.destination0 = datagram.flowDestination0;
  view.destination1 = datagram.flowDestination1;
  view.destination2 = datagram.flowDestination2;
  view.destination3 = datagram.flowDestination3;
  view.sourcePort = datagram.flowSourcePort;
  view.destinationPort = datagram.flowDestinationPort;
  view.domain = datagram.flowDomain;
  view.isIpv6 = datagram.flowIsIpv6;
}

function fill(datagram: Datagram, header: FragmentHeader): void {
  datagram.source0 = header.source0;
  datagram.source1 = header.source1;
  datagram.source2 = header.source2;
  datagram.source3 = header.source3;
  datagram.destination0 = header.destination0;
  datagram.destination1 = header.destination1;
  datagram.destination2 = header.destination2;
  datagram.destination3 = header.destination3;
  datagram.id = header.id;
  datagram.protocol = header.protocol;
  datagram.domain = header.domain;
  datagram.isUsed = true;
}

function isSame(datagram: Datagram, header: FragmentHeader): bool {
  return (
    datagram.id == header.id &&
    datagram.source3 == header.source3 &&
    datagram.destination3 == header.destination3 &&
    datagram.protocol == header.protocol &&
    datagram.domain == header.domain &&
    datagram.source0 == header.source0 &&
    datagram.source1 == header.source1 &&
    datagram.source2 == header.source2 &&
    datagram.destination0 == header.destination0 &&
    datagram.destination1 == header.destination1 &&
    datagram.destination2 == header.destination2
  );
}

function hashOf(header: FragmentHeader): u32 {
  let hash: u32 = (header.id ^ (header.protocol << 24)) * 0x9e3779b1;
  hash = (hash ^ (hash >> 15) ^ header.source3) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13) ^ header.destination3) * 0xc2b2ae35;
  return hash ^ (hash >> 16);
}
