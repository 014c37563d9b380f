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
import { Counters } from '../../src/dataplane/host/counters.ts';
import { FlowWord, ROW_WORDS } from '../../src/dataplane/host/flow-row.ts';
import { End, type FlowRows } from '../../src/dataplane/host/flow-rows.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import type { TrackerListener } from '../../src/dataplane/host/tracker.ts';
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

/** The packets of each flow at its end. Flows of one tuple count as one. */
class PacketsOfFlows implements TrackerListener {
  readonly counts = new Map<string, number>();
  readonly wantsAllFlowEnds = true;
  private readonly table: FlowRows;

  constructor(table: FlowRows) {
    this.table = table;
  }

  ended(slot: number): void {
    const name = nameOf(this.table, slot);
    const at = slot * ROW_WORDS + FlowWord.PACKETS;
    const packets = this.table.words[at]! + this.table.words[at + 1]!;
    this.counts.set(name, (this.counts.get(name) ?? 0) + packets);
  }

  onDetection(): void {
    // Only the numbers of packets are looked at.
  }

  packet(): void {
    // As above.
  }

  batchDone(): void {
    // As above.
  }

  wantsFlowEnd(): boolean {
    return true;
  }

  noChangeUntil(): number {
    return Infinity;
  }
}

async function flowsOf(path: string, tracker: AssemblyTracker): Promise<Map<string, number>> {
  const source = openCapture(path, { memory: tracker.records });
  const flows = new PacketsOfFlows(tracker.table);
  let packets = 0;
  tracker.begin(flows, new Counters());
  for (let batch = tracker.nextBatch(); await source.read(batch); batch = tracker.nextBatch()) {
    tracker.track(batch, packets);
    packets += batch.count;
  }
  await source.close();
  tracker.finish();
  return flows.counts;
}

function nameOf(table: FlowRows, slot: number): string {
  const row = table.words.subarray(slot * ROW_WORDS, (slot + 1) * ROW_WORDS);
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
    const tracker = new AssemblyTracker(10_000);
    for (const [i, path] of paths.entries()) {
      const [tshark, sluice] = [sorted(expected[i]!), sorted(await flowsOf(path, tracker))];
      flowCount += tshark.length;
      if (tshark.join() !== sluice.join()) differing[names[i]!] = { tshark, sluice };
    }
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
