/**
 * A shadow that begins in the middle of traffic decides each flow as an engine does that decided by the draft from the
 * first packet on: tunnels, raised findings and registered ends of tunnels are taken over. Compared after every batch,
 * for a beginning at every batch, on captures with tunnels of several flows.
 */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PacketBatch } from '../../../src/capture/packet-batch.ts';
import { openCapture } from '../../../src/capture/format/open-capture.ts';
import { RunEngine } from '../../../src/daemon/daemon-engine.ts';
import { ShadowSide } from '../../../src/daemon/shadow-side.ts';
import { AssemblyTracker } from '../../../src/dataplane/host/assembly-tracker.ts';
import {
  DECISION_WORDS,
  type DecisionTable,
  DecisionWord,
  VPN_FLOW_WORDS,
  VpnFlowWord,
} from '../../../src/decision/decision-table.ts';
import type { Rules } from '../../../src/decision/rules.ts';
import { ROOT } from '../../kit/committed-captures.ts';
import { REGISTRY_HEADER, rulesOf } from '../../kit/rehearsed-day.ts';

/** Bytes per read: batches of few packets. */
const PAYLOAD = 700;
const SAFETY = 'safety: { limits: [{ window: 60s, clients: 1000000 }], registered: 1000000 }\n';
const ALLOW = 'name: active\nmode: enforce\nrules:\n  - { name: all, action: allow }\n';
const DRAFT = `name: draft
mode: enforce
rules:
  - { name: suspected, when: { stage: suspected }, action: block }
  - { name: registered, when: { registered: either }, action: throttle, rate: 1kbit/s }
  - { name: rest, action: block }
`;

async function engineBy(rules: Rules): Promise<RunEngine> {
  const engine = new RunEngine(rules, new AssemblyTracker(1000), {}, [1, 2, 3, 4], () => undefined);
  return Promise.resolve(engine);
}

/** What a side knows of each active flow, by slot. */
function decisionsOf(engine: RunEngine, table: DecisionTable): object[] {
  return engine.table.activeSlots().map((slot) => {
    const flow = slot * VPN_FLOW_WORDS;
    const row = table.numberOf(slot) * DECISION_WORDS;
    const { ACTION, RULE, STAGE, SOURCE_REGISTRATION, DESTINATION_REGISTRATION } = DecisionWord;
    return {
      slot,
      finding: table.flowWords[flow + VpnFlowWord.FINDING],
      tunnel: table.flowWords[flow + VpnFlowWord.TUNNEL],
      isRaised: table.flowWords[flow + VpnFlowWord.TUNNEL_EVIDENCE] !== 0,
      decision: [ACTION, RULE, STAGE, SOURCE_REGISTRATION, DESTINATION_REGISTRATION].map(
        (word) => table.words[row + word],
      ),
    };
  });
}

/** Runs the captures with a shadow from a batch on; returns the number of batches, and of flows with a tunnel at the beginning. */
async function compare(paths: readonly string[], registry: string, from: number): Promise<readonly [number, number]> {
  const active = await engineBy(rulesOf(ALLOW + SAFETY, registry));
  const draftRules = rulesOf(DRAFT + SAFETY, registry);
  const draft = await engineBy(draftRules);
  let [batches, tunnels] = [0, 0];
  for (const path of paths) {
    const captures = [0, 1].map(() => openCapture(resolve(ROOT, 'captures', path), { payloadLength: PAYLOAD }));
    const pairs = [active, draft].map((engine, at) => ({ engine, capture: captures[at]!, batch: new PacketBatch() }));
    for (;;) {
      const read = await Promise.all(pairs.map(({ capture, batch }) => capture.read(batch)));
      if (read.includes(false)) break;
      for (const { engine, batch } of pairs) await engine.process(batch);
      if (batches++ === from) {
        const alarms = { registeredHit: () => undefined, wouldTrip: () => undefined };
        active.beginShadow(new ShadowSide({ policy: draftRules.policy, registry: null }, active.timeUs, alarms));
        tunnels = active.tunnels.count;
      }
      if (active.shadow === null) continue;
      const shadowTable = active.shadow.comparison.sides.shadow;
      expect(decisionsOf(active, shadowTable)).toEqual(decisionsOf(draft, draft.decisionTable));
      active.checkShadowInvariants();
    }
    for (const capture of captures) await capture.close();
  }
  return [batches, tunnels];
}

describe('a shadow that begins at any batch', () => {
  it.each([
    ['wireguard/roaming-address.pcap', '192.0.2.0/24'],
    ['wireguard/roaming-port.pcap', '198.51.100.0/24'],
    ['wireguard/rekey.pcap', '10.0.0.0/8'],
    ['ipsec/ikev2-nat.pcap', '192.0.2.0/24'],
    ['ipsec/ikev2-mobike.pcap', '192.0.2.0/24'],
    ['ipsec/ikev2-esp-midstream.pcap', '198.51.100.0/24'],
    ['ipsec/ah.pcap', '192.0.2.0/24'],
  ])('decides as if it had always been there: %s', async (path, prefix) => {
    const registry = `${REGISTRY_HEADER}${prefix},Some Example Holder,it,,,,r-1\n`;
    let withTunnels = 0;
    for (let from = 0, last = 1; from < last; from += Math.ceil(last / 40)) {
      const [batches, tunnels] = await compare([path], registry, from);
      last = batches;
      if (tunnels > 0) withTunnels++;
    }
    expect(withTunnels).toBeGreaterThan(0);
  });
});
