/**
 * Decisions with a shadow: a second set of rules may decide the same flows beside the active one, from any moment on.
 * The outcome of a packet is that of the active rules alone. The shadow has decisions, tunnels and evidence of its own,
 * so it changes nothing of the active side.
 */
import type { FlowEnd } from '../dataplane/host/flow-end.ts';
import type { Detection } from '../dataplane/host/detection.ts';
import { Outcome } from '../dataplane/host/outcome.ts';
import type { DecisionController } from '../decision/decision-controller.ts';
import type { DecisionPort } from '../decision/decision-controller.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import type { Decisions } from '../decision/decisions.ts';
import type { Rules } from '../decision/rules.ts';
import type { HitAdmission } from '../decision/hit-admission.ts';
import type { DecisionTable } from '../decision/decision-table.ts';

/** Receives what the shadow decides. A slot is valid during the call only. */
export interface ShadowListener {
  /** One or both sides have decided the flow otherwise than before, or for the first time. */
  decided(slot: number): void;
  /** The shadow would not simply forward a packet. */
  affected(outcome: Outcome, wireLength: number): void;
  /** The flow ends. */
  ended(slot: number): void;
}

/** Makes the listener of a shadow, which may read the decisions of both sides. */
export type MakeListener = (active: DecisionTable, shadow: DecisionTable) => ShadowListener;

/** The shadow's side. */
interface Shadow {
  readonly controller: DecisionController;
  readonly decisions: Decisions;
  readonly listener: ShadowListener;
}

export class ShadowedDecisions implements DecisionPort {
  private readonly active: DecisionController;
  private shadow: Shadow | null = null;
  /** Flows that a side has decided since the listener was called last. Both sides decide before it is. */
  private readonly decidedSlots: number[] = [];

  constructor(active: DecisionController) {
    this.active = active;
  }

  /** The sink of the active side: its decisions are also noted for a shadow. */
  noting(sink: DecisionSink): DecisionSink {
    return {
      decided: (flow, decision, timeUs, packet) => {
        sink.decided?.(flow, decision, timeUs, packet);
        if (this.shadow !== null) this.decidedSlots.push(flow.slot);
      },
      ...(sink.ended !== undefined && {
        ended: (flow, decision, reason) => {
          sink.ended!(flow, decision, reason);
        },
      }),
    };
  }

  /**
   * Begins a shadow, in place of an earlier one: the flows that are active are decided at this packet time. Between two
   * batches only.
   */
  begin(rules: Rules, admission: HitAdmission, makeListener: MakeListener, timeUs: number, packet: number): void {
    const controller = this.active.beside();
    const note: DecisionSink = { decided: ({ slot }) => this.decidedSlots.push(slot) };
    const decisions = controller.begin(rules, note, admission);
    const listener = makeListener(this.active.decisionTable, controller.decisionTable);
    this.decidedSlots.length = 0;
    this.shadow = { controller, decisions, listener };
    controller.takeOver(this.active, timeUs, packet);
    this.settle(listener);
  }

  end(): void {
    this.shadow = null;
    this.decidedSlots.length = 0;
  }

  /** Replaces the shadow's rules, or decides its flows again by the same ones, after the active side has. */
  replaceRules(rules: Rules, timeUs: number, packet: number): void {
    if (this.shadow === null) return;
    this.shadow.decisions.replaceRules(rules, timeUs, packet);
    this.settle(this.shadow.listener);
  }

  /** Another capture begins, with a clock of its own; all flows of the one before have ended. */
  nextCapture(): void {
    this.shadow?.decisions.nextCapture();
  }

  /** Throws if an invariant of the shadow is broken. To be called between two batches. */
  checkInvariants(): void {
    this.shadow?.decisions.checkInvariants();
  }

  get delayUs(): number {
    return this.active.delayUs;
  }

  onDetection(slot: number, detection: Detection): void {
    this.active.onDetection(slot, detection);
    if (this.shadow === null) return;
    this.shadow.controller.onDetection(slot, detection);
    this.settle(this.shadow.listener);
  }

  get wantsAllFlowEnds(): boolean {
    return this.active.wantsAllFlowEnds;
  }

  wantsFlowEnd(slot: number): boolean {
    return this.active.wantsFlowEnd(slot) || this.shadow?.controller.isDecided(slot) === true;
  }

  noChangeUntil(timeUs: number): number {
    const untilUs = this.active.noChangeUntil(timeUs);
    return this.shadow === null ? untilUs : Math.min(untilUs, this.shadow.controller.noChangeUntil(timeUs));
  }

  quietUntil(slot: number): number {
    const untilUs = this.active.quietUntil(slot);
    return this.shadow === null ? untilUs : Math.min(untilUs, this.shadow.controller.quietUntil(slot));
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    const outcome = this.active.packet(slot, wireLength, packet);
    const { shadow } = this;
    if (shadow === null) return outcome;
    const shadowOutcome = shadow.controller.packet(slot, wireLength, packet);
    if (shadowOutcome !== Outcome.FORWARDED) shadow.listener.affected(shadowOutcome, wireLength);
    this.settle(shadow.listener);
    return outcome;
  }

  ended(slot: number, reason: FlowEnd): void {
    this.shadow?.listener.ended(slot);
    this.active.ended(slot, reason);
    this.shadow?.controller.ended(slot, reason);
  }

  private settle(listener: ShadowListener): void {
    const { decidedSlots } = this;
    if (decidedSlots.length === 0) return;
    for (const slot of decidedSlots) listener.decided(slot);
    decidedSlots.length = 0;
  }
}
