/** Flows counted by protocol, stage and action. */
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { STAGE_NAMES } from '../dataplane/fingerprint/finding.ts';
import { ACTION_NAMES } from '../policy/action.ts';

export class DecisionCounts {
  private readonly counts = new Float64Array(PROTOCOL_NAMES.length * STAGE_NAMES.length * ACTION_NAMES.length);

  get(protocol: number, stage: number, action: number): number {
    return this.counts[cell(protocol, stage, action)]!;
  }

  bump(protocol: number, stage: number, action: number): void {
    this.counts[cell(protocol, stage, action)]!++;
  }

  add(other: DecisionCounts): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
  }
}

function cell(protocol: number, stage: number, action: number): number {
  return (protocol * STAGE_NAMES.length + stage) * ACTION_NAMES.length + action;
}
