/**
 * A shadow beside the active rules, on the project's captures as one stream. Its twins are engines of their own: one by
 * the active rules alone, one by the draft alone. The shadow decides what the draft alone decides, the active side what
 * it decides alone, and the counts are those of the two lists of decisions, laid over each other packet by packet.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PacketBatch } from '../../../src/capture/packet-batch.ts';
import { openCapture } from '../../../src/capture/format/open-capture.ts';
import { RunEngine } from '../../../src/daemon/daemon-engine.ts';
import { ShadowSide } from '../../../src/daemon/shadow-side.ts';
import { AssemblyTracker } from '../../../src/dataplane/host/assembly-tracker.ts';
import type { DecisionSink } from '../../../src/decision/decision-sink.ts';
import type { FlowRecord } from '../../../src/decision/flow-record.ts';
import type { Rules } from '../../../src/decision/rules.ts';
import { ACTION_NAMES } from '../../../src/policy/action.ts';
import { actionFigures } from '../../../src/policy/change-verdict.ts';
import type { RegisteredHit } from '../../../src/study/shadow/shadow-comparison.ts';
import { committedCaptures, ROOT } from '../../kit/committed-captures.ts';
import { rulesOf } from '../../kit/rehearsed-day.ts';

const REGISTRY = readFileSync(resolve(ROOT, 'rules/registry.csv'), 'utf8');
const WIDE = 'safety: { limits: [{ window: 60s, clients: 1000000 }], registered: 1000000 }\n';
const ACTIVE = rulesOf(
  `name: active
mode: enforce
rules:
  - { name: banks, when: { sector: bank }, action: allow }
  - { name: slow, when: { stage: suspected }, action: throttle, rate: 64kbit/s, per: client }
  - { name: registered, when: { registered: either }, action: allow }
  - { name: cut, when: { protocol: openvpn, min_packets: 8 }, action: block }
${WIDE}`,
  REGISTRY,
);
const DRAFT = rulesOf(
  `name: draft
mode: observe
rules:
  - { name: talkers, when: { min_packets: 12 }, action: block }
  - { name: registered, when: { registered: source }, action: allow }
  - { name: meant, when: { sector: university }, action: block, hits_registered: true }
  - { name: ipsec, when: { protocol: ipsec, stage: confirmed }, action: throttle, rate: 32kbit/s, per: flow }
  - { name: rest, when: { stage: confirmed }, action: block }
${WIDE}`,
  REGISTRY,
);

/** A decision, or with null the end of its flow. */
interface Step {
  readonly packet: number;
  readonly flow: string;
  readonly client: string;
  readonly action: string | null;
  readonly isRegistered: boolean;
  readonly rule: string | null;
}

interface Run {
  readonly steps: readonly Step[];
  readonly engine: RunEngine;
  readonly side: ShadowSide | null;
  readonly hits: readonly RegisteredHit[];
  /** Packets that were decided before it began. */
  readonly began: number;
}

const keyOf = (flow: FlowRecord): string => [flow.firstPacket, flow.firstTimeUs, flow.transport, flow.domain].join(' ');

/** Runs the captures; a shadow begins once so many packets are decided. */
async function run(paths: readonly string[], rules: Rules, shadow: Rules | null, from = 0): Promise<Run> {
  const steps: Step[] = [];
  const note = (flow: FlowRecord, step: Pick<Step, 'action' | 'isRegistered' | 'rule' | 'packet'>): void => {
    steps.push({ flow: keyOf(flow), client: flow.source.join(), ...step });
  };
  const sink: DecisionSink = {
    decided: (flow, { action, rule, source, destination }, _, packet) => {
      note(flow, { action, rule, packet, isRegistered: source !== null || destination !== null });
    },
    ended: (flow) => {
      note(flow, { action: null, rule: null, isRegistered: false, packet: engine.counters.packets });
    },
  };
  const tracker = new AssemblyTracker(20_000);
  const engine = new RunEngine(rules, tracker, sink, [1, 2, 3, 4], () => undefined);
  const hits: RegisteredHit[] = [];
  let began = 0;
  let side: ShadowSide | null = null;
  const begin = (): void => {
    if (shadow === null || side !== null || engine.counters.packets < from) return;
    side = new ShadowSide({ policy: shadow.policy, registry: null }, engine.timeUs, {
      registeredHit: (hit) => hits.push(hit),
      wouldTrip: () => undefined,
    });
    began = engine.counters.packets;
    engine.beginShadow(side);
  };
  begin();
  for (const path of paths) {
    const capture = openCapture(resolve(ROOT, path));
    const batch = new PacketBatch();
    while (await capture.read(batch)) {
      await engine.process(batch);
      begin();
      engine.decisions.checkInvariants();
      engine.checkShadowInvariants();
    }
    await capture.close();
  }
  return { steps, engine, side, hits, began };
}

interface FlowState {
  active: Step | null;
  draft: Step | null;
  readonly pairs: Set<string>;
  isRegisteredHit: boolean;
}

const isHit = (step: Step): boolean => step.action !== 'allow';

/** The counts of a comparison, from two lists of decisions. */
class PlainComparison {
  flows = 0;
  registeredFlows = 0;
  readonly actions: Record<string, number> = {};
  readonly activeClients = new Set<string>();
  readonly draftClients = new Set<string>();
  readonly registeredClients = new Set<string>();
  private readonly states = new Map<string, FlowState>();

