/** Evaluation of a change of rules on recorded flows, by cases. */
import { describe, expect, it } from 'vitest';
import { Protocol } from '../../src/core/protocol.ts';
import { Stage } from '../../src/dataplane/host/finding.ts';
import { evaluateChange, type HitLimit } from '../../src/policy/change-evaluation.ts';
import { evaluationFigures, excessesOf, hitLimitsOf } from '../../src/policy/change-verdict.ts';
import { DEFAULT_GUARD } from '../../src/policy/guard-limits.ts';
import { at, BANK, baseline, clients, NOW, policyOf, recorded, registryOf } from './recorded-flows.ts';
import type { Flow } from './recorded-flows.ts';

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
