/** One flow as the compiled fingerprints see it: payloads in, the finding out as words. */
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import type { EvidenceEntry } from '../../src/dataplane/host/evidence-rows.ts';
import { RETIRED } from '../../src/dataplane/host/holder.ts';
import {
  type Finding,
  findingInitiator,
  findingProtocol,
  findingStage,
  findingVariant,
  NO_FINDING,
  Stage,
  STAGE_NAMES,
  VARIANT_NAMES,
} from '../../src/dataplane/host/finding.ts';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { CompiledFingerprints, type SetAnswer } from './compiled-fingerprints.ts';

/** Packet time of the first payload: 2024-11-10T18:00:00Z. */
export const START_SECONDS = 1_731_261_600;

export interface Shown {
  readonly captured?: number;
  readonly framing?: Framing;
  readonly timeUs?: number;
  readonly evidenceOffset?: number;
}

/** A payload, the way it runs (0 forth, 1 back), and how many milliseconds it comes after the one before it beside the usual one. */
export type Step = readonly [direction: 0 | 1, bytes: Uint8Array, laterMs?: number];

export class FlowProbe {
  readonly set: CompiledFingerprints;
  private packet = 0;
  private handle = 0;
  private finding: Finding = NO_FINDING;
  private evidence = 0;
  private laterMs = 0;

  constructor(set = new CompiledFingerprints()) {
    this.set = set;
  }

  /** Shows a payload; `captured` bytes of it are there. Returns the finding after it. */
  send(direction: 0 | 1, bytes: Uint8Array, shown: Shown = {}): string {
    const packet = ++this.packet;
    const captured = Math.min(bytes.length, shown.captured ?? bytes.length);
    const framing = shown.framing ?? Framing.DATAGRAM;
    if (this.handle === RETIRED) {
      const isConfirmed = findingStage(this.finding) === Stage.CONFIRMED;
      if (isConfirmed || framing !== Framing.DATAGRAM || !this.set.opensSession(bytes, captured)) return this.found;
    }
    if (captured > 0) {
      const timeUs = shown.timeUs ?? START_SECONDS * 1e6 + (packet + this.laterMs) * 1000;
      const evidenceOffset = shown.evidenceOffset ?? 0;
      const payload = { bytes, captured, framing, direction, timeUs, packet, evidenceOffset };
      const answer = this.set.observe(payload, this.handle, this.finding, this.evidence);
      this.take(answer);
      if (this.finding === NO_FINDING && answer.evidenceOfHandle !== this.evidence)
        throw new Error('the handle tells of other evidence');
    }
    return this.found;
  }

  private take({ handle, finding, evidence }: SetAnswer): void {
    this.handle = handle;
    this.finding = finding;
    this.evidence = evidence;
  }

  sendStep([direction, bytes, laterMs = 0]: Step, shown: Shown = {}): string {
    this.laterMs += laterMs;
    return this.send(direction, bytes, shown);
  }

  sendAll(steps: readonly Step[], shown: Shown = {}): string {
    for (const step of steps) this.sendStep(step, shown);
    return this.found;
  }

  /** Protocol, variant and stage in words, or "none". */
  get found(): string {
    if (this.finding === NO_FINDING) return 'none';
    const { finding } = this;
    const variant = VARIANT_NAMES[findingVariant(finding)];
    return `${PROTOCOL_NAMES[findingProtocol(finding)]} ${variant} ${STAGE_NAMES[findingStage(finding)]}`;
  }

  /** Direction of the initiator's packets, -1 while unknown. */
  get initiator(): number {
    return findingInitiator(this.finding) - 1;
  }

  get entries(): EvidenceEntry[] {
    return this.set.entries(this.evidence);
  }

  get isRetired(): boolean {
    return this.handle === RETIRED;
  }

  /** The flow leaves inspection. */
  retire(): void {
    this.take(this.set.retire(this.handle, this.finding, this.evidence));
  }

  /** The flow is over: gives back what it holds. */
  end(): void {
    this.set.release(this.handle, this.evidence);
    this.handle = RETIRED;
    this.finding = NO_FINDING;
    this.evidence = 0;
  }
}

/** The finding after a whole flow of its own. */
export function foundIn(steps: readonly Step[], shown: Shown = {}): string {
  return new FlowProbe().sendAll(steps, shown);
}

/** The payloads of one direction. */
export function only(direction: 0 | 1, steps: readonly Step[]): Step[] {
  return steps.filter(([from]) => from === direction);
}

/** What an echo server makes of one side's payloads: each comes back as it went. */
export function reflected(steps: readonly Step[]): Step[] {
  return steps.flatMap(([direction, bytes]): Step[] => [
    [direction, bytes],
    [direction === 0 ? 1 : 0, bytes],
  ]);
}
