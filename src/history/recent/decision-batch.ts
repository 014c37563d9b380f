/** Decisions on their way from the daemon to its history process. */
import type { AddressForm } from '../../output/event/address-forms.ts';
import type { Mode } from '../../policy/mode.ts';
import type { TracedRule } from '../../policy/rule-trace.ts';

export interface RecentLimits {
  /** Decisions that are kept. */
  readonly most: number;
  /** How addresses are shown in events. */
  readonly addresses: AddressForm;
}

/** The rules by which decisions were made, from one replacement of the rules to the next. */
export interface DecidingRules {
  /** Counted from 1 since the daemon's start. */
  readonly generation: number;
  readonly policy: string;
  readonly policySha256: string;
  readonly registrySha256: string;
  /** As the rules have it; a decision has the mode in effect. */
  readonly mode: Mode;
  readonly rules: readonly TracedRule[];
}

export interface DecisionBatch {
  /** Two lines for each decision: its own fields (HeadField) with tabs between them, and its event. */
  readonly text: string;
  readonly limits: RecentLimits;
  /** Rules that the process has not had yet. */
  readonly rules: readonly DecidingRules[];
  /** Decisions made since the daemon's start, and those that were left out. */
  readonly made: number;
  readonly leftOut: number;
}

/** Fields of the line before an event, in this order. */
export interface DecisionHead {
  readonly number: number;
  readonly generation: number;
  /** The breaker refuses the action. */
  readonly held: boolean;
  /** No registration is in force for the flow, but one for another protocol covers an end of it. */
  readonly otherProtocol: boolean;
  /** The rules that were tried (policy/rule-trace). */
  readonly tried: string;
}

export function headLine({ number, generation, held, otherProtocol, tried }: DecisionHead): string {
  return `${number}\t${generation}\t${held ? 1 : 0}\t${otherProtocol ? 1 : 0}\t${tried}\n`;
}

export function parseHead(line: string): DecisionHead {
  const [number, generation, held, otherProtocol, tried] = line.split('\t') as [string, string, string, string, string];
  return {
    number: Number(number),
    generation: Number(generation),
    held: held === '1',
    otherProtocol: otherProtocol === '1',
    tried,
  };
}
