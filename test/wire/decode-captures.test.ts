/**
 * Every committed capture, decoded and gathered into flows, against tshark: the same innermost tuples, each with the same
 * number of packets. Where the two differ on purpose, the table below says why.
 */
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { formatAddress } from '../../src/core/ip-address.ts';
import { DETAIL_WORDS, FlowDetail, FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import { End } from '../../src/dataplane/host/flow-rows.ts';
import { FlowTable, NO_FLOW } from '../../src/dataplane/flow/flow-table.ts';
import { Fragments } from '../../src/dataplane/flow/fragments.ts';
import { decode } from '../../src/dataplane/wire/decode.ts';
import { DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { Fragment } from '../../src/dataplane/host/packet-codes.ts';
import { PacketView } from '../../src/dataplane/wire/packet-view.ts';
import { installed } from '../kit/installed.ts';
import { flowName, flowsByTshark, type RawPacket } from './tshark-flows.ts';

const CAPTURES = join(import.meta.dirname, '../../captures');

/** Captures, or folders of them, where tshark and Sluice differ, with the reason. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'encapsulation/nflog-big.pcap':
    "the file that tshark is given here is little-endian: it then reads a log's attributes in that order (in the capture itself it finds the same flows)",
  'regression/':
    'made by a fuzzer: where inner headers claim a length of 0, tshark stops and Sluice reads on to the end',
  'negative/like-vxlan-like': 'tshark goes by the port, whatever the header and what follows it are',
  'negative/like-l2tp-like': 'tshark goes by the port, whatever the header and what follows it are',
  'negative/like-tzsp-like': 'tshark goes by the port, whatever the header and what follows it are',
};
const explanationOf = (name: string): string | undefined => Object.keys(EXPLAINED).find((key) => name.startsWith(key));

async function packetsOf(path: string): Promise<RawPacket[]> {
  const source = openCapture(path);
  const batch = new PacketBatch();
  const packets: RawPacket[] = [];
  while (await source.read(batch)) {
    for (let row = 0; row < batch.count; row++) {
      const at = batch.data.byteOffset + batch.at[row]!;
      const bytes = new Uint8Array(batch.data.buffer, at, batch.capturedLength[row]).slice();
      packets.push({ bytes, wireLength: batch.wireLength[row]!, linkType: batch.linkType[row]! });
    }
  }
  await source.close();
  return packets;
}

function flowsOf(packets: readonly RawPacket[]): Map<string, number> {
  const table = new FlowTable(10_000);
  const fragments = new Fragments();
  const view = new PacketView();
  const perSlot: number[] = [];
  packets.forEach(({ bytes, wireLength, linkType }, packet) => {
    view.begin(new DataView(bytes.buffer), 0, bytes.length, wireLength);
    if (decode(view, linkType) !== DecodeStatus.OK) return;
    if (view.fragment === Fragment.LATER) {
      if (fragments.later(view, 0)) perSlot[table.find(view)]!++;
      return;
    }
    let slot = table.find(view);
    if (slot === NO_FLOW) {
      slot = table.insert(view);
      perSlot[slot] = 0;
      table.detailNumbers[(slot * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1] = packet + 1;
    }
    perSlot[slot]!++;
    if (view.fragment === Fragment.FIRST) {
      fragments.first(view);
      perSlot[slot]! += view.waitedPackets;
    }
  });
  const counts = new Map<string, number>();
  for (let slot = 1; slot < perSlot.length; slot++) {
    const name = nameOf(table, slot);
    counts.set(name, (counts.get(name) ?? 0) + perSlot[slot]!);
  }
  return counts;
}

function nameOf(table: FlowTable, slot: number): string {
  const row = [...table.words.subarray(slot * ROW_WORDS, (slot + 1) * ROW_WORDS)];
  const transport = row[FlowWord.TRANSPORT]! & 255;
  const words = new Int32Array(4);
  const address = (end: End): string => {
    table.readAddress(slot, end, words);
    return formatAddress(words[0]!, words[1]!, words[2]!, words[3]!);
  };
  const [low, high] = [address(End.LOW), address(End.HIGH)];
  if (transport === 50 || transport === 51) return flowName(transport === 50 ? 'esp' : 'ah', [low, high]);
  const ports = row[FlowWord.PORTS]!;
  return flowName(transport === 6 ? 'tcp' : 'udp', [`${low} ${ports >>> 16}`, `${high} ${ports & 0xffff}`]);
}

const sorted = (flows: ReadonlyMap<string, number>): string[] =>
  [...flows].map(([name, count]) => `${name}: ${count}`).sort();

describe.skipIf(!installed('tshark'))('tshark sees the same flows, with as many packets, in', () => {
  const differing: Record<string, { tshark: string[]; sluice: string[] }> = {};
  let names: string[] = [];
  let flowCount = 0;

  beforeAll(async () => {
    const { paths } = await listCaptures([CAPTURES]);
    names = paths.map((path) => relative(CAPTURES, path));
    const captures: RawPacket[][] = [];
    for (const path of paths) captures.push(await packetsOf(path));
    const expected = await flowsByTshark(captures);
    captures.forEach((packets, i) => {
      const [tshark, sluice] = [sorted(expected[i]!), sorted(flowsOf(packets))];
      flowCount += tshark.length;
      if (tshark.join() !== sluice.join()) differing[names[i]!] = { tshark, sluice };
    });
  });

  it('every capture, but for those that are explained', () => {
    expect(names.length).toBeGreaterThan(280);
    expect(flowCount).toBeGreaterThan(2 * names.length);
    const unexplained = Object.entries(differing).filter(([name]) => explanationOf(name) === undefined);
    expect(Object.fromEntries(unexplained)).toEqual({});
  });

  it('no more than those: an explanation that explains nothing is removed', () => {
    const used = new Set(Object.keys(differing).map(explanationOf));
    expect(Object.keys(EXPLAINED).filter((key) => !used.has(key))).toEqual([]);
  });
});
