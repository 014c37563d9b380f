/** The safety limits: those of a policy that states none, and their names. */
import { describe, expect, it } from 'vitest';
import { ClientGroup } from '../../src/policy/client-groups.ts';
import { allowedBy, DEFAULT_SAFETY, limitingShare, limitText, oneWindow, windowText } from '../../src/policy/limits.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';

const SECOND = 1e6;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const { CONFIRMED, SUSPECTED, ANY } = ClientGroup;

describe('safety limits', () => {
  it('of a policy that states none are those of the manual', () => {
    const observe = 'observe';
    const ignore = 'ignore-suspected';
    expect(DEFAULT_SAFETY).toEqual({
      limits: [
        { windowUs: 60 * SECOND, group: CONFIRMED, clients: 500, share: 0.05, floor: 10, then: observe },
        { windowUs: HOUR, group: CONFIRMED, clients: 2000, share: 0.1, floor: 20, then: observe },
        { windowUs: DAY, group: ANY, clients: 5000, share: null, floor: 10, then: observe },
        { windowUs: 60 * SECOND, group: SUSPECTED, clients: 200, share: null, floor: 10, then: ignore },
        { windowUs: DAY, group: SUSPECTED, clients: 1000, share: null, floor: 10, then: ignore },
      ],
      registered: 0,
    });
    const { policy } = parsePolicy(new TextEncoder().encode('name: x\nrules: [{ name: a, action: allow }]\n'), 'p');
    expect(policy!.safety).toEqual(DEFAULT_SAFETY);
  });

  it('without a share have none, as those with a share of all clients', () => {
    const text = 'name: x\nrules: [{ name: a, action: allow }]\nsafety: { limits: [{ window: 60s, clients: 5 }] }\n';
    const { policy } = parsePolicy(new TextEncoder().encode(text), 'p');
    expect(policy!.safety.limits).toMatchObject([{ clients: 5, share: null }]);
    expect([limitingShare(0.999), limitingShare(1)]).toEqual([0.999, null]);
    expect(oneWindow(60 * SECOND, 5, 1).limits).toMatchObject([{ share: null, group: ANY, then: 'observe' }]);
    expect(oneWindow(60 * SECOND, 5, 0.1).limits).toMatchObject([{ share: 0.1, floor: 20 }]);
  });

  it('allow the floor, then exactly the share, and never more than their clients', () => {
    const share = { windowUs: 60 * SECOND, group: ANY, clients: 500, share: 0.05, floor: 10, then: 'observe' } as const;
    expect([0, 10, 200, 201, 219, 220, 1000, 10_000, 1e6].map((seen) => allowedBy(share, seen))).toEqual([
      10, 10, 10, 10, 10, 11, 50, 500, 500,
    ]);
    expect(allowedBy({ ...share, share: 0.29 }, 100)).toBe(29);
    expect(allowedBy({ ...share, share: null }, 3)).toBe(500);
  });

  it.each([
    [60 * SECOND, '60s'],
    [SECOND, '1s'],
    [90 * SECOND, '90s'],
    [HOUR, '1h'],
    [2 * HOUR, '2h'],
    [36 * HOUR, '36h'],
    [DAY, '24h'],
    [7 * DAY, '7d'],
    [1.5 * SECOND, '1500ms'],
    [0.25 * SECOND, '250ms'],
  ])('with a window of %d µs are named %s', (windowUs, name) => {
    expect(windowText(windowUs)).toBe(name);
    expect(limitText({ ...DEFAULT_SAFETY.limits[0]!, windowUs })).toBe(`${name} confirmed`);
  });
});
