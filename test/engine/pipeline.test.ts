import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { parseMicros } from '../../src/core/units.ts';
import { FlowEnd, FLOW_END_NAMES } from '../../src/dataplane/host/flow-end.ts';
import { spareRowsOf } from '../../src/dataplane/host/flow-rows.ts';
import { bytesOf, ethernet, ipv4, tcp, udp } from '../kit/frame-builder.ts';
import { buildPcap, type BuiltPacket } from '../kit/pcap.mjs';
import { buildPcapng } from '../kit/pcapng.mjs';
import { installed } from '../kit/installed.ts';
import { ROOT } from '../kit/committed-captures.ts';
import { type Replayed, replayFiles } from './replayed.ts';
import { HOUR, MINUTE, SECOND, session, writeCapture } from './wireguard-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const START = parseMicros('2024-11-10T18:00:00Z');

let written = 0;
function capture(packets: readonly BuiltPacket[]): string {
  return writeCapture(join(folder, `${written++}.pcap`), packets);
}

/** A datagram that is no VPN, from a port of its own. */
function datagram(timeUs: number, port: number): BuiltPacket {
  return { timeUs, bytes: bytesOf(ethernet(0x0800, ipv4(17, udp(port, 9999, [1, 2, 3, 4])))) };
}

function segment(timeUs: number, port: number, flags: number): BuiltPacket {
  return { timeUs, bytes: bytesOf(ethernet(0x0800, ipv4(6, tcp(port, 443, [], { flags })))) };
}

/** Source port and reason of each flow, in the order of their ends. */
const ends = ({ flows }: Replayed): [number | undefined, string][] =>
  flows.map(({ src_port: port, flow }) => [port, flow.reason]);

