/** A shadow while rules and clocks change, its breaker on trial, and its bounds. */
import { MemoryInput } from '../../kit/read-all.ts';
import { captureOf } from '../../../src/capture/format/open-capture.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { PacketBatch } from '../../../src/capture/packet-batch.ts';
import { ShadowSide } from '../../../src/daemon/shadow-side.ts';
import { AssemblyTracker } from '../../../src/dataplane/host/assembly-tracker.ts';
import type { Trip } from '../../../src/decision/breaker/trip.ts';
import { TrialAdmission } from '../../../src/decision/trial-admission.ts';
import { Session } from '../../../src/pipeline/session.ts';
import { actionFigures } from '../../../src/policy/change-verdict.ts';
import { ShadowComparison } from '../../../src/study/shadow/shadow-comparison.ts';
import { ChangingRules, HEADER } from '../../kit/changing-rules.ts';
import { Conversation } from '../../kit/many-clients.ts';
import { rulesOf } from '../../kit/rehearsed-day.ts';

const START_US = Date.parse('2024-11-10T13:00:00Z') * 1000;
const SECOND_US = 1_000_000;
const CLIENTS = 20;
const handshake = new Conversation('wireguard/handshake-only.pcap');

function policyOf(rule: string, clients = 500): string {
  return `name: test\nmode: enforce\nrules:\n  - ${rule}\nsafety: { limits: [{ window: 60s, clients: ${clients} }], registered: 1000 }\n`;
}
const ALLOW = '{ name: all, action: allow }';
const BLOCK = '{ name: all, action: block }';

let daemon: ChangingRules;
afterEach(() => {
  daemon.close();
});

/** Begins a shadow by a policy with the registry in use; returns it with the trips that it will have. */
function begin(policy: string): { readonly side: ShadowSide; readonly trips: Trip[] } {
  const trips: Trip[] = [];
  const { engine } = daemon;
  const side = new ShadowSide({ policy: rulesOf(policy, HEADER).policy, registry: null }, engine.timeUs, {
    registeredHit: () => undefined,
    wouldTrip: ({ trip }) => trips.push(trip),
  });
  engine.beginShadow(side);
  return { side, trips };
}

const actionsOf = ({ comparison }: ShadowSide): object => actionFigures(comparison.flowsByAction);

