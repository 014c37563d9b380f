/**
 * The safety limits of a policy: how many clients may newly be hit (throttled or blocked) within a window. All limits
 * apply at once. A limit allows min(clients, max(floor, share × the clients with a VPN finding of its stage in the
 * window)) clients.
 */
import { ClientGroup, GROUP_NAMES } from './client-groups.ts';
import type { Then } from './then.ts';

export interface Limit {
  readonly windowUs: number;
  /** The group of clients that the limit counts. */
  readonly group: ClientGroup;
  readonly clients: number;
  /** Fraction, 0 to 1, of the clients with a finding; null for no such limit. */
  readonly share: number | null;
  /** Clients that are allowed however small the fraction of them is. */
  readonly floor: number;
  readonly then: Then;
}

/** The largest number of limits in a policy. */
export const MAX_LIMITS = 16;

export interface Safety {
  readonly limits: readonly Limit[];
  /** Registered hits by rules without `hits_registered: true` that are allowed before the breaker trips. */
  readonly registered: number;
}

/** The floor of a limit that states none: a share of very few clients would allow none. */
export const DEFAULT_FLOOR = 10;

const SECOND = 1e6;
const { CONFIRMED, SUSPECTED, ANY } = ClientGroup;

/** The limits of a policy without a `safety` section. */
export const DEFAULT_SAFETY: Safety = {
  limits: [
    { windowUs: 60 * SECOND, group: CONFIRMED, clients: 500, share: 0.05, floor: 10, then: 'observe' },
    { windowUs: 3600 * SECOND, group: CONFIRMED, clients: 2000, share: 0.1, floor: 20, then: 'observe' },
    { windowUs: 86_400 * SECOND, group: ANY, clients: 5000, share: null, floor: DEFAULT_FLOOR, then: 'observe' },
    // Suspected findings have limits of their own, so a flood of handshakes from spoofed addresses does not use up
    // those above.
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

/** The form with one window applies its share from this number of clients on. Fewer clients count as this many. */
const SHARE_MINIMUM = 200;

/** The limits of the older form of `safety`: one window for all stages. */
export function oneWindow(windowUs: number, clients: number, share: number): Safety {
  const floor = Math.round(share * SHARE_MINIMUM);
  return {
    limits: [{ windowUs, group: ANY, clients, share: limitingShare(share), floor, then: 'observe' }],
    registered: 0,
  };
}

/** Null for a share of 100 %: it limits nothing, and clients seen are counted over slightly less than the window. */
export function limitingShare(share: number): number | null {
  return share < 1 ? share : null;
}

/** Clients that a limit allows where `seen` clients have a finding. */
export function allowedBy({ clients, share, floor }: Pick<Limit, 'clients' | 'share' | 'floor'>, seen: number): number {
  if (share === null) return clients;
  // 29 % of 100 is 29; the small addend makes up for the rounding of binary fractions.
  return Math.min(clients, Math.max(floor, Math.floor(share * seen + 1e-9)));
}

const UNITS = [
  { name: 'd', us: 86_400 * SECOND },
  { name: 'h', us: 3600 * SECOND },
  { name: 's', us: SECOND },
] as const;

/** `60s`, `1h`, `24h`, `7d`: the largest unit that divides the window; days from two on. */
export function windowText(windowUs: number): string {
  for (const { name, us } of UNITS) {
    const count = windowUs / us;
    if (Number.isInteger(count) && (count > 1 || name !== 'd')) return `${count}${name}`;
  }
  return `${windowUs / 1000}ms`;
}

/** The name of a limit: `60s confirmed`. */
export function limitText({ windowUs, group }: Limit): string {
  return `${windowText(windowUs)} ${GROUP_NAMES[group]}`;
}
