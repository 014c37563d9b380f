/**
 * What is known of captures: the flows that are a VPN, where the captures are from, and which of them repeat a session.
 */
import type { IssueList } from '../../core/issue.ts';
import { type Protocol, PROTOCOL_NAMES } from '../../core/protocol.ts';
import { type Stage, STAGE_NAMES } from '../../dataplane/host/finding.ts';

export interface FlowLabel {
  /** udp, tcp, esp or ah. */
  readonly proto: string;
  /** Addresses in the form in which events show them. */
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  /** The flow's protocol; NONE for a protocol that Sluice does not find, which only an optional flow may have. */
  readonly protocol: Protocol;
  readonly variant: string | undefined;
  readonly stage: Stage | undefined;
  readonly category: string;
  /** The session that the flow is of, where that is another one than the capture's. */
  readonly session: string | undefined;
  readonly optional: boolean;
  /** Protocols that may be found in an optional flow. */
  readonly accepted: readonly Protocol[];
}

export interface CaptureLabels {
  /** Path of the capture below the labels' root. */
  readonly file: string;
  /** Distinct tuples in the capture; undefined where the labels do not say it, and the replay's are counted. */
  readonly flowCount: number | undefined;
  readonly condition: string | undefined;
  /** The session that the capture is of, or rewrites. Undefined: the capture is a session of its own. */
  readonly session: string | undefined;
  readonly flows: readonly FlowLabel[];
}

/**
 * Where the labelled captures are from. `field`: they were taken as they came from a network that is in use, so the
 * share of wrong findings in them is one that such a network would have.
 */
export const ORIGINS = ['field', 'lab'] as const;
export type Origin = (typeof ORIGINS)[number];

export interface LabelSet {
  /** Null where the labels do not say it. */
  readonly origin: Origin | null;
  readonly captures: readonly CaptureLabels[];
}

export interface LabelsResult {
  /** Undefined where there are errors. */
  readonly labels: LabelSet | undefined;
  readonly issues: IssueList;
}

/** The names of VPN protocols and of stages that a label may have. */
export const VPN_NAMES = PROTOCOL_NAMES.slice(1) as readonly string[];
export const FINDING_STAGES = STAGE_NAMES.slice(1) as readonly string[];

/** The code of a protocol's name; NONE for a protocol that Sluice does not find. */
export function protocolOf(label: string): Protocol {
  return Math.max(0, (PROTOCOL_NAMES as readonly string[]).indexOf(label)) as Protocol;
}

/** The code of a stage's name, one of FINDING_STAGES. */
export function stageOf(name: string): Stage {
  return (STAGE_NAMES as readonly string[]).indexOf(name) as Stage;
}

export function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}
