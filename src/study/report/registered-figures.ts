/**
 * Registered users whose flows a rule throttles or blocks: distinct clients, and the registrations of their flows. A
 * rule that says `hits_registered: true` is counted apart.
 */
import type { DecisionView, ShownRegistration } from '../../decision/decision-sink.ts';
import { RowSet } from '../row-set.ts';

/** Registrations that are kept at most, and that the figures list. */
const KEPT = 100_000;
const LISTED = 20;

export interface HitRegistration {
  readonly holder: string;
  readonly prefix: string;
  readonly sector: string;
  readonly decisions: number;
}

export interface RegisteredFigures {
  /** Distinct clients, by the address that started the flow. */
  readonly clients: number;
  readonly registrations: number;
  readonly on_purpose_clients: number;
  /** Those with most decisions first; null where holders are hidden. */
  readonly most_hit: readonly HitRegistration[] | null;
}

export class RegisteredUsers {
  private readonly hit = new RowSet();
  private readonly onPurpose = new RowSet();
  private readonly registrations = new Map<string, { readonly registration: ShownRegistration; decisions: number }>();

  /** Takes a throttle or block; `client` is the number of the flow's client. */
  take({ source, destination }: DecisionView, client: number, isOnPurpose: boolean): void {
    if (source === null && destination === null) return;
    if (isOnPurpose) {
      this.onPurpose.add(client);
      return;
    }
    this.hit.add(client);
    for (const registration of [source, destination]) if (registration !== null) this.note(registration);
  }

  figures(showsHolders: boolean): RegisteredFigures {
    const most = [...this.registrations.values()].sort((a, b) => b.decisions - a.decisions).slice(0, LISTED);
    return {
      clients: this.hit.count,
      registrations: this.registrations.size,
      on_purpose_clients: this.onPurpose.count,
      most_hit: showsHolders
        ? most.map(({ registration: { holder, prefix, sector }, decisions }) => ({ holder, prefix, sector, decisions }))
        : null,
    };
  }

  private note(registration: ShownRegistration): void {
    const key = [registration.prefix, registration.holder, registration.reference].join('\0');
    const known = this.registrations.get(key);
    if (known !== undefined) known.decisions++;
    else if (this.registrations.size < KEPT) this.registrations.set(key, { registration, decisions: 1 });
  }
}
