/** What `explain` says of a flow agrees with what the engine made of it, for every flow of the committed captures. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/dataplane/host/checks.ts';
import { FingerprintId } from '../../../src/dataplane/host/holder.ts';
import { Framing } from '../../../src/dataplane/host/framing.ts';
import { Shortfall } from '../../../src/dataplane/host/shortfall.ts';
import { DEFAULT_LINK_IDENTITY } from '../../../src/dataplane/host/link-identity.ts';
import { Transport } from '../../../src/dataplane/host/packet-codes.ts';
import { FlowWalk } from '../../../src/pipeline/flow-walk.ts';
import type { FlowTrace } from '../../../src/study/explain/flow-trace.ts';
import { checkedLength } from '../../../src/study/explain/hex-dump.ts';
import { traceFlows } from '../../../src/study/explain/trace-flows.ts';
import { ByteChecks, type FingerprintCall } from '../../assembly/byte-checks.ts';
import { compiled } from '../../assembly/compiled.ts';
import { replayFiles, type Replayed } from '../../engine/replayed.ts';
import { committedCaptures, ROOT } from '../../kit/committed-captures.ts';
import { SeededRandom } from '../../kit/random.mjs';

const OPTIONS = { maxFlows: 2000, linkIdentity: DEFAULT_LINK_IDENTITY };
const FORMS = new Map(Object.values(CHECKS).map(({ name, form }) => [name, form]));

interface Traced {
  readonly path: string;
  readonly replayed: Replayed;
  readonly traces: Map<number, FlowTrace>;
}

const traced: Traced[] = [];
for (const path of await committedCaptures()) {
  const replayed = await replayFiles([resolve(ROOT, path)], { flowCapacity: OPTIONS.maxFlows });
  const evidenceOf = (id: string): Set<number> =>
    new Set(
      replayed.decisions
        .filter(({ flow_id }) => flow_id === id)
        .flatMap(({ vpn }) => vpn.evidence.map(({ packet }) => packet)),
    );
  const firstPackets = new Map(replayed.flows.map(({ pcap_cnt: first, flow_id }) => [first, evidenceOf(flow_id)]));
  traced.push({ path, replayed, traces: await traceFlows([resolve(ROOT, path)], firstPackets, OPTIONS) });
}

describe('the trace of a flow', () => {
  it('has a reason for each fingerprint that looked, where nothing was found', () => {
    let flows = 0;
    for (const { path, replayed, traces } of traced) {
      for (const flow of replayed.flows.filter(({ vpn }) => vpn === undefined)) {
        const trace = traces.get(flow.pcap_cnt)!;
        const place = `${path} ${flow.pcap_cnt}`;
        const packets = flow.flow.pkts_toserver + flow.flow.pkts_toclient;
        expect([place, trace.payloadCount <= packets, trace.heads.length]).toEqual([place, true, 0]);
        for (const id of trace.looks.keys()) {
          const rows = trace.rows.filter(({ fingerprint }) => fingerprint === id);
          expect([place, id, rows.length > 0]).toEqual([place, id, true]);
        }
        if (trace.looks.size > 0) flows++;
      }
    }
    expect(flows).toBeGreaterThan(500);
  });

  it('never ends a look without its reason', () => {
    for (const { path, traces } of traced) {
      for (const [first, { rows }] of traces) {
        const without = rows.filter(({ reason }) => reason === Shortfall.NONE);
        expect([path, first, without]).toEqual([path, first, []]);
      }
    }
  });

  it('names packets of the flow, and counts them', () => {
    for (const { path, replayed, traces } of traced) {
      for (const { pcap_cnt: first } of replayed.flows) {
        const { rows, payloadCount, unseenCount } = traces.get(first)!;
        for (const { packet, lastPacket, count } of rows) {
          const isSound = packet >= first && lastPacket >= packet && lastPacket <= replayed.counters.packets;
          expect([path, first, isSound, count <= payloadCount]).toEqual([path, first, true, true]);
        }
        expect(unseenCount).toBeLessThanOrEqual(payloadCount);
      }
    }
  });

  it('was not looked at only where the engine looks at nothing', () => {
    const unseen = traced.flatMap(({ path, replayed, traces }) =>
      replayed.flows
        .filter(({ pcap_cnt }) => traces.get(pcap_cnt)!.payloadCount > 0 && traces.get(pcap_cnt)!.looks.size === 0)
        .map(({ proto, dest_ip }) => [path, proto, dest_ip] as const),
    );
    // What goes to a group of routers protects them.
    expect(
      unseen.filter(([, proto, to]) => !['ESP', 'AH'].includes(proto) || !/^(?:224\.0\.0\.|ff02:|fe80:)/.test(to)),
    ).toEqual([]);
    expect(unseen.length).toBeGreaterThan(0);
  });

  it('has the bytes of all evidence of its own packets, as the evidence says them', () => {
    let rows = 0;
    for (const { path, replayed, traces } of traced) {
      for (const { pcap_cnt, flow_id, vpn } of replayed.decisions) {
        const flow = replayed.flows.find((one) => one.flow_id === flow_id && one.vpn !== undefined)!;
        const trace = traces.get(flow.pcap_cnt)!;
        for (const entry of vpn.evidence) {
          const length = checkedLength(entry.check);
          if (length === 0) continue;
          const bytes = trace.headOf(entry.packet, entry.offset)?.at(entry.offset, length);
          const place = `${path} ${pcap_cnt} ${entry.check} ${entry.packet} ${entry.offset}`;
          expect([place, bytes === undefined || bytes === null]).toEqual([place, false]);
          const big = Buffer.from(bytes!);
          const hex = `0x${big.toString('hex')}`;
          const numbers = [big.readUIntBE(0, Math.min(6, length)), big.readUIntLE(0, Math.min(6, length))].map(String);
          const values = FORMS.get(entry.check) === 'number' ? numbers : [hex];
          expect([place, values]).toEqual([place, expect.arrayContaining([entry.seen])]);
          rows++;
        }
      }
    }
    expect(rows).toBeGreaterThan(3000);
  });
});

const FIRST_LOOKS = [FingerprintId.WIREGUARD, FingerprintId.IKE, FingerprintId.OPENVPN, FingerprintId.ESP_IN_UDP];
const NO_CLAIMS = 0;
/** Place of the reason in a record of a trace (dataplane/assembly/fingerprint/fingerprint-trace). */
const REASON_WORD = 10;

