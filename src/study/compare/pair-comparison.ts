/** Two sets of rules compared: the flows that change, their clients, and the registered users among them. */
import type { ShownRegistration } from '../../decision/decision-sink.ts';
import { ClientHits, HitUser, hitUserOf } from '../../policy/client-hits.ts';
import type { Policy } from '../../policy/policy.ts';
import type { ChangeGroups } from './change-groups.ts';
import { ChangeTable } from './change-table.ts';
import { changedDecisions, type FlowChange, isHit, isRegistered, type SideOfFlow } from './flow-change.ts';
import { RowSet } from '../row-set.ts';

/** A registered user who is newly hit. */
export interface HitHolder {
  readonly registration: ShownRegistration;
  /** It is registered no more. */
  readonly isDeregistered: boolean;
  flows: number;
}

export class PairComparison {
  /** Place of the second set of rules among all, from 1 on. */
  readonly side: number;
  /** Flows that change; flows treated alike by another rule or registration. */
  changed = 0;
  decidedOtherwise = 0;
  /** Packets and bytes of the flows that change. */
  packets = 0;
  bytes = 0;
  readonly hits = new ClientHits();
  readonly table = new ChangeTable();
  /** The same flows by one property each; null where no output shows it. */
  groups: ChangeGroups | null = null;
  /** The registered users who are newly hit, by what identifies their registration. */
  readonly holders = new Map<string, HitHolder>();
  /** Receives each flow that changes. */
  onChange: ((change: FlowChange) => void) | null = null;
  private readonly changedClientRows = new RowSet();
  private readonly policy: Policy;
  private readonly ruleNumbers: ReadonlyMap<string | null, number>;

  constructor(side: number, policy: Policy) {
    this.side = side;
    this.policy = policy;
    this.ruleNumbers = new Map(policy.rules.map(({ name }, number) => [name, number]));
  }

  /** Clients with a flow that changes. */
  get changedClients(): number {
    return this.changedClientRows.count;
  }

  /** Newly hit clients who are registered, or were before the change. */
  get registeredClients(): number {
    return this.hits.registeredOrDeregistered;
  }

  /** Newly hit clients by rule, the one that hits most first. */
  hitsByRule(): (readonly [rule: string, clients: number])[] {
    const hits = [...this.hits.byRule()].map(([rule, clients]) => [this.policy.rules[rule]!.name, clients] as const);
    return hits.sort(([, a], [, b]) => b - a);
  }

  /** Takes a flow at its end. */
  take(change: FlowChange): void {
    const { flow, before, after } = change;
    const rule = this.ruleNumbers.get(after.strongest.rule) ?? -1;
    const isOnPurpose = this.policy.rules[rule]?.hitsRegistered === true;
    const isNewlyHit = isHit(after) && !isHit(before);
    const user = isNewlyHit ? hitUserOf(isRegistered(before), isRegistered(after), isOnPurpose) : HitUser.OTHER;
    const client = this.hits.take(flow.source, isHit(before), isHit(after), rule, user);
    if (user !== HitUser.OTHER) this.noteHolder(user === HitUser.REGISTERED ? after : before, user);
    const decisions = changedDecisions(change);
    if (decisions === null) {
      if (!isSameDecision(before, after)) this.decidedOtherwise++;
      return;
    }
    this.changed++;
    this.packets += flow.packetsToDestination + flow.packetsToSource;
    this.bytes += flow.bytesToDestination + flow.bytesToSource;
    this.changedClientRows.add(client);
    this.table.take(flow, ...decisions, client);
    this.groups?.take(flow, ...decisions, client);
    this.onChange?.(change);
  }

  private noteHolder({ strongest }: SideOfFlow, user: HitUser): void {
    for (const registration of [strongest.source, strongest.destination]) {
      if (registration === null) continue;
      const key = [registration.prefix, registration.holder, registration.reference].join('\0');
      const holder = this.holders.get(key) ?? {
        registration,
        isDeregistered: user === HitUser.DEREGISTERED,
        flows: 0,
      };
      holder.flows++;
      this.holders.set(key, holder);
    }
  }
}

function isSameDecision({ last: a }: SideOfFlow, { last: b }: SideOfFlow): boolean {
  const isSame = (x: ShownRegistration | null, y: ShownRegistration | null): boolean =>
    x === y || (x !== null && y !== null && x.prefix === y.prefix && x.reference === y.reference);
  return a.rule === b.rule && isSame(a.source, b.source) && isSame(a.destination, b.destination);
}