describe('flows end', () => {
  it('idle after two minutes without a finding, after an hour with one', async () => {
    const vpn = session({ client: [192, 0, 2, 10] }, START, []);
    const run = await replayFiles([
      capture([
        datagram(START, 1),
        ...vpn,
        datagram(START + 119 * SECOND, 2),
        datagram(START + 130 * SECOND, 3),
        datagram(START + 59 * MINUTE, 4),
        datagram(START + 62 * MINUTE, 5),
      ]),
    ]);
    // In one gap of time they end in the order in which they were next to be looked at.
    expect(new Map(ends(run))).toEqual(
      new Map([
        [1, 'timeout'],
        [2, 'timeout'],
        [3, 'timeout'],
        [4, 'timeout'],
        [5, 'shutdown'],
        [40_000, 'timeout'],
      ]),
    );
    expect(run.flows).toHaveLength(6);
  });

  it('and a packet after that begins another, with an id of its own', async () => {
    const { flows } = await replayFiles([capture([datagram(START, 1), datagram(START + 5 * MINUTE, 1)])]);
    expect(flows.map(({ flow }) => flow.reason)).toEqual(['timeout', 'shutdown']);
    expect(new Set(flows.map(({ flow_id: id }) => id)).size).toBe(2);
    expect(flows.map(({ pcap_cnt: packet }) => packet)).toEqual([1, 2]);
  });

  it('not while packets come, however slowly', async () => {
    const times = Array.from({ length: 50 }, (_, i) => START + i * 115 * SECOND);
    const { flows } = await replayFiles([capture(times.map((timeUs) => datagram(timeUs, 1)))]);
    expect(flows.map(({ flow }) => [flow.reason, flow.pkts_toserver])).toEqual([['shutdown', 50]]);
  });

  it('ten seconds after a connection was reset or closed by both', async () => {
    const [SYN, FIN, RST, ACK] = [2, 0x11, 4, 0x10];
    const back = (timeUs: number, port: number, flags: number): BuiltPacket => ({
      timeUs,
      bytes: bytesOf(
        ethernet(
          0x0800,
          ipv4(6, tcp(443, port, [], { flags }), { source: [198, 51, 100, 9], destination: [192, 0, 2, 7] }),
        ),
      ),
    });
    const run = await replayFiles([
      capture([
        segment(START, 1, SYN),
        segment(START + 1, 2, SYN),
        segment(START + 2, 3, SYN),
        segment(START + 3, 1, RST),
        segment(START + 4, 2, FIN),
        back(START + 5, 2, FIN),
        segment(START + 6, 3, FIN),
        segment(START + 30 * SECOND, 3, ACK),
        datagram(START + 31 * SECOND, 4),
      ]),
    ]);
    expect(ends(run)).toEqual([
      [1, 'closed'],
      [2, 'closed'],
      [3, 'shutdown'],
      [4, 'shutdown'],
    ]);
  });

  it('evicted where there are too many, the longest idle first, and each is counted', async () => {
    // With so few flows it is looked at before every packet whether they are too many.
    const order = [1, 2, 3, 1, 4, 5, 6, 6];
    const run = await replayFiles([capture(order.map((port, i) => datagram(START + i * SECOND, port)))], {
      flowCapacity: 3,
    });
    expect(ends(run)).toEqual([
      [2, 'evicted'],
      [3, 'evicted'],
      [1, 'evicted'],
      [4, 'shutdown'],
      [5, 'shutdown'],
      [6, 'shutdown'],
    ]);
    expect(run.counters.flowsEnded[FlowEnd.EVICTED]).toBe(3);
  });

  it.each([1, 2, 7, 64])('with room for %i flows no packet is lost to the count', async (flowCapacity) => {
    const packets = Array.from({ length: 3000 }, (_, i) => datagram(START + i * 1000, 1 + ((i * i * 7) % 501)));
    const { counters, flows } = await replayFiles([capture(packets)], { flowCapacity });
    expect(counters.flowPackets).toBe(3000);
    expect(flows).toHaveLength(counters.flowsStarted);
    const byReason = FLOW_END_NAMES.map((name) => flows.filter(({ flow }) => flow.reason === name).length);
    expect(Array.from(counters.flowsEnded)).toEqual(byReason);
    expect(byReason[FlowEnd.SHUTDOWN]).toBeGreaterThanOrEqual(flowCapacity);
    expect(byReason[FlowEnd.SHUTDOWN]).toBeLessThanOrEqual(flowCapacity + spareRowsOf(flowCapacity));
  });

  it('in one order, whatever it was that ended them', async () => {
    const packets = Array.from({ length: 2000 }, (_, i) => datagram(START + i * SECOND, 1 + ((i * 37) % 300)));
    const path = capture(packets);
    const runs = await Promise.all([replayFiles([path]), replayFiles([path])]);
    expect(runs[0].flows).toEqual(runs[1].flows);
  });
});

describe('several files', () => {
  const packets = session({ client: [192, 0, 2, 10] }, START, [SECOND, 2 * SECOND]);

  it('are one capture: flows and packet numbers go on', async () => {
    const paths = [capture(packets.slice(0, 1)), capture([]), capture(packets.slice(1))];
    const { decisions, flows } = await replayFiles(paths);
    expect(decisions.map(({ pcap_filename: file, pcap_cnt: packet, vpn }) => [file, packet, vpn.stage])).toEqual([
      [paths[0], 1, 'suspected'],
      [paths[2], 2, 'confirmed'],
    ]);
    expect(flows.map(({ pcap_filename: file, flow }) => [file, flow.pkts_toserver])).toEqual([[paths[0], 3]]);
  });

  it('each by itself: flows and packet numbers start again', async () => {
    const paths = [capture(packets.slice(0, 1)), capture(packets.slice(1))];
    const { decisions, flows, counters } = await replayFiles(paths, { each: true });
    expect(decisions.map(({ pcap_filename: file, pcap_cnt: packet }) => [file, packet])).toEqual([
      [paths[0], 1],
      [paths[1], 1],
    ]);
    expect(decisions.every(({ vpn }) => vpn.stage === 'suspected')).toBe(true);
    expect(flows.map(({ flow }) => flow.reason)).toEqual(['shutdown', 'shutdown']);
    expect(counters.packets).toBe(4);
  });

  it('in the wrong order of time still count every packet, and flows still expire', async () => {
    const later = [datagram(START + 10 * HOUR, 1)];
    const earlier = Array.from({ length: 10 }, (_, i) => datagram(START + i * MINUTE, 2 + i));
    const { counters, flows } = await replayFiles([capture(later), capture(earlier)]);
    expect(counters.flowPackets).toBe(11);
    expect(flows.filter(({ flow }) => flow.reason === 'timeout').length).toBeGreaterThan(5);
  });
});

