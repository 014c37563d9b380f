/** Evaluation of a change of rules on recorded flows: by cases, and against a twin that counts in sets of names. */
import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { formatAddress } from '../../src/core/ip-address.ts';
import { Stage } from '../../src/dataplane/host/finding.ts';
import { Action } from '../../src/policy/action.ts';
import { type ChangeEvaluation, evaluateChange, type HitLimit } from '../../src/policy/change-evaluation.ts';
import { evaluationFigures, excessesOf, hitLimitsOf } from '../../src/policy/change-verdict.ts';
import { actionOf, decidingRule } from '../../src/policy/decide.ts';
import { DecisionInput } from '../../src/policy/decision-input.ts';
import { DEFAULT_GUARD } from '../../src/policy/guard-limits.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import type { Mode } from '../../src/policy/mode.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { RecordedFlow, type RecordedFlows } from '../../src/policy/recorded-flow.ts';
import type { RulesAt } from '../../src/policy/trial-rules.ts';
import { NO_REGISTRATION } from '../../src/registry/registration.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { SeededRandom } from '../kit/random.mjs';
import { lazy } from '../kit/lazy.ts';

const NOW = 1_731_240_000_000_000;
const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function policyOf(...rules: string[]): Policy {
  const { policy, issues } = parsePolicy(
    encode(`name: x\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`),
    'p',
  );
  expect(issues.errorCount).toBe(0);
  return policy!;
}

function registryOf(...rows: string[]): Registry {
  return parseRegistry(encode(HEADER + rows.map((row) => `${row}\n`).join('')), 'r').registry!;
}

const at = (policy: Policy, registry: Registry, mode: Mode = 'enforce', timeUs = NOW): RulesAt => ({
  policy,
  registry,
  mode,
  timeUs,
});

/** A short form of a flow: the last bytes of client 10.0.0.x and server 198.51.100.y. */
interface Flow {
  readonly client: number;
  readonly server: number;
  readonly protocol?: number;
  readonly stage?: number;
  readonly tunnel?: number;
  readonly agoUs?: number;
  readonly bytes?: number;
  readonly keptServer?: number;
}

const CLIENT = 0x0a000000;
const SERVER = 0xc6336400 | 0;

function recorded(flows: readonly Flow[], leftOut = 0): RecordedFlows {
  const record = new RecordedFlow();
  return {
    visit: (take) => {
      for (const flow of flows) {
        const { input } = record;
        input.protocol = flow.protocol ?? Protocol.WIREGUARD;
        input.stage = flow.stage ?? Stage.CONFIRMED;
        input.transport = 17;
        input.source.set([0, 0, 0xffff, CLIENT | flow.client]);
        input.destination.set([0, 0, 0xffff, SERVER | flow.server]);
        input.bytes = flow.bytes ?? 1000;
        record.lastTimeUs = NOW - (flow.agoUs ?? 0);
        record.tunnel = flow.tunnel ?? 0;
        record.hasKeptSource = false;
        record.hasKeptDestination = flow.keptServer !== undefined;
        record.keptDestination.set([0, 0, 0xffff, SERVER | (flow.keptServer ?? 0)]);
        take(record);
      }
      return leftOut;
    },
  };
}

const baseline = lazy(() =>
  policyOf(
    '{ name: registered, when: { registered: either }, action: allow }',
    '{ name: rest, when: { registered: none }, action: block }',
  ),
);
const BANK = '198.51.100.0/24,Bank,bank,,,,r';
const clients = (count: number, first = 0): Flow[] =>
  Array.from({ length: count }, (_, number) => ({ client: first + number, server: 7 }));

