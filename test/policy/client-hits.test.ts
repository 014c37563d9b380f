/** Clients that a change hits, against the obvious twin: all flows in a list. */
import { expect, it } from 'vitest';
import { ClientHits, HitUser } from '../../src/policy/client-hits.ts';
import { rounds } from '../kit/mutated.ts';
import { SeededRandom } from '../kit/random.mjs';

interface Flow {
  readonly client: number;
  readonly wasHit: boolean;
  readonly isHit: boolean;
  readonly rule: number;
  readonly user: HitUser;
}

it.each([1, 2, 3, 4])('newly hit clients are those of the twin, seed %i', (seed) => {
  const random = new SeededRandom(seed);
  const hits = new ClientHits();
  const flows: Flow[] = [];
  const rows = new Map<number, number>();
  // More clients than the first arrays hold.
  for (let i = 0; i < 1500 * seed; i++) {
    const flow = {
      client: random.below(seed === 1 ? 60 : 5000),
      wasHit: random.below(4) === 0,
      isHit: random.below(2) === 0,
      rule: random.below(4),
      user: random.below(3) as HitUser,
    };
    flows.push(flow);
    const row = hits.take([0, 0, 0xffff, flow.client], flow.wasHit, flow.isHit, flow.rule, flow.user);
    expect(row).toBe(rows.get(flow.client) ?? rows.size);
    rows.set(flow.client, row);
  }
  const clients = [...rows.keys()].map((client) => flows.filter((flow) => flow.client === client));
  const count = (holds: (own: readonly Flow[]) => boolean): number => clients.filter(holds).length;
  const was = (own: readonly Flow[]): boolean => own.some(({ wasHit }) => wasHit);
  const is = (own: readonly Flow[]): boolean => own.some(({ isHit }) => isHit);
  const newly = (own: readonly Flow[], user?: HitUser): Flow | undefined =>
    own.find((flow) => flow.isHit && !flow.wasHit && (user === undefined || flow.user === user));
  expect(hits.count).toBe(clients.length);
  expect(hits.newlyHit).toBe(count((own) => is(own) && !was(own)));
  expect(hits.noLongerHit).toBe(count((own) => was(own) && !is(own)));
  const registered = (own: readonly Flow[]): boolean => newly(own, HitUser.REGISTERED) !== undefined;
  const deregistered = (own: readonly Flow[]): boolean => newly(own, HitUser.DEREGISTERED) !== undefined;
  expect(hits.registeredHit).toBe(count(registered));
  expect(hits.deregistered).toBe(count(deregistered));
  expect(hits.registeredOrDeregistered).toBe(count((own) => registered(own) || deregistered(own)));
  expect(hits.registeredAlreadyHit).toBe(count((own) => (registered(own) || deregistered(own)) && was(own)));
  for (const [client, row] of [...rows].slice(0, rounds(1000)))
    expect(hits.wasHit(row)).toBe(flows.some((flow) => flow.client === client && flow.wasHit));
  const byRule = new Map<number, number>();
  for (const own of clients) {
    if (!is(own) || was(own)) continue;
    const { rule } = newly(own)!;
    byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
  }
  expect(hits.byRule()).toEqual(byRule);
});
