/**
 * The rehearsal of 10 November 2024 in seven forms: how many clients are hit before the breaker trips, and whether
 * registered users are among them.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ALLOWED,
  BANK,
  captureOf,
  figuresOf,
  FORMS,
  MIXED,
  ONE_WINDOW,
  policy,
  type Rehearsed,
  SAFE_RULES,
} from '../kit/rehearsal-forms.ts';
import { live, REGISTRY_HEADER, rulesOf } from '../kit/rehearsed-day.ts';

const CLIENTS = 3000;

async function rehearse(name: keyof typeof FORMS, clients = CLIENTS): Promise<Rehearsed> {
  const rehearsed = await FORMS[name](clients);
  process.stdout.write(`10 November 2024, ${name}: ${JSON.stringify(figuresOf(rehearsed))}\n`);
  const { day, allowed } = rehearsed;
  expect(day.trips).toHaveLength(1);
  expect(day.hit.size).toBeLessThanOrEqual(allowed);
  expect(day.registeredHits.in_force).toMatchObject({ would: 0, done: 0 });
  return rehearsed;
}

describe('10 November 2024, rehearsed', () => {
  it('a rule that hits everyone', async () => {
    const { day, without } = await rehearse('a rule that hits everyone');
    expect(without.hit.size).toBeGreaterThan(CLIENTS * 0.7);
    expect(without.registeredHits.in_force!.done).toBeGreaterThan(100);
    // The very first client is registered: the trip comes before any hit.
    expect(day.trips[0]!.trip).toMatchObject({ cause: 'registered', affected: 1, allowed: 0 });
    expect(day.registeredHits.in_force!.prevented).toBeGreaterThan(100);
  });

  it('a registry that lost its rows', async () => {
    const { day, without } = await rehearse('a registry that lost its rows');
    // Three of four clients use a VPN. Without the breaker nearly all of them are cut off.
    expect(without.hit.size).toBeGreaterThan(CLIENTS * 0.7);
    expect(day.hit.size).toBe(ALLOWED);
    expect(day.trips[0]!.trip).toMatchObject({ cause: 'clients', affected: ALLOWED + 1 });
    expect(day.trips[0]).toMatchObject({ rule: 'unregistered', flows: 10 });
    expect(day.decided).toBe(without.decided);
  });

  it('an outage in slow steps: 400 clients a minute for 20 minutes', async () => {
    const { day, without } = await rehearse('an outage in slow steps', 8000);
    expect([without.hit.size, without.trips.length]).toEqual([8000, 0]);
    expect(day.hit.size).toBe(2000);
    expect(day.trips[0]!.trip).toMatchObject({ cause: 'clients', limit: '1h confirmed', affected: 2001 });
  });

  it('only VPN clients among many others: 400 of 10,400', async () => {
    const { day, without } = await rehearse('only VPN clients among many others', 10_400);
    expect(without.hit.size).toBe(400);
    expect(day.trips[0]!.trip.cause).toBe('share');
  });

  it('after a reload that changes a comment', async () => {
    const { day, without } = await rehearse('after a reload that changes a comment');
    expect(without.hit.size).toBeGreaterThan(CLIENTS * 0.4);
    // The reload neither trips nor resets the breaker: earlier hits still count.
    expect(day.trips[0]!.trip.cause).toBe('share');
    expect(day.hit.size).toBeGreaterThan(CLIENTS * 0.01);
  });

  it('registrations that all expire at midnight', async () => {
    const { day, without } = await rehearse('registrations that all expire at midnight');
    expect(without.hit.size).toBeGreaterThan(CLIENTS * 0.7);
    expect(day.hit.size).toBe(ALLOWED);
    expect(day.trips[0]!.trip).toMatchObject({ cause: 'clients', affected: ALLOWED + 1 });
    expect(day.trips[0]!.trip.timeUs).toBeGreaterThanOrEqual(Date.parse('2024-11-11T00:00:00Z') * 1000);
  });

  it("a schedule's boundary", async () => {
    const { day, without } = await rehearse("a schedule's boundary");
    expect(without.hit.size).toBeGreaterThan(CLIENTS * 0.4);
    expect(day.hit.size).toBe(ALLOWED);
    expect(day.trips[0]!.trip).toMatchObject({ cause: 'clients', affected: ALLOWED + 1 });
    expect(day.trips[0]!.trip.timeUs).toBeGreaterThanOrEqual(Date.parse('2024-11-10T13:00:00Z') * 1000);
  });
});

describe('a day on which nothing goes wrong', () => {
  const DAY = captureOf(MIXED, CLIENTS, 10_000);

  it('hits no client with the registry as it should be', async () => {
    const day = await live(rulesOf(policy(SAFE_RULES, ONE_WINDOW), BANK), DAY);
    expect(day.decided).toBeGreaterThan(CLIENTS / 2);
    expect(day.hit.size).toBe(0);
    expect(day.trips).toEqual([]);
  });

  it('the intended roll-out of the example policy does not trip', async () => {
    const text = readFileSync(new URL('../../rules/policy.yaml', import.meta.url), 'utf8')
      .replace('mode: observe', 'mode: enforce')
      .replace('2024-11-30T23:59:59+05:00', '2024-11-01T00:00:00+05:00');
    const day = await live(rulesOf(text, BANK.replace('198.51.100.0', '198.51.200.0')), DAY);
    expect(day.trips).toEqual([]);
    expect(day.hit.size).toBeGreaterThan(CLIENTS * 0.05);
    expect(day.hit.size).toBeLessThan(CLIENTS * 0.1);
  });

  it('reloads that change a comment trip nothing', async () => {
    const some = '\n  - { name: unregistered, when: { stage: confirmed }, rollout: 2%, action: block }';
    const share = 'safety: { window: 1h, max_clients_affected: 500, max_share_affected: 5%, then: observe }';
    const capture = captureOf(['wireguard/handshake-only.pcap'], CLIENTS, 10_000);
    const commented = (part: number) => ({
      beforePacket: CLIENTS * 2 * part,
      rules: rulesOf(policy(some, share, `# comment ${part}`), REGISTRY_HEADER),
    });
    const reloads = [commented(0.3), commented(0.6), commented(0.9)];
    const day = await live(rulesOf(policy(some, share), REGISTRY_HEADER), capture, { reloads });
    expect(day.trips).toEqual([]);
    expect(day.hit.size).toBeGreaterThan(CLIENTS * 0.01);
  });
});