describe('a shadow', () => {
  it('is decided again when the active rules are replaced, and both sides are compared then', async () => {
    daemon = await ChangingRules.open(policyOf(ALLOW), HEADER, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    const { side } = begin(policyOf(BLOCK));
    expect([side.comparison.hits.newlyHit, actionsOf(side)]).toEqual([CLIENTS, { 'allow-block': CLIENTS }]);
    daemon.writePolicy(policyOf(BLOCK));
    expect((await daemon.changes.reloads.reload('test')).result).toBe('success');
    expect([side.comparison.hits.newlyHit, actionsOf(side)]).toEqual([
      0,
      { 'allow-block': CLIENTS, 'block-block': CLIENTS },
    ]);
    expect(daemon.engine.evaluateShadow(side)).toMatchObject({ newlyHit: 0, flows: CLIENTS });
    daemon.engine.checkShadowInvariants();
  });

  it('uses the registry in use: a reload that registers its clients lets them pass', async () => {
    daemon = await ChangingRules.open(policyOf(ALLOW), HEADER, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    const { side } = begin(policyOf('{ name: all, action: block, when: { registered: none } }'));
    daemon.writeRegistry(`${HEADER}10.0.0.0/8,Somebody,it,,,,r\n`);
    expect((await daemon.changes.reloads.reload('test')).result).toBe('success');
    expect(actionsOf(side)).toEqual({ 'allow-block': CLIENTS, 'allow-allow': CLIENTS });
    expect(daemon.engine.evaluateShadow(side).newlyHit).toBe(0);
  });

  it('is decided for the new time when the clock is set', async () => {
    daemon = await ChangingRules.open(policyOf(ALLOW), HEADER, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    const { side } = begin(policyOf('{ name: later, action: block, when: { from: 2030-01-01T00:00:00Z } }'));
    expect(actionsOf(side)).toEqual({ 'allow-allow': CLIENTS });
    daemon.changes.clockWasSet(6 * 365 * 86_400 * SECOND_US);
    expect(actionsOf(side)).toEqual({ 'allow-allow': CLIENTS, 'allow-block': CLIENTS });
  });

  it('ends without a trace: the next one begins at 0', async () => {
    daemon = await ChangingRules.open(policyOf(ALLOW), HEADER, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    const { side } = begin(policyOf(BLOCK));
    daemon.engine.endShadow();
    await daemon.feed(CLIENTS, 2 * CLIENTS, START_US + SECOND_US);
    expect([side.comparison.flows, daemon.engine.shadow]).toEqual([CLIENTS, null]);
    const { side: next } = begin(policyOf(BLOCK));
    expect(next.comparison.flows).toBe(2 * CLIENTS);
    expect(next.comparison.forgetClients()).toBe(2 * CLIENTS);
    expect(next.comparison.hits.newlyHit).toBe(0);
  });
});

describe("the breaker of a shadow's policy", () => {
  it('goes on from what the daemon has hit, as after a reload', async () => {
    daemon = await ChangingRules.open(policyOf(BLOCK), HEADER, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    const { trips } = begin(policyOf(BLOCK, CLIENTS + 1));
    // Clients that are hit already are not new.
    await daemon.feed(0, CLIENTS, START_US + SECOND_US);
    expect(trips).toEqual([]);
    await daemon.feed(CLIENTS, CLIENTS + 3, START_US + 2 * SECOND_US);
    expect(trips).toMatchObject([{ cause: 'clients', affected: CLIENTS + 2, allowed: CLIENTS + 1 }]);
    expect(daemon.trips).toEqual([]);
  });

  it('counts the clients that only it would hit, where the daemon observes', async () => {
    daemon = await ChangingRules.open(policyOf(BLOCK).replace('enforce', 'observe'), HEADER, handshake);
    await daemon.feed(0, CLIENTS, START_US);
    const { trips } = begin(policyOf(BLOCK, CLIENTS - 1));
    await daemon.feed(0, CLIENTS, START_US + SECOND_US);
    expect(trips).toMatchObject([{ cause: 'clients', affected: CLIENTS, allowed: CLIENTS - 1 }]);
  });
});

describe('more clients than are kept', () => {
  it('are counted as left out, and suspected findings leave room for confirmed ones', async () => {
    daemon = await ChangingRules.open(policyOf(ALLOW), HEADER, handshake);
    const tracker = new AssemblyTracker(1000);
    const session = new Session(tracker);
    const { shadowed } = session.beginShadowed(rulesOf(policyOf(ALLOW), HEADER), { sink: {} });
    const draft = rulesOf(policyOf(BLOCK), HEADER);
    let comparison: ShadowComparison | null = null;
    const makeListener: Parameters<typeof shadowed.begin>[2] = (active, shadow) => {
      const sides = { table: tracker.table, active, shadow, shadowPolicy: draft.policy };
      comparison = new ShadowComparison(sides, () => undefined, 8);
      return comparison;
    };
    shadowed.begin(draft, new TrialAdmission(draft.policy.safety), makeListener, START_US, 0);
    const initiation = new Conversation('wireguard/handshake-only.pcap', 1);
    const suspected = initiation.capture(0, 10, START_US, 1000);
    const confirmed = handshake.capture(10, 20, START_US + SECOND_US, 1000).subarray(24);
    const bytes = Buffer.concat([suspected, confirmed]);
    const capture = captureOf('memory', new MemoryInput(bytes));
    const batch = new PacketBatch();
    while (await capture.read(batch)) session.process(batch);
    const { hits, flows, flowsLeftOut, flowsByAction } = comparison!;
    expect([flows, hits.count, hits.newlyHit, flowsLeftOut]).toEqual([20, 8, 8, 12]);
    expect(actionFigures(flowsByAction)).toEqual({ 'allow-block': 20 });
    await session.finish();
    await capture.close();
  });
});
