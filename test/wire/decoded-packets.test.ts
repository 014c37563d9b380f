/** Rows of decoded packets: what goes in comes out, and both directions of a flow are of one shard. */
import { describe, expect, it } from 'vitest';
import { DecodedPackets } from '../../src/dataplane/wire/decoded-packets.ts';
import { DecodeStatus } from '../../src/dataplane/wire/decode-status.ts';
import { PARTITION_COUNT, partitionOfTuple } from '../../src/dataplane/wire/partition.ts';
import { Fragment, PacketView, Transport } from '../../src/dataplane/wire/packet-view.ts';
import { SeededRandom } from '../kit/random.mjs';

const ROWS = 64;
const DATA = new DataView(new ArrayBuffer(16));
/** The ends as the source and the destination: a row has them in the key's order. */
const NOT_KEPT = { source3: 0, destination3: 0, sourcePort: 0, destinationPort: 0 };

function draw(random: SeededRandom): PacketView {
  const word = (): number => random.below(0x10000) * 0x10000 + random.below(0x10000) - 2 ** 31;
  const view = new PacketView();
  view.isWide = random.chance(0.5);
  const upperWords = ['source0', 'source1', 'source2', 'destination0', 'destination1', 'destination2'] as const;
  if (view.isWide) for (const name of upperWords) view[name] = word();
  view.source3 = word();
  view.destination3 = word();
  view.transport = [Transport.TCP, Transport.UDP, Transport.ESP, Transport.AH][random.below(4)]!;
  view.fragment = [Fragment.NONE, Fragment.FIRST, Fragment.LATER][random.below(3)]!;
  view.sourcePort = random.below(0x10000);
  view.destinationPort = random.below(0x10000);
  view.domain = word();
  view.encapsulation = word();
  view.vlans = word();
  view.payloadAt = random.below(2 ** 21);
  view.payloadCaptured = random.below(2 ** 18);
  view.payloadLength = random.chance(0.1) ? 2 ** 32 - 1 - random.below(9) : random.below(2 ** 18);
  view.tcpSequence = word();
  view.tcpFlags = random.below(256);
  view.flowHash = word();
  if (view.fragment === Fragment.FIRST) {
    view.waitedPackets = random.below(9000);
    view.waitedBytes = random.below(2 ** 30);
  }
  view.data = DATA;
  view.order(random.chance(0.5) ? -1 : 0);
  return view;
}

describe('rows', () => {
  it('give back what was stored', () => {
    const random = new SeededRandom(1);
    const rows = new DecodedPackets(ROWS);
    for (let round = 0; round < 100; round++) {
      const views = Array.from({ length: ROWS }, () => draw(random));
      views.forEach((view, row) => {
        rows.store(row, view, DecodeStatus.OK);
      });
      views.forEach((view, row) => {
        const loaded = new PacketView();
        rows.load(row, loaded, DATA);
        expect(loaded).toEqual(Object.assign(view, NOT_KEPT));
      });
    }
  });

  it('of packets that reached no flow are of no shard', () => {
    const rows = new DecodedPackets(2);
    const view = draw(new SeededRandom(2));
    rows.store(0, view, DecodeStatus.ARP);
    rows.store(1, view, 255);
    for (const shardCount of [1, 2, 3])
      for (let shard = 0; shard < shardCount; shard++)
        expect([0, 1].map((row) => rows.isOfShard(row, shard, shardCount))).toEqual([false, false]);
  });
});

describe('shards', () => {
  it.each([1, 2, 3, 7])('of %i, each packet is of one, and both directions are of the same', (shardCount) => {
    const random = new SeededRandom(3);
    const rows = new DecodedPackets(2);
    const counts = new Array<number>(shardCount).fill(0);
    const shardsOf = (row: number): number[] =>
      counts.flatMap((_, i) => (rows.isOfShard(row, i, shardCount) ? [i] : []));
    for (let i = 0; i < 4000; i++) {
      const there = draw(random);
      const back = Object.assign(draw(random), { domain: there.domain });
      back.source3 = there.destination3;
      back.destination3 = there.source3;
      back.sourcePort = there.destinationPort;
      back.destinationPort = there.sourcePort;
      back.order(0 - (1 - there.direction));
      rows.store(0, there, DecodeStatus.OK);
      rows.store(1, back, DecodeStatus.OK);
      const [shard, ...others] = shardsOf(0);
      expect(others).toEqual([]);
      expect(shardsOf(1)).toEqual([shard]);
      counts[shard!]!++;
    }
    for (const count of counts) expect(count).toBeGreaterThan((0.8 * 4000) / shardCount);
  });

  it('lie in parts that neighbours fill evenly: clients behind one server, ports of one client', () => {
    const counts = new Array<number>(PARTITION_COUNT).fill(0);
    for (let n = 0; n < 64_000; n++)
      counts[partitionOfTuple((0x0a000000 + (n >> 4)) ^ 0xc6336407, ((1024 + (n & 15)) << 16) | 443)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(700);
    expect(Math.max(...counts)).toBeLessThan(1300);
  });
});
