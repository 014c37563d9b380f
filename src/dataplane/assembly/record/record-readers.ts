/** The readers of both formats, one of which reads the file at hand. */
import { leavePacket, readPacket } from '../memory';
import { PacketBatch } from './packet-batch';
import { PcapReader } from './pcap-reader';
import { PcapngReader } from './pcapng-reader';
import { RecordReader, Walk } from './record-reader';

@final
export class RecordReaders {
  private readonly pcap: PcapReader = new PcapReader();
  private readonly pcapng: PcapngReader = new PcapngReader();
  /** The reader of the file at hand. */
  current: RecordReader = this.pcap;

  /** Begins a file, of one format or the other. */
  open(isPcapng: bool): void {
    if (isPcapng) {
      this.pcapng.begin();
      this.current = this.pcapng;
    } else {
      this.pcap.begin();
      this.current = this.pcap;
    }
  }

  /** Fills a batch with up to `capacity` records of [at, limit). A Walk. */
  walk(batch: PacketBatch, capacity: i32, at: usize, limit: usize): Walk {
    const reader = this.current;
    reader.at = at;
    reader.limit = limit;
    readPacket(at, limit);
    const stop = reader.walk(batch, capacity);
    leavePacket();
    return stop;
  }

  /** Nothing more comes after [at, limit). True where what is there can be walked all the same: once at most. */
  goesOnAtEnd(at: usize, limit: usize): bool {
    const reader = this.current;
    reader.at = at;
    reader.limit = limit;
    readPacket(at, limit);
    const goesOn = reader.goesOnAtEnd();
    leavePacket();
    return goesOn;
  }
}
