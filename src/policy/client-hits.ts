/**
 * Clients that a change of rules hits. A client is hit where any flow of it is throttled or blocked; it is newly hit
 * where that is so after the change and not before.
 */
import type { Address } from './client-hash.ts';
import { ClientTable } from './client-table.ts';

/** What registrations say of a newly hit flow. */
export const HitUser = {
  /** It has none, or the rule that hits it says `hits_registered: true`. */
  OTHER: 0,
  /** It has one in force after the change. */
  REGISTERED: 1,
  /** It had one before the change, and has none after it. */
  DEREGISTERED: 2,
} as const;
export type HitUser = (typeof HitUser)[keyof typeof HitUser];

/** `isOnPurpose`: the rule that hits the flow says so. */
export function hitUserOf(wasRegistered: boolean, isRegistered: boolean, isOnPurpose: boolean): HitUser {
  if (isRegistered) return isOnPurpose ? HitUser.OTHER : HitUser.REGISTERED;
  return wasRegistered ? HitUser.DEREGISTERED : HitUser.OTHER;
}

/** Flags of a client. */
const HIT_BEFORE = 1;
const HIT_AFTER = 2;
const REGISTERED_HIT = 4;
const DEREGISTERED = 8;
const HAS_RULE = 16;
const FIRST_CLIENTS = 1024;

export class ClientHits {
  private readonly clients = new ClientTable();
  /** By client: its flags, and the number of the first rule that newly hits it. */
  private bits = new Uint8Array(FIRST_CLIENTS);
  private rules = new Int32Array(FIRST_CLIENTS);

  /** Distinct clients. */
  get count(): number {
    return this.clients.count;
  }

  /** Clients hit after the change and not before, and the reverse. */
  get newlyHit(): number {
    return this.countOf(HIT_AFTER, HIT_BEFORE);
  }

  get noLongerHit(): number {
    return this.countOf(HIT_BEFORE, HIT_AFTER);
  }

  /** Clients with a newly hit flow of such a user. */
  get registeredHit(): number {
    return this.countOf(REGISTERED_HIT);
  }

  get deregistered(): number {
    return this.countOf(DEREGISTERED);
  }

  /** Clients with a newly hit flow of either kind. */
  get registeredOrDeregistered(): number {
    return this.registeredHit + this.deregistered - this.countOf(REGISTERED_HIT | DEREGISTERED);
  }

  /** Those of them who are not among the newly hit clients, because another flow of theirs was hit before. */
  get registeredAlreadyHit(): number {
    const [registered, lost] = [REGISTERED_HIT | HIT_BEFORE, DEREGISTERED | HIT_BEFORE];
    return this.countOf(registered) + this.countOf(lost) - this.countOf(registered | lost);
  }

  /** True if a flow of the client can be taken without more than `limit` clients. */
  hasRoom(client: Address, limit: number): boolean {
    return this.clients.count < limit || this.clients.has(client);
  }

  /** Takes a flow; returns the number of its client, from 0 on. `rule` decides the flow after the change. */
  take(client: Address, wasHit: boolean, isHit: boolean, rule: number, user: HitUser): number {
    const row = this.clients.rowOf(client);
    if (row === this.bits.length) this.grow();
    const { bits } = this;
    if (wasHit) bits[row]! |= HIT_BEFORE;
    if (isHit) bits[row]! |= HIT_AFTER;
    if (!isHit || wasHit) return row;
    if ((bits[row]! & HAS_RULE) === 0) this.rules[row] = rule;
    bits[row]! |= HAS_RULE;
    if (user === HitUser.REGISTERED) bits[row]! |= REGISTERED_HIT;
    else if (user === HitUser.DEREGISTERED) bits[row]! |= DEREGISTERED;
    return row;
  }

  wasHit(client: number): boolean {
    return (this.bits[client]! & HIT_BEFORE) !== 0;
  }

  /** Newly hit clients by the rule that newly hits the first of their flows. */
  byRule(): Map<number, number> {
    const hits = new Map<number, number>();
    for (let client = 0; client < this.count; client++) {
      if ((this.bits[client]! & (HIT_AFTER | HIT_BEFORE)) !== HIT_AFTER) continue;
      const rule = this.rules[client]!;
      hits.set(rule, (hits.get(rule) ?? 0) + 1);
    }
    return hits;
  }

  /** Clients with all the wanted flags and none of the unwanted ones. */
  private countOf(wanted: number, unwanted = 0): number {
    let count = 0;
    for (let client = 0; client < this.count; client++) {
      const value = this.bits[client]!;
      if ((value & wanted) === wanted && (value & unwanted) === 0) count++;
    }
    return count;
  }

  private grow(): void {
    const { bits, rules } = this;
    this.bits = new Uint8Array(bits.length * 2);
    this.bits.set(bits);
    this.rules = new Int32Array(bits.length * 2);
    this.rules.set(rules);
  }
}
