/** Records walked and decoded, block by block and group by group, for bench/wire/walk-decode.bench.mjs. */
import { takeRegion } from '../../../src/dataplane/assembly/memory';
import { BATCH_LENGTH, PacketBatch } from '../../../src/dataplane/assembly/record/packet-batch';
import { PcapReader } from '../../../src/dataplane/assembly/record/pcap-reader';
import { Walk } from '../../../src/dataplane/assembly/record/record-reader';
import { decode } from '../../../src/dataplane/assembly/wire/decode';
import { DecodeStatus } from '../../../src/dataplane/assembly/wire/decode-status';
import { LayerWalk } from '../../../src/dataplane/assembly/wire/layer-walk';
import { PacketView, VIEW_LENGTH } from '../../../src/dataplane/assembly/wire/packet-view';
export { takeRegion } from '../../../src/dataplane/assembly/memory';

const GROUP: i32 = 64;

@final
class Feed {
  readonly reader: PcapReader = new PcapReader();
  readonly walk: LayerWalk = new LayerWalk(true);
  readonly batch: PacketBatch = changetype<PacketBatch>(takeRegion(BATCH_LENGTH));
  readonly views: usize = takeRegion(<usize>GROUP * VIEW_LENGTH);
  packets: i32 = 0;
  /** Packets that lead to a flow. */
  decoded: i32 = 0;

  /** Walks all records of [at, limit), and decodes each packet where `isDecoding`. Returns where the rest begins. */
  take(at: usize, limit: usize, isDecoding: bool): usize {
    const reader = this.reader;
    reader.at = at;
    reader.limit = limit;
    let stop: Walk;
    do {
      stop = reader.walk(this.batch, GROUP);
      this.packets += reader.count;
      if (isDecoding) this.decodeGroup(reader.count);
    } while (stop == Walk.BATCH_FULL);
    return reader.at;
  }

  private decodeGroup(count: i32): void {
    const walk = this.walk;
    const batch = this.batch;
    for (let i = 0; i < count; i++) {
      const view = changetype<PacketView>(this.views + <usize>i * VIEW_LENGTH);
      view.timeUs = batch.timeUs(i);
      walk.begin(view, batch.at(i), batch.capturedLength(i), batch.wireLength(i));
      if (decode(walk, batch.linkType(i)) == DecodeStatus.OK) this.decoded++;
    }
  }
}

const feed = new Feed();

/** A capture from its first byte on. */
export function begin(): void {
  feed.reader.begin();
  feed.packets = 0;
  feed.decoded = 0;
}

export function take(at: usize, limit: usize, isDecoding: bool): usize {
  return feed.take(at, limit, isDecoding);
}

export function packets(): i32 {
  return feed.packets;
}

export function decoded(): i32 {
  return feed.decoded;
}
