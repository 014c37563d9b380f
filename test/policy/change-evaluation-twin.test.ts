/** Evaluation of a change of rules on recorded flows, against a twin that counts in sets of names. */
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/core/ip-address.ts';
import { Action } from '../../src/policy/action.ts';
import { type ChangeEvaluation, evaluateChange } from '../../src/policy/change-evaluation.ts';
import { actionOf, decidingRule } from '../../src/policy/decide.ts';
import { DecisionInput } from '../../src/policy/decision-input.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { RulesAt } from '../../src/policy/trial-rules.ts';
import { NO_REGISTRATION } from '../../src/registry/registration.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { SeededRandom } from '../kit/random.mjs';
import { at, CLIENT, NOW, policyOf, recorded, registryOf, SERVER } from './recorded-flows.ts';
import type { Flow } from './recorded-flows.ts';

function without(all: ReadonlySet<string>, others: ReadonlySet<string>): number {
  return [...all].filter((name) => !others.has(name)).length;
}

/** The slow twin: the same figures from sets of addresses, flow by flow. */
function twin(before: RulesAt, after: RulesAt, flows: readonly Flow[]): Record<string, number> {
  const input = new DecisionInput();
  const decide = (rules: RulesAt, flow: Flow): { hit: boolean; registered: boolean } => {
    const covered = (word: number, protocol: number): boolean =>
      rules.registry.covers(0, 0, 0xffff, word, rules.timeUs, protocol) !== NO_REGISTRATION;
    const mates = flow.tunnel === undefined ? [flow] : flows.filter(({ tunnel }) => tunnel === flow.tunnel);
    const source = mates.some((mate) => covered(CLIENT | mate.client, mate.protocol!));
    const destination =
      mates.some((mate) => covered(SERVER | mate.server, mate.protocol!)) ||
      (flow.keptServer !== undefined && covered(SERVER | flow.keptServer, flow.protocol!));
    input.protocol = flow.protocol!;
    input.stage = flow.stage!;
    input.transport = 17;
    input.source.set([0, 0, 0xffff, CLIENT | flow.client]);
    input.destination.set([0, 0, 0xffff, SERVER | flow.server]);
    input.timeUs = rules.timeUs;
    input.sourceRegistration = source ? 0 : -1;
    input.destinationRegistration = destination ? 0 : -1;
    return {
      hit: actionOf(rules.policy, decidingRule(rules.policy, input)) !== Action.ALLOW,
      registered: source || destination,
    };
  };
  const isEnforced = after.mode === 'enforce';
  const set = (): Set<string> => new Set();
  const sets = { all: set(), before: set(), after: set(), registered: set(), deregistered: set() };
  for (const flow of flows) {
    const client = formatAddress(0, 0, 0xffff, CLIENT | flow.client);
    const [old, now] = [decide(before, flow), decide(after, flow)];
    const wasHit = old.hit && (!isEnforced || before.mode === 'enforce');
    sets.all.add(client);
    if (wasHit) sets.before.add(client);
    if (now.hit) sets.after.add(client);
    if (now.hit && !wasHit && now.registered) sets.registered.add(client);
    if (now.hit && !wasHit && !now.registered && old.registered) sets.deregistered.add(client);
  }
  return {
    flows: flows.length,
    clients: sets.all.size,
    newlyHit: without(sets.after, sets.before),
    noLongerHit: without(sets.before, sets.after),
    registeredHit: sets.registered.size,
    deregistered: sets.deregistered.size,
  };
}

describe('figures of a change', () => {
  it('equal those of the twin for random rules and flows', () => {
    const random = new SeededRandom(99);
    const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
    const randomPolicy = (): Policy =>
      policyOf(
        ...Array.from({ length: 1 + random.below(4) }, (_, number) => {
          const when = [
            pick(['', 'registered: none', 'registered: either', 'registered: source', 'registered: both']),
            pick(['', '', 'protocol: wireguard', 'protocol: [openvpn, ipsec]']),
            pick(['', '', 'stage: confirmed']),
          ];
          const rollout = pick(['', '', ', rollout: 50%']);
          const conditions = when.filter((text) => text !== '').join(', ');
          return `{ name: r${number}, action: ${pick(['allow', 'block'])}, when: { ${conditions} }${rollout} }`;
        }),
      );
    const randomRegistry = (): Registry =>
      registryOf(
        ...Array.from({ length: random.below(6) }, () => {
          const prefix =
            random.below(2) === 0 ? `10.0.0.${random.below(8) * 32}/27` : `198.51.100.${random.below(8) * 32}/27`;
          return `${prefix},h,it,${pick(['', 'wireguard', 'openvpn;ipsec'])},,${pick(['', '2024-01-01'])},r`;
        }),
      );
    let hits = 0;
    for (let round = 0; round < 300; round++) {
      const flows: Flow[] = Array.from({ length: random.below(60) }, () => ({
        client: random.below(256),
        server: random.below(256),
        protocol: 1 + random.below(3),
        stage: 1 + random.below(2),
        ...(random.below(3) === 0 && { tunnel: 1 + random.below(4) }),
        ...(random.below(4) === 0 && { keptServer: random.below(256) }),
      }));
      const before = at(randomPolicy(), randomRegistry(), pick(['observe', 'enforce']));
      const after = at(randomPolicy(), randomRegistry(), pick(['observe', 'enforce']));
      const change: ChangeEvaluation = evaluateChange(before, after, recorded(flows), NOW);
      expect(change).toMatchObject(twin(before, after, flows));
      hits += change.newlyHit;
    }
    expect(hits).toBeGreaterThan(500);
  });
});