const checks = new ByteChecks(await compiled<FingerprintCall>('fingerprint'));

/** Whether the explanation of a first look agrees with the engine's claim of the payload at hand; counts what is claimed. */
function agrees(packet: number): number {
  const { exports } = checks;
  let claimed = 0;
  for (const id of FIRST_LOOKS) {
    const isClaimed = exports.offer(1 << id) !== NO_CLAIMS;
    const [noted, reason] = [exports.takeTrace(), checks.memoryWords[(exports.recordAt(0) >> 2) + REASON_WORD]];
    expect([id, packet, noted]).toEqual([id, packet, isClaimed ? 0 : 1]);
    if (isClaimed) claimed++;
    else expect(reason).not.toBe(Shortfall.NONE);
  }
  return claimed;
}

describe('the reason why a payload is not claimed', () => {
  it('is there for exactly the payloads that the engine does not claim, in the committed captures', async () => {
    let claimed = 0;
    for (const { path } of traced) {
      await new FlowWalk(OPTIONS).walk([resolve(ROOT, path)], {
        packet: (_batch, _row, packet, { view, payload }) => {
          if (view.transport !== Transport.UDP || view.payloadCaptured === 0) return;
          const at = checks.place(new DataView(payload.buffer, payload.byteOffset), 0, payload.length);
          checks.exports.datagram(at, payload.length, view.payloadLength, view.transport);
          claimed += agrees(packet);
        },
      });
    }
    expect(claimed).toBeGreaterThan(1000);
  });

  it('is there for exactly those of random payloads, whole and cut', () => {
    const random = new SeededRandom(7);
    let claimed = 0;
    for (let i = 0; i < 30_000; i++) {
      const bytes = random.bytes(random.below(200));
      // Half of them begin like one of the protocols.
      if (bytes.length > 4 && random.chance(0.5))
        bytes.set(
          [
            [1, 0, 0, 0],
            [4, 0, 0, 0],
            [0x38, 1, 2, 3],
            [0, 0, 0, 0],
            [0x30, 9, 8, 7],
          ][random.below(5)]!,
        );
      const length = bytes.length + (random.chance(0.3) ? random.below(100) : 0);
      const at = checks.place(new DataView(bytes.buffer), 0, bytes.length);
      checks.exports.show(at, bytes.length, length, Framing.DATAGRAM, 0, 0, i, 0);
      claimed += agrees(i);
    }
    expect(claimed).toBeGreaterThan(500);
  });
});
