/**
 * Collects what the throttles of a policy do to the packets of captures, in mode enforce. Memory is bounded: rows are
 * kept for the buckets in use, and for IDLE_LIMIT clients and registrations more whose bucket was forgotten, so that
 * they are counted once when they come back. Beyond that the row that was idle longest is counted early.
 *
 * Invariants: a row that has a rule is of one bucket in use, or idle; the others are free. `rows` has the rows that a
 * key can bring back.
 */
import { invariant } from '../../core/invariant.ts';
import type { Outcome } from '../../dataplane/host/outcome.ts';
import { IdleList } from '../../decision/idle-list.ts';
import type { ThrottleListener } from '../../decision/throttle-listener.ts';
import { BucketScope, type Throttle } from '../../policy/action.ts';
import { RuleTotals } from './rule-totals.ts';
import { SenderTimes } from './sender-times.ts';

const IDLE_LIMIT = 65_536;
const NO_ROW = -1;

/** A rule of a policy. Those that throttle are studied. */
export interface StudiedRule {
  readonly name: string;
  readonly throttle: Throttle | null;
}

export class ThrottleStudy implements ThrottleListener {
  /** In the order of the policy. */
  readonly totals: readonly RuleTotals[];
  private readonly byThrottle: ReadonlyMap<Throttle, RuleTotals>;
  private readonly idleLimit: number;
  /** By bucket; NO_ROW for one that is not in use. */
  private readonly rowOf: number[] = [];
  private readonly rows = new Map<string, number>();
  /** By row: its rule, null for a free row; and the key that can bring it back, null for the bucket of a flow. */
  private readonly ruleOf: (RuleTotals | null)[] = [];
  private readonly keyOf: (string | null)[] = [];
  private readonly times = new SenderTimes();
  private readonly idle = new IdleList();
  private readonly free: number[] = [];

  /** `idleLimit` is set by tests. */
  constructor(rules: readonly StudiedRule[], idleLimit = IDLE_LIMIT) {
    this.idleLimit = idleLimit;
    const throttled = rules.flatMap(({ name, throttle }) => (throttle === null ? [] : [{ name, throttle }]));
    this.totals = throttled.map(({ name, throttle }) => new RuleTotals(name, throttle));
    this.byThrottle = new Map(this.totals.map((totals) => [totals.throttle, totals]));
  }

  made(bucket: number, throttle: Throttle, scope: BucketScope, key: string): void {
    const known = this.rows.get(key);
    if (known !== undefined) this.idle.delete(known);
    this.rowOf[bucket] = known ?? this.begin(throttle, scope, key);
  }

  packet(bucket: number, wireLength: number, timeUs: number, outcome: Outcome, delayUs: number): void {
    const row = this.rowOf[bucket]!;
    const rule = this.ruleOf[row]!;
    rule.packet(wireLength, timeUs, outcome, delayUs);
    this.times.packet(row, wireLength, timeUs, rule.bytesPerMicro, rule.throttle.burst);
  }

  forgotten(bucket: number): void {
    const row = this.rowOf[bucket]!;
    this.rowOf[bucket] = NO_ROW;
    if (this.keyOf[row] === null) {
      this.count(row);
      return;
    }
    this.idle.add(row);
    if (this.idle.size <= this.idleLimit) return;
    const oldest = this.idle.first;
    this.ruleOf[oldest]!.countedEarly++;
    this.count(oldest);
  }

  forgottenAll(): void {
    for (const [row, rule] of this.ruleOf.entries()) if (rule !== null) this.count(row);
    this.rowOf.length = 0;
    for (const rule of this.totals) rule.endCapture();
  }

  /** Throws if an invariant is broken. */
  checkInvariants(): void {
    this.idle.checkInvariants();
    const inUse = this.rowOf.filter((row) => row !== NO_ROW);
    const taken = this.ruleOf.filter((rule) => rule !== null).length;
    invariant(new Set(inUse).size === inUse.length, 'a row is of one bucket');
    invariant(inUse.length + this.idle.size === taken, 'a row that has a rule is in use or idle');
    invariant(taken + this.free.length === this.ruleOf.length, 'a row has a rule or is free');
    for (const [key, row] of this.rows) invariant(this.keyOf[row] === key, 'a key and its row name each other');
  }

  private begin(throttle: Throttle, scope: BucketScope, key: string): number {
    const rule = this.byThrottle.get(throttle);
    if (rule === undefined) throw new Error('a throttle of another policy than the one that is studied');
    const row = this.free.pop() ?? this.ruleOf.length;
    this.ruleOf[row] = rule;
    this.keyOf[row] = scope === BucketScope.FLOW ? null : key;
    if (scope !== BucketScope.FLOW) this.rows.set(key, row);
    this.times.begin(row, throttle.burst);
    return row;
  }

  /** Counts the bucket of a row, which is free then. */
  private count(row: number): void {
    const rule = this.ruleOf[row]!;
    const key = this.keyOf[row] ?? null;
    if (this.times.hasPacket(row)) {
      rule.buckets++;
      if (key === null && rule.throttle.per === BucketScope.REGISTRATION) rule.unregisteredBuckets++;
      rule.slowdowns.add(this.times.takenUs(row), this.times.neededUs(row));
    }
    if (key !== null) this.rows.delete(key);
    this.idle.delete(row);
    this.ruleOf[row] = null;
    this.free.push(row);
  }
}
