/**
 * A fingerprint sees nothing of other flows: what is found in each of many interleaved flows, whose bytes are changed, cut and random,
 * is what is found in it alone. Alone it is traced: the trace changes nothing, and has a record of why each flow is given up or found.
 */
import { describe, expect, it } from 'vitest';
import { FingerprintId } from '../../src/dataplane/host/holder.ts';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { Shortfall } from '../../src/dataplane/host/shortfall.ts';
import { readLook, TraceKind, type TracedLook } from '../../src/dataplane/host/traced-look.ts';
import { Verdict } from '../../src/dataplane/host/verdict.ts';
import { CompiledFingerprints, FingerprintInstance } from '../kit/compiled-fingerprints.ts';
import { FlowProbe, type Shown, START_SECONDS, type Step } from '../kit/flow-probe.ts';
import { data1, data2, session } from '../kit/openvpn-messages.ts';
import { ike, mutated, noise, originals, wireguard } from './mutated-payloads.ts';

const SESSIONS: readonly (readonly Step[])[] = [
  wireguard,
  ike,
  session('plain'),
  session('tls-auth', 64),
  session('tls-auth', 20),
  session('tls-crypt'),
  session('tls-crypt-v2'),
  originals,
  Array.from({ length: 60 }, (_, i): Step => [i % 3 === 0 ? 1 : 0, data2(i % 5 === 0 ? 0 : 3, i + 1)]),
  Array.from({ length: 60 }, (_, i): Step => [(i >> 1) & 1 ? 1 : 0, data1(i + 1)]),
  Array.from({ length: 60 }, (_, i): Step => [i & 1 ? 1 : 0, noise.bytes(28 + 4 * noise.below(40))]),
];
const FRAMINGS = Object.values(Framing);
const GIVEN_UP: readonly TraceKind[] = [
  TraceKind.GIVEN_UP_UNCLAIMED,
  TraceKind.GIVEN_UP_UNDECIDED,
  TraceKind.GIVEN_UP_QUIC,
];

/** What was shown of a flow, and what was found by then; null where it was retired. */
type Shot = readonly [shown: readonly [0 | 1, Uint8Array, Shown] | null, found: string];

interface Flow {
  readonly probe: FlowProbe;
  readonly steps: readonly Step[];
  readonly framing: Framing;
  /** Share of its payloads that are changed. */
  readonly change: number;
  readonly shots: Shot[];
}

class Interleaving {
  most = 0;
  found = 0;
  readonly set: CompiledFingerprints;
  private readonly alone: CompiledFingerprints;
  private readonly flows: Flow[];
  private timeUs = START_SECONDS * 1e6;

  constructor(together: FingerprintInstance, alone: FingerprintInstance, flowCount: number) {
    this.set = new CompiledFingerprints(together);
    this.alone = new CompiledFingerprints(alone);
    alone.checks.exports.setTrace(1);
    this.flows = Array.from({ length: flowCount }, () => this.begin());
  }

  run(packets: number): void {
    for (let packet = 0; packet < packets; packet++) {
      const at = noise.below(this.flows.length);
      const flow = this.flows[at]!;
      this.show(flow);
      this.most = Math.max(this.most, this.set.blockCount);
      if (!noise.chance(flow.probe.isRetired ? 0.1 : 0.005)) continue;
      this.end(flow);
      this.flows[at] = this.begin();
    }
    for (const flow of this.flows) this.end(flow);
  }

  private begin(): Flow {
    return {
      probe: new FlowProbe(this.set),
      steps: noise.pick(SESSIONS),
      framing: noise.chance(0.6) ? Framing.DATAGRAM : noise.pick(FRAMINGS),
      change: noise.pick([0, 0, 0.05, 0.3, 1]),
      shots: [],
    };
  }

  /** The flow's next step, which may be changed, cut or late. */
  private show({ probe, steps, framing, change, shots }: Flow): void {
    const [way, original] = steps[shots.length % steps.length]!;
    const bytes = noise.chance(change) ? mutated(original) : original;
    const captured = noise.chance(0.15) ? noise.below(bytes.length + 1) : bytes.length;
    // The decoder lets no shorter ESP or AH through.
    if ((framing === Framing.ESP || framing === Framing.AH) && captured < 12) return;
    this.timeUs += noise.below(noise.chance(0.02) ? 9e6 : 3000);
    const evidenceOffset = framing === Framing.OPENVPN_RECORD ? noise.word() >>> 0 : 0;
    const shown = { captured, framing, timeUs: this.timeUs, evidenceOffset };
    shots.push([[way, bytes, shown], probe.send(way, bytes, shown)]);
    if (!noise.chance(0.002)) return;
    probe.retire();
    shots.push([null, probe.found]);
  }