  /** Decisions up to packet `from` were made before the comparison began. */
  constructor(active: readonly Step[], draft: readonly Step[], from: number) {
    const packets = new Set([...active, ...draft].map(({ packet }) => packet).filter((packet) => packet > from));
    for (const side of ['active', 'draft'] as const)
      for (const step of side === 'active' ? active : draft) if (step.packet <= from) this.step(side, step);
    for (const key of this.states.keys()) this.compare(key);
    const [activeAt, draftAt] = [byPacket(active), byPacket(draft)];
    for (const packet of [...packets].sort((a, b) => a - b)) {
      const touched = new Set<string>();
      for (const step of activeAt.get(packet) ?? []) touched.add(this.step('active', step));
      for (const step of draftAt.get(packet) ?? []) touched.add(this.step('draft', step));
      for (const key of touched) this.compare(key);
    }
  }

  private step(side: 'active' | 'draft', step: Step): string {
    if (step.action === null) {
      this.states.delete(step.flow);
      return step.flow;
    }
    const state = this.states.get(step.flow) ?? { active: null, draft: null, pairs: new Set(), isRegisteredHit: false };
    this.states.set(step.flow, state);
    state[side] = step;
    return step.flow;
  }

  private compare(key: string): void {
    const state = this.states.get(key);
    if (state === undefined) return;
    const { active, draft, pairs } = state;
    if (active === null || draft === null) throw new Error('a flow is decided by one side only');
    const pair = `${active.action!}-${draft.action!}`;
    if (pairs.size === 0) this.flows++;
    if (!pairs.has(pair)) this.actions[pair] = (this.actions[pair] ?? 0) + 1;
    pairs.add(pair);
    if (isHit(active)) this.activeClients.add(active.client);
    if (!isHit(draft)) return;
    this.draftClients.add(draft.client);
    if (isHit(active) || draft.rule === 'meant' || !draft.isRegistered) return;
    this.registeredClients.add(draft.client);
    if (!state.isRegisteredHit) this.registeredFlows++;
    state.isRegisteredHit = true;
  }
}

function byPacket(steps: readonly Step[]): Map<number, Step[]> {
  const at = new Map<number, Step[]>();
  for (const step of steps) at.set(step.packet, [...(at.get(step.packet) ?? []), step]);
  return at;
}

function less(all: ReadonlySet<string>, others: ReadonlySet<string>): number {
  return [...all].filter((client) => !others.has(client)).length;
}

const paths = (await committedCaptures()).filter((path) => /captures\/(wireguard|openvpn|ipsec)\//.test(path));
let alone: Run;
let draft: Run;

beforeAll(async () => {
  alone = await run(paths, ACTIVE, null);
  draft = await run(paths, { ...DRAFT, mode: 'enforce' }, null);
}, 60_000);

describe.each([0, 500, 4000])('a shadow that begins at packet %i', (from) => {
  let shadowed: Run;
  let plain: PlainComparison;
  beforeAll(async () => {
    shadowed = await run(paths, ACTIVE, DRAFT, from);
    plain = new PlainComparison(alone.steps, draft.steps, shadowed.began);
  }, 60_000);

  it('changes nothing of the active side', () => {
    expect(shadowed.steps).toEqual(alone.steps);
    expect(shadowed.engine.counters).toEqual(alone.engine.counters);
    expect(shadowed.engine.admission.breaker.limitCounts()).toEqual(alone.engine.admission.breaker.limitCounts());
    expect(shadowed.engine.decisions.counts.hits.toCounts()).toEqual(alone.engine.decisions.counts.hits.toCounts());
  });

  it('counts flows by both actions, and clients and registered users who are newly hit', () => {
    const { comparison } = shadowed.side!;
    expect(comparison.flows).toBe(plain.flows);
    expect(actionFigures(comparison.flowsByAction)).toEqual(plain.actions);
    expect(Object.keys(plain.actions).length).toBeGreaterThan(ACTION_NAMES.length);
    expect(comparison.hits.newlyHit).toBe(less(plain.draftClients, plain.activeClients));
    expect(comparison.hits.noLongerHit).toBe(less(plain.activeClients, plain.draftClients));
    expect(comparison.hits.registeredHit).toBe(plain.registeredClients.size);
    expect(comparison.hits.deregistered).toBe(0);
    expect(comparison.registeredFlows).toBe(plain.registeredFlows);
    expect(shadowed.hits).toHaveLength(plain.registeredFlows);
    expect(plain.registeredFlows).toBeGreaterThan(10);
    expect(comparison.flowsLeftOut).toBe(0);
  });
});

describe('a shadow from the first packet on', () => {
  it('delays and drops the packets that the draft would as the active rules', async () => {
    const { side } = await run(paths, ACTIVE, DRAFT);
    const [, ...packets] = draft.engine.counters.outcomePackets;
    const [, ...bytes] = draft.engine.counters.outcomeBytes;
    expect([...side!.comparison.packets].slice(1)).toEqual(packets);
    expect([...side!.comparison.bytes].slice(1)).toEqual(bytes);
    expect(Math.min(...packets)).toBeGreaterThan(0);
  }, 60_000);
});
