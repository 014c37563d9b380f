/**
 * Limits on how many clients may newly be hit within a window: all hold at once. A limit allows min(clients, max(floor, share of the clients
 * with a VPN finding of its stage in the window)).
 */
import { ClientGroup, GROUP_NAMES } from './client-groups.ts';

/** Consequences of a limit that would be exceeded: nothing is enforced any more, or nothing against flows that are only suspected. */
export const THEN_NAMES = ['observe', 'ignore-suspected'] as const;
export type Then = (typeof THEN_NAMES)[number];

export interface Limit {
  readonly windowUs: number;
  /** Findings of this stage; of any for ANY. */
  readonly group: ClientGroup;
  readonly clients: number;
  /** Share of the clients with a finding, 0 to 1; null for none, and for all of them. */
  readonly share: number | null;
  /** Clients that the share always allows. */
  readonly floor: number;
  readonly then: Then;
}

export interface Safety {
  readonly limits: readonly Limit[];
  /** Registered hits that are not on purpose, before the breaker trips. */
  readonly registered: number;
}

/** Clients that a share allows where a limit says none: with few clients a share says nothing. */
export const DEFAULT_FLOOR = 10;

const SECOND = 1e6;
const { CONFIRMED, SUSPECTED, ANY } = ClientGroup;

/** The limits of a policy that states none: a file without a `safety` section is not one without safety. */
export const DEFAULT_SAFETY: Safety = {
  limits: [
    { windowUs: 60 * SECOND, group: CONFIRMED, clients: 500, share: 0.05, floor: 10, then: 'observe' },
    { windowUs: 3600 * SECOND, group: CONFIRMED, clients: 2000, share: 0.1, floor: 20, then: 'observe' },
    { windowUs: 86_400 * SECOND, group: ANY, clients: 5000, share: null, floor: DEFAULT_FLOOR, then: 'observe' },
    // A flood of handshakes from spoofed addresses uses up neither the limits of confirmed findings nor that of all.
    {
      windowUs: 60 * SECOND,
      group: SUSPECTED,
      clients: 200,
      share: null,
      floor: DEFAULT_FLOOR,
      then: 'ignore-suspected',
    },
    {
      windowUs: 86_400 * SECOND,
      group: SUSPECTED,
      clients: 1000,
      share: null,
      floor: DEFAULT_FLOOR,
      then: 'ignore-suspected',
    },
  ],
  registered: 0,
};

/** Clients below which the older form of one window does not look at the share: what it allows there is this share of them. */
const SHARE_MINIMUM = 200;

/** The safety of the older form: one window for all stages. */
export function oneWindow(windowUs: number, clients: number, share: number): Safety {
  const floor = Math.round(share * SHARE_MINIMUM);
  return {
    limits: [{ windowUs, group: ANY, clients, share: limitingShare(share), floor, then: 'observe' }],
    registered: 0,
  };
}

/** A share of 100 % limits nothing. Clients seen are counted over slightly less than the window, so it is left out. */
export function limitingShare(share: number): number | null {
  return share < 1 ? share : null;
}

/** Clients that a limit allows, of so many with a finding. */
export function allowedBy(limit: Limit, seen: number): number {
  if (limit.share === null) return limit.clients;
  // A share of 29 % of 100 is 29, whatever binary fractions make of it.
  return Math.min(limit.clients, Math.max(limit.floor, Math.floor(limit.share * seen + 1e-9)));
}

const UNITS = [
  { name: 'd', us: 86_400 * SECOND },
  { name: 'h', us: 3600 * SECOND },
  { name: 's', us: SECOND },
] as const;

/** `60s`, `1h`, `24h`, `7d`: a unit is used from two of it on, hours from one. */
export function windowText(windowUs: number): string {
  for (const { name, us } of UNITS) {
    const count = windowUs / us;
    if (Number.isInteger(count) && (count > 1 || name !== 'd')) return `${count}${name}`;
  }
  return `${windowUs / 1000}ms`;
}

/** A limit in words: `60s confirmed`. */
export function limitText({ windowUs, group }: Limit): string {
  return `${windowText(windowUs)} ${GROUP_NAMES[group]}`;
}
