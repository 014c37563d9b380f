/**
 * One flow as the fingerprints see it: payloads in, the finding out as words. Payloads are between guards (a read outside
 * what was captured throws), so every test is a test of bounds as well.
 */
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import type { EvidenceEntry } from '../../src/dataplane/fingerprint/evidence-rows.ts';
import { FingerprintSet } from '../../src/dataplane/fingerprint/fingerprint-set.ts';
import { RETIRED } from '../../src/dataplane/fingerprint/holder.ts';
import {
  findingInitiator,
  findingProtocol,
  findingStage,
  findingVariant,
  NO_FINDING,
  Stage,
  STAGE_NAMES,
  VARIANT_NAMES,
} from '../../src/dataplane/fingerprint/finding.ts';
import { Framing, Payload } from '../../src/dataplane/fingerprint/payload.ts';
import { opensSession } from '../../src/dataplane/fingerprint/session-opening.ts';
import { guarded } from './guarded-bytes.ts';

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
  readonly set: FingerprintSet;
  private readonly payload = new Payload();
  private handle = 0;
  private finding = NO_FINDING;
  private evidence = 0;
  private laterMs = 0;

  constructor(set = new FingerprintSet()) {
    this.set = set;
  }

  /** Shows a payload; `captured` bytes of it are there. Returns the finding after it. */
  send(direction: 0 | 1, bytes: Uint8Array, shown: Shown = {}): string {
    const { payload } = this;
    payload.packet++;
    const captured = Math.min(bytes.length, shown.captured ?? bytes.length);
    const { data, at } = guarded(bytes, captured);
    if (this.handle === RETIRED) {
      const isConfirmed = findingStage(this.finding) === Stage.CONFIRMED;
      const isDatagram = (shown.framing ?? Framing.DATAGRAM) === Framing.DATAGRAM;
      if (isConfirmed || !isDatagram || !opensSession(data, at, captured, bytes.length)) return this.found;
    }
    payload.data = data;
    payload.at = at;
    payload.captured = captured;
    payload.length = bytes.length;
    payload.framing = shown.framing ?? Framing.DATAGRAM;
    payload.direction = direction;
    payload.evidenceOffset = shown.evidenceOffset ?? 0;
    payload.timeUs = shown.timeUs ?? START_SECONDS * 1e6 + (payload.packet + this.laterMs) * 1000;
    if (captured > 0) {
      this.handle = this.set.observe(payload, this.handle, this.finding, this.evidence);
      this.finding = this.set.finding;
      this.evidence = this.set.evidence;
      if (this.finding === NO_FINDING && this.set.evidenceOf(this.handle) !== this.evidence)
        throw new Error('the handle tells of other evidence');
    }
    return this.found;
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
    return this.set.evidenceLog.entries(this.evidence);
  }

  get isRetired(): boolean {
    return this.handle === RETIRED;
  }

  /** The flow leaves inspection. */
  retire(): void {
    this.handle = this.set.retire(this.handle);
    this.evidence = this.set.evidence;
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