  /** The flow is over: it is shown again, alone. */
  private end({ probe, shots }: Flow): void {
    const alone = new FlowProbe(this.alone);
    for (const [i, [shown, found]] of shots.entries()) {
      const wasRetired = alone.isRetired;
      const before = alone.found;
      if (shown === null) alone.retire();
      else alone.send(...shown);
      if (alone.found !== found) throw new Error(`packet ${i}: alone ${alone.found}, among others ${found}`);
      if (shown !== null) checkLooks(this.takeLooks(), alone, before, wasRetired);
    }
    expect(probe.entries).toEqual(alone.entries);
    expect([probe.isRetired, probe.initiator]).toEqual([alone.isRetired, alone.initiator]);
    if (probe.found !== 'none') this.found++;
    alone.end();
    expect([this.alone.blockCount, this.alone.evidenceCount]).toEqual([0, 0]);
    probe.end();
  }

  private takeLooks(): TracedLook[] {
    const { checks } = this.alone.instance;
    const { buffer } = checks.memoryWords;
    return Array.from({ length: checks.exports.takeTrace() }, (_, i) => readLook(buffer, checks.exports.recordAt(i)));
  }
}

/** The looks at a packet say why a flow was given up, and what was found. */
function checkLooks(looks: readonly TracedLook[], flow: FlowProbe, foundBefore: string, wasRetired: boolean): void {
  for (const { kind, shortfall } of looks)
    if (kind === TraceKind.UNCLAIMED && shortfall[0] === Shortfall.NONE) throw new Error('no reason');
  const last = looks.findLast(({ kind }) => kind === TraceKind.LOOK);
  const isGivenUp = flow.isRetired && !wasRetired && flow.found === 'none';
  if (isGivenUp && !GIVEN_UP.includes(looks.at(-1)!.kind)) throw new Error('given up without a reason');
  if (flow.found === foundBefore) return;
  const verdict = flow.found.endsWith('confirmed') ? Verdict.CONFIRMED : Verdict.SUSPECTED;
  if (last?.verdict !== verdict) throw new Error(`${flow.found}, and the last look said ${last?.verdict}`);
}

async function interleaved(build: 'release' | 'debug', flowCount: number, packets: number): Promise<Interleaving> {
  const made = new Interleaving(
    await FingerprintInstance.make(build),
    await FingerprintInstance.make(build),
    flowCount,
  );
  made.run(packets);
  expect([made.set.blockCount, made.set.evidenceCount]).toEqual([0, 0]);
  expect(made.found).toBeGreaterThan(packets / 500);
  return made;
}

describe('interleaved flows', () => {
  it('are found as each one alone', async () => {
    const { set } = await interleaved('release', 64, 120_000);
    expect(set.instance.checks.exports.brokenGuard()).toBe(-1);
  });

  it('are found as each one alone where they are more than one chunk of memory holds', async () => {
    const { most, set } = await interleaved('release', 24_000, 100_000);
    // dataplane/assembly/fingerprint/fingerprint-set.
    expect(most).toBeGreaterThan(8192);
    expect(set.instance.checks.exports.brokenGuard()).toBe(-1);
  });

  it('are read within what was captured, and nothing is written outside of its place', async () => {
    await interleaved('debug', 64, 8000);
  });
});

describe('the trace of a payload that is offered', () => {
  /** By framing: the fingerprints that are asked. */
  const ASKED: readonly (readonly [Framing, readonly FingerprintId[]])[] = [
    [Framing.DATAGRAM, [FingerprintId.WIREGUARD, FingerprintId.IKE, FingerprintId.OPENVPN, FingerprintId.ESP_IN_UDP]],
    [Framing.OPENVPN_RECORD, [FingerprintId.OPENVPN]],
    [Framing.IKE_RECORD, [FingerprintId.IKE, FingerprintId.ESP_IN_UDP]],
  ];

  it('has a reason for each fingerprint that does not claim it, and for no other', async () => {
    const { checks } = await FingerprintInstance.make('debug');
    const seen = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      const original = i % 4 === 0 ? noise.bytes(noise.below(200)) : noise.pick(originals)[1];
      const bytes = i % 3 === 0 ? mutated(original) : original;
      const captured = noise.below(4) === 0 ? noise.below(bytes.length + 1) : bytes.length;
      const [framing, asked] = noise.pick(ASKED);
      const at = checks.place(new DataView(bytes.buffer, bytes.byteOffset), 0, captured);
      checks.exports.show(at, captured, bytes.length, framing, 0, START_SECONDS * 1e6, 1, 0);
      const declining = asked.filter((id) => checks.exports.mayBe(id) === 0 || checks.exports.match(id) === 0);
      checks.exports.offer(asked.reduce<number>((set, id) => set | (1 << id), 0));
      const { buffer } = checks.memoryWords;
      const looks = Array.from({ length: checks.exports.takeTrace() }, (_, record) =>
        readLook(buffer, checks.exports.recordAt(record)),
      );
      expect(looks.map(({ fingerprint }) => fingerprint)).toEqual(declining);
      for (const { kind, shortfall } of looks) {
        expect(kind).toBe(TraceKind.UNCLAIMED);
        expect(shortfall[0]).not.toBe(Shortfall.NONE);
        seen.add(shortfall[0]!);
      }
    }
    expect(seen.size).toBeGreaterThan(12);
  });
});
