/**
 * The flows of captures as tshark sees them: which packets have which innermost tuple. tshark is asked for the layers it
 * found and for every address and port in them; what follows from these is worked out here, apart from the code under test.
 *
 * All captures go through one tshark, as one pcapng file with an interface for each link type: starting it again for each
 * would take longer than all of its work.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildEnhanced, buildInterface, buildSection } from '../kit/pcapng.mjs';

const run = promisify(execFile);

const FIELDS = [
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'udp.srcport',
  'udp.dstport',
  'tcp.srcport',
  'tcp.dstport',
  'ip.id',
  'ip.frag_offset',
  'ip.flags.mf',
  'ip.proto',
  'ipv6.fraghdr.ident',
  'ipv6.fraghdr.offset',
  'ipv6.fraghdr.more',
] as const;
type Field = (typeof FIELDS)[number];
type Row = Readonly<Record<Field, readonly string[]>>;

/** No reassembly, so that every packet shows its own bytes, and the port that Linux used for VXLAN before it had one. */
const OPTIONS = [
  ...['ip.defragment', 'ipv6.defragment', 'tcp.desegment_tcp_streams'].flatMap((name) => ['-o', `${name}:FALSE`]),
  ...['-d', 'udp.port==8472,vxlan'],
];

/**
 * Layers after UDP that carry flows of their own; tshark knows more (Teredo), which Sluice takes for payload. It names no layer
 * for VXLAN-GPE: what that carries follows UDP at once.
 */
const UDP_TUNNELS = new Set(['vxlan', 'geneve', 'gtp', 'l2tp', 'tzsp', 'ip', 'ipv6', 'eth']);
/** Layers at which no flow begins. */
const NO_FLOW_LAYERS = new Set(['icmp', 'icmpv6', 'igmp', 'arp', 'sctp']);

/** Text of a tuple without direction. */
export function flowName(transport: string, ends: readonly [string, string]): string {
  return `${transport} ${[...ends].sort().join(' ')}`;
}

export interface RawPacket {
  readonly bytes: Uint8Array;
  readonly wireLength: number;
  readonly linkType: number;
}

/** For each capture its packets by flow name. Later fragments count with the flow of their first, wherever that is. */
export async function flowsByTshark(captures: readonly (readonly RawPacket[])[]): Promise<Map<string, number>[]> {
  const rows = await tsharkRows(captures.flat());
  let at = 0;
  return captures.map((packets) => countFlows(rows.slice(at, (at += packets.length))));
}

async function tsharkRows(packets: readonly RawPacket[]): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tshark-flows-'));
  try {
    const path = join(folder, 'all.pcapng');
    writeFileSync(path, pcapngOf(packets));
    const fields = FIELDS.flatMap((field) => ['-e', field]);
    const format = ['-n', '-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=,'];
    const { stdout } = await run('tshark', ['-r', path, ...format, ...OPTIONS, ...fields], { maxBuffer: 1 << 29 });
    const lines = stdout.split('\n').slice(0, -1);
    if (lines.length !== packets.length) throw new Error(`tshark read ${lines.length} of ${packets.length} packets`);
    return lines.map(rowOf);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An interface for each link type, and the packets a millisecond apart. */
function pcapngOf(packets: readonly RawPacket[]): Uint8Array {
  const linkTypes = [...new Set(packets.map(({ linkType }) => linkType))];
  return Buffer.concat([
    buildSection(),
    ...linkTypes.map((linkType) => buildInterface({ linkType })),
    ...packets.map(({ bytes, wireLength, linkType }, i) =>
      buildEnhanced(i * 1000, bytes, { row: linkTypes.indexOf(linkType), wireLength }),
    ),
  ]);
}

function countFlows(rows: readonly Row[]): Map<string, number> {
  const ofDatagram = new Map<string, string>();
  for (const row of rows) {
    const flow = flowOf(row);
    const datagram = datagramOf(row);
    if (flow !== undefined && datagram !== undefined) ofDatagram.set(datagram, flow);
  }
  const counts = new Map<string, number>();
  for (const row of rows) {
    const flow = flowOf(row) ?? ofDatagram.get(datagramOf(row) ?? '');
    if (flow !== undefined) counts.set(flow, (counts.get(flow) ?? 0) + 1);
  }
  return counts;
}

function rowOf(line: string): Row {
  const values = line.split('\t');
  const entries = FIELDS.map((field, i) => [field, (values[i] ?? '').split(',').filter((value) => value !== '')]);
  return Object.fromEntries(entries) as Row;
}

/** The datagram that a fragment is part of, by the outermost header that says so. */
function datagramOf(row: Row): string | undefined {
  const v4 = row['ip.frag_offset'].findIndex((offset, i) => Number(offset) !== 0 || isSet(row['ip.flags.mf'][i]));
  if (v4 >= 0) return [row['ip.src'][v4], row['ip.dst'][v4], row['ip.id'][v4], row['ip.proto'][v4]].join();
  const v6 = row['ipv6.fraghdr.offset'].findIndex(
    (offset, i) => Number(offset) !== 0 || isSet(row['ipv6.fraghdr.more'][i]),
  );
  return v6 < 0 ? undefined : [row['ipv6.src'][0], row['ipv6.dst'][0], row['ipv6.fraghdr.ident'][v6]].join();
}

const isSet = (flag: string | undefined): boolean => flag === '1' || flag === 'True';

/** The innermost flow of a packet with ports or SPI of its own, by a walk over the layers from the outermost on. */
function flowOf(row: Row): string | undefined {
  const layers = row['frame.protocols'].join(',').split(':');
  const next = { ip: 0, ipv6: 0, udp: 0, tcp: 0 };
  let ends: [string, string] = ['', ''];
  let flow: string | undefined;
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!;
    if (NO_FLOW_LAYERS.has(layer)) return undefined;
    if (layer === 'ip' || layer === 'ipv6') {
      const at = next[layer]++;
      ends = [row[`${layer}.src`][at] ?? '', row[`${layer}.dst`][at] ?? ''];
      flow = undefined;
    } else if (layer === 'ah' || layer === 'esp') {
      return flowName(layer, ends);
    } else if (layer === 'udp' || layer === 'tcp') {
      const at = next[layer]++;
      const ports = [row[`${layer}.srcport`][at] ?? '', row[`${layer}.dstport`][at] ?? ''];
      flow = flowName(layer, [`${ends[0]} ${ports[0]}`, `${ends[1]} ${ports[1]}`]);
      if (!UDP_TUNNELS.has(layers[i + 1] ?? '')) return flow;
    }
  }
  return flow;
}