describe('a change of rules', () => {
  it('that empties a registry would hit every client that loses its registration', () => {
    const flows = [...clients(50), ...clients(50)];
    const change = evaluateChange(at(baseline(), registryOf(BANK)), at(baseline(), registryOf()), recorded(flows), NOW);
    expect(change).toMatchObject({
      flows: 100,
      clients: 50,
      newlyHit: 50,
      noLongerHit: 0,
      deregistered: 50,
      registeredHit: 0,
    });
    expect(change.coverage).toMatchObject({ inForceBefore: 1, inForceAfter: 0, lost: 1 });
    expect(Object.fromEntries(change.hitsByRule)).toEqual({ rest: 50 });
    expect(change.registeredUsers).toMatchObject([
      { rule: 'rest', deregistered: true, registration: { holder: 'Bank', prefix: '198.51.100.0/24' } },
    ]);
    expect(excessesOf(change, DEFAULT_GUARD).map(({ limit, seen, refuses }) => [limit, seen, refuses])).toEqual([
      ['registrations', 1, true],
      ['deregistered', 50, true],
    ]);
  });

  it('that hits registered users is refused', () => {
    const everyone = policyOf('{ name: all, action: block }');
    const registry = registryOf(BANK);
    const change = evaluateChange(at(baseline(), registry), at(everyone, registry), recorded(clients(3)), NOW);
    expect(change).toMatchObject({ newlyHit: 3, registeredHit: 3, deregistered: 0 });
    expect(change.registeredUsers).toMatchObject([
      { rule: 'all', deregistered: false, registration: { holder: 'Bank' } },
    ]);
    expect(excessesOf(change, DEFAULT_GUARD)).toMatchObject([
      {
        limit: 'registered',
        seen: 3,
        allowed: 0,
        refuses: true,
        text: 'fewer than 5 clients with a registration would be hit, 0 may be',
      },
    ]);
  });

  it('that hits registered users on purpose is not refused', () => {
    const meant = policyOf('{ name: all, action: block, hits_registered: true }');
    const registry = registryOf(BANK);
    const change = evaluateChange(at(baseline(), registry), at(meant, registry), recorded(clients(3)), NOW);
    expect(change).toMatchObject({ newlyHit: 3, registeredHit: 0, deregistered: 0, registeredUsers: [] });
    expect(excessesOf(change, DEFAULT_GUARD)).toEqual([]);
  });

  it('names the first 20 registrations that it would hit', () => {
    const rows = Array.from({ length: 30 }, (_, at) => `198.51.100.${at},Holder ${at},bank,,,,r${at}`);
    const flows = Array.from({ length: 60 }, (_, at) => ({ client: at, server: at % 30 }));
    const everyone = policyOf('{ name: all, action: block }');
    const registry = registryOf(...rows);
    const change = evaluateChange(at(baseline(), registry), at(everyone, registry), recorded(flows), NOW);
    expect(change.registeredHit).toBe(60);
    expect(change.registeredUsers.map(({ registration }) => registration.reference)).toEqual(
      Array.from({ length: 20 }, (_, at) => `r${at}`),
    );
  });

  it('by time alone hits the clients of an expired registration', () => {
    const registry = registryOf('198.51.100.0/24,Bank,bank,,,2024-11-10,r');
    const midnight = Date.parse('2024-11-11T00:00:00Z') * 1000;
    const change = evaluateChange(
      at(baseline(), registry, 'enforce', midnight - 1),
      at(baseline(), registry, 'enforce', midnight),
      recorded(clients(20)),
      NOW,
    );
    expect(change).toMatchObject({ newlyHit: 20, deregistered: 20, coverage: { lost: 1 } });
  });

  it('newly hits a client once, and not one with another flow that was hit before', () => {
    const block = policyOf('{ name: wg, when: { protocol: wireguard }, action: block }');
    const all = policyOf('{ name: all, when: { registered: none }, action: block }');
    const flows: Flow[] = [
      { client: 1, server: 1 },
      { client: 1, server: 1, protocol: Protocol.IPSEC },
      { client: 2, server: 1, protocol: Protocol.IPSEC },
      { client: 2, server: 2, protocol: Protocol.OPENVPN },
    ];
    const limits: HitLimit[] = [{ windowUs: 60e6, stage: null, clients: 0, share: null, floor: 0 }];
    const change = evaluateChange(at(block, registryOf()), at(all, registryOf()), recorded(flows), NOW, limits);
    expect(change).toMatchObject({ clients: 2, newlyHit: 1, limits: [{ hit: 1, seen: 2 }] });
    expect(evaluationFigures(change)).toMatchObject({ actions: { 'allow-block': 3, 'block-block': 1 }, newly_hit: 1 });
  });

  it('from observe to enforce newly hits all clients of the rules; a change in mode observe is not refused for hits', () => {
    const registry = registryOf();
    const toEnforce = evaluateChange(
      at(baseline(), registry, 'observe'),
      at(baseline(), registry),
      recorded(clients(600)),
      NOW,
      hitLimitsOf(baseline().safety),
    );
    expect(toEnforce).toMatchObject({
      newlyHit: 600,
      isEnforced: true,
      limits: [
        { hit: 600, seen: 600, allowed: 30 },
        { hit: 600, seen: 600, allowed: 60 },
        { hit: 600, seen: 600, allowed: 5000 },
        { hit: 0, seen: 0, allowed: 200 },
        { hit: 0, seen: 0, allowed: 1000 },
      ],
    });
    expect(excessesOf(toEnforce, DEFAULT_GUARD)).toMatchObject([
      { limit: 'breaker', seen: 600, allowed: 30, refuses: true },
      { limit: 'breaker', seen: 600, allowed: 60, refuses: true },
    ]);
    const allow = policyOf('{ name: all, action: allow }');
    const observed = evaluateChange(
      at(allow, registry),
      at(baseline(), registry, 'observe'),
      recorded(clients(600)),
      NOW,
      hitLimitsOf(baseline().safety),
    );
    expect(observed).toMatchObject({ newlyHit: 600, isEnforced: false });
    expect(excessesOf(observed, DEFAULT_GUARD)).toMatchObject([
      { limit: 'breaker', refuses: false },
      { limit: 'breaker', refuses: false },
    ]);
  });

  it('uses a limit by the clients of its window and stage', () => {
    const flows: Flow[] = [
      { client: 1, server: 1 },
      { client: 2, server: 1, agoUs: 59e6 },
      { client: 3, server: 1, agoUs: 61e6 },
      { client: 4, server: 1, stage: Stage.SUSPECTED },
    ];
    const limit = (windowUs: number, stage: number | null): HitLimit => ({
      windowUs,
      stage,
      clients: 9,
      share: 0.5,
      floor: 1,
    });
    const limits = [limit(60e6, null), limit(3600e6, null), limit(60e6, Stage.CONFIRMED), limit(60e6, Stage.SUSPECTED)];
    const allow = policyOf('{ name: all, action: allow }');
    const change = evaluateChange(at(allow, registryOf()), at(baseline(), registryOf()), recorded(flows), NOW, limits);
    expect(change.limits.map(({ hit, seen, allowed }) => [hit, seen, allowed])).toEqual([
      [3, 3, 1],
      [4, 4, 2],
      [2, 2, 1],
      [1, 1, 1],
    ]);
  });

  it('uses up to sixteen limits, each counted apart', () => {
    const limits: HitLimit[] = Array.from({ length: 16 }, (_, number) => ({
      windowUs: (number + 1) * 1e6,
      stage: null,
      clients: 0,
      share: null,
      floor: 0,
    }));
    const flows: Flow[] = limits.map((_, number) => ({ client: number, server: 1, agoUs: number * 1e6 + 1 }));
    const allow = policyOf('{ name: all, action: allow }');
    const change = evaluateChange(at(allow, registryOf()), at(baseline(), registryOf()), recorded(flows), NOW, limits);
    expect(change.limits.map(({ hit, seen }) => [hit, seen])).toEqual(
      limits.map((_, number) => [number + 1, number + 1]),
    );
    const more = [...limits, limits[0]!];
    expect(() =>
      evaluateChange(at(allow, registryOf()), at(baseline(), registryOf()), recorded([]), NOW, more),
    ).toThrow('at most 16 limits are supported');
  });

  it('counts flows and bytes by action before and after, and no limit where none is given', () => {
    const some = policyOf('{ name: half, when: { source: 10.0.0.0/8, min_bytes: 100 }, action: block }');
    const flows: Flow[] = [...clients(3, 1), { client: 9, server: 7, bytes: 50 }];
    const change = evaluateChange(at(baseline(), registryOf()), at(some, registryOf()), recorded(flows), NOW);
    expect(change.limits).toEqual([]);
    // By action before times three plus action after: block (2) stays block for three, and becomes allow for one.
    expect([...change.flowsByAction]).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 3]);
    expect([...change.bytesByAction]).toEqual([0, 0, 0, 0, 0, 0, 50, 0, 3000]);
  });

  it('counts under its limits only clients that are newly hit, however many clients there are', () => {
    const allow = policyOf('{ name: all, action: allow }');
    const half = policyOf(
      '{ name: ok, action: allow, when: { destination: 198.51.100.8/32 } }',
      '{ name: cut, action: block }',
    );
    const flows: Flow[] = Array.from({ length: 3000 }, (_, client) => ({ client, server: client % 3 === 0 ? 8 : 7 }));
    const limit: HitLimit = { windowUs: 60e6, stage: null, clients: 5, share: null, floor: 0 };
    const change = evaluateChange(at(allow, registryOf()), at(half, registryOf()), recorded(flows), NOW, [limit]);
    expect(change.limits).toMatchObject([{ hit: 2000, seen: 3000, allowed: 5 }]);
    expect(change).toMatchObject({ newlyHit: 2000, clients: 3000 });
  });

  it('knows the sector of a registered end', () => {
    const banks = policyOf('{ name: banks, when: { sector: bank }, action: allow }', '{ name: rest, action: block }');
    const registry = registryOf('198.51.100.7/32,Bank,bank,,,,r', '198.51.100.8/32,Shop,it,,,,s');
    const flows: Flow[] = [7, 8, 9].map((server) => ({ client: server, server }));
    const allow = policyOf('{ name: all, action: allow }');
    const change = evaluateChange(at(allow, registry), at(banks, registry), recorded(flows), NOW);
    expect(change).toMatchObject({ newlyHit: 2, registeredHit: 1 });
  });

  it('covers all flows of a tunnel by a registered end, also by one at a kept address', () => {
    const flows: Flow[] = [
      { client: 1, server: 200, tunnel: 5 },
      { client: 1, server: 7, tunnel: 5 },
      { client: 2, server: 201, keptServer: 7 },
      { client: 3, server: 202, tunnel: 6 },
    ];
    const small = registryOf('198.51.100.7/32,Bank,bank,,,,r');
    const change = evaluateChange(at(baseline(), registryOf(BANK)), at(baseline(), small), recorded(flows), NOW);
    expect(change).toMatchObject({ newlyHit: 1, deregistered: 1 });
    expect(change.coverage.lost).toBe(1);
  });

  it('has the number of flows left out', () => {
    const change = evaluateChange(at(baseline(), registryOf()), at(baseline(), registryOf()), recorded([], 12), NOW);
    expect(change).toMatchObject({ flows: 0, flowsLeftOut: 12 });
  });
});

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