/** All packets of a capture, with their link type, which is one. */
async function packetsOf(path: string): Promise<{ packets: BuiltPacket[]; linkType: number }> {
  const source = openCapture(path);
  const batch = new PacketBatch();
  const packets: BuiltPacket[] = [];
  let linkType = 1;
  while (await source.read(batch)) {
    for (let row = 0; row < batch.count; row++) {
      const at = batch.data.byteOffset + batch.at[row]!;
      const bytes = new Uint8Array(batch.data.buffer, at, batch.capturedLength[row]).slice();
      packets.push({ timeUs: batch.timeUs[row]!, bytes, wireLength: batch.wireLength[row]! });
      linkType = batch.linkType[row]!;
    }
  }
  await source.close();
  return { packets, linkType };
}

describe('the same packets in another container are the same decisions', () => {
  const names = ['wireguard/rekey', 'openvpn/tcp-tls-crypt', 'ipsec/ikev2-nat', 'encapsulation/sll2', 'negative/quic'];
  const sources = names.map((name) => join(ROOT, 'captures', `${name}.pcap`));

  const containers: Record<string, (packets: BuiltPacket[], linkType: number) => Uint8Array> = {
    'pcap µs, little-endian': (packets, linkType) => buildPcap(packets, { linkType }),
    'pcap µs, big-endian': (packets, linkType) => buildPcap(packets, { linkType, littleEndian: false }),
    'pcap ns, little-endian': (packets, linkType) => buildPcap(packets, { linkType, nanoseconds: true }),
    'pcap ns, big-endian': (packets, linkType) =>
      buildPcap(packets, { linkType, nanoseconds: true, littleEndian: false }),
    'pcapng, little-endian': (packets, linkType) => buildPcapng(packets, true, linkType),
    'pcapng, big-endian': (packets, linkType) => buildPcapng(packets, false, linkType),
    'pcap in gzip': (packets, linkType) => gzipSync(buildPcap(packets, { linkType })),
    'pcapng in gzip': (packets, linkType) => gzipSync(buildPcapng(packets, true, linkType)),
  };

  const linesOf = async (path: string): Promise<unknown> => {
    const { lines, flows } = await replayFiles([path], {}, () => 'x');
    return { lines, flows };
  };

  it.each(Object.keys(containers))('%s', async (name) => {
    for (const source of sources) {
      const { packets, linkType } = await packetsOf(source);
      const path = join(folder, `${written++}`);
      writeFileSync(path, containers[name]!(packets, linkType));
      expect(await linesOf(path)).toEqual(await linesOf(source));
    }
  });

  it.skipIf(!installed('editcap')).each(['pcap', 'nsecpcap', 'modpcap', 'pcapng'])('%s, by editcap', async (type) => {
    for (const source of sources) {
      const path = join(folder, `${written++}`);
      expect(spawnSync('editcap', ['-F', type, source, path]).status).toBe(0);
      expect(await linesOf(path)).toEqual(await linesOf(source));
    }
  });

  it('and again in another run', async () => {
    for (const source of sources) expect(await linesOf(source)).toEqual(await linesOf(source));
  });
});
