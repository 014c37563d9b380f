/**
 * The engine of a daemon: one pipeline that runs for months, whose rules are swapped while it does, with the breaker beside
 * it. Everything here runs between two batches or is one: nothing is asynchronous.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { Counters } from '../engine/counters.ts';
import type { DecisionSink } from '../engine/decision-sink.ts';
import { Decisions } from '../engine/decisions.ts';
import { DelayHistogram } from '../engine/delay-histogram.ts';
import { Judge } from '../engine/judge.ts';
import { Pipeline } from '../engine/pipeline.ts';
import type { Rules } from '../engine/rules.ts';
import { SafetyGuard } from '../engine/safety-guard.ts';
import { Tunnels } from '../engine/tunnels.ts';
import { FingerprintSet } from '../fingerprint/fingerprint-set.ts';
import { FlowTable } from '../flow/flow-table.ts';
import type { Trip } from '../policy/breaker.ts';
import type { LinkIdentity } from '../wire/link-identity.ts';

const MICROS_PER_MILLISECOND = 1000;

export class RunEngine {
  readonly table: FlowTable;
  readonly tunnels: Tunnels;
  readonly decisions: Decisions;
  readonly guard: SafetyGuard;
  /** How far the last packet of each batch was behind the wall clock when it had been decided: for live sources. */
  readonly lag = new DelayHistogram();
  private readonly pipeline: Pipeline;
  private rulesNow: Rules;

  constructor(
    rules: Rules,
    flowCapacity: number,
    linkIdentity: LinkIdentity,
    sink: DecisionSink,
    onTrip: (trip: Trip) => void,
  ) {
    const fingerprints = new FingerprintSet();
    this.rulesNow = rules;
    this.table = new FlowTable(flowCapacity);
    this.tunnels = new Tunnels(this.table, fingerprints.evidenceLog);
    this.guard = new SafetyGuard(rules.policy.safety, onTrip);
    this.decisions = new Decisions(this.table, fingerprints.evidenceLog, this.tunnels, rules, sink, this.guard);
    const judge = new Judge(this.table, this.tunnels, this.decisions);
    this.pipeline = new Pipeline(this.table, fingerprints, judge, null, this.guard, linkIdentity);
  }

  get counters(): Counters {
    return this.pipeline.counters;
  }

  get rules(): Rules {
    return this.rulesNow;
  }

  /** Packet time of the last packet; the wall clock's while there was none. */
  get timeUs(): number {
    const { lastTimeUs } = this.counters;
    return Number.isNaN(lastTimeUs) ? Date.now() * MICROS_PER_MILLISECOND : lastTimeUs;
  }

  process(batch: PacketBatch): void {
    this.pipeline.process(batch);
    this.lag.observe(Date.now() * MICROS_PER_MILLISECOND - this.counters.lastTimeUs);
  }

  /** Swaps the rules; returns how many flows were decided anew, and how many decisions changed. */
  replaceRules(rules: Rules): { readonly flows: number; readonly changed: number } {
    const { made } = this.decisions;
    const before = made.reduce((sum, count) => sum + count, 0);
    this.rulesNow = rules;
    this.guard.replaceLimits(rules.policy.safety);
    const flows = this.decisions.replaceRules(rules, this.timeUs, this.counters.packets);
    return { flows, changed: made.reduce((sum, count) => sum + count, 0) - before };
  }

  finish(): void {
    this.pipeline.finish();
  }
}
