/**
 * Compares findings with labels: confusion matrix, precision and recall with their intervals, agreement on stage and
 * variant, and the fraction of flows with a false finding.
 *
 * Counting. Flows are matched within a capture, in either direction. A labelled flow counts as right if its protocol is
 * found, else as missed. Every other protocol found in it, and every protocol found in a flow without a label, counts
 * as false. A finding that an optional flow accepts is not counted. Captures without labels, and labels without a
 * capture, are not counted.
 *
 * Sessions. Captures that rewrite one session repeat one observation, so intervals are over sessions. A flow is of the
 * session that its label names, else of the one that its capture names, else the capture is a session of its own.
 */
import { Protocol, PROTOCOL_NAMES } from '../core/protocol.ts';
import { STAGE_NAMES } from '../dataplane/host/finding.ts';
import { Conditions, type ConditionScore } from './conditions.ts';
import { flowKey, type Found, type FoundFlows } from './found-flows.ts';
import { COUNT, proportion, type Proportion, TOTAL } from './interval/proportion.ts';
import { SessionSums } from './interval/session-sums.ts';
import type { CaptureLabels, FlowLabel } from './labels/capture-labels.ts';
import { type Score, ScoreCounts } from './score.ts';

/** A difference between a finding and a label. */
export interface Mistake {
  readonly kind: 'false' | 'missed' | 'stage' | 'variant';
  readonly file: string;
  readonly flow: string;
  readonly labelled: string;
  readonly found: string;
}

export interface Evaluation {
  readonly captures: number;
  readonly flows: number;
  /** Replayed files without labels. */
  readonly unlabelled: readonly string[];
  readonly protocols: readonly Score[];
  readonly all: Score;
  readonly conditions: readonly ConditionScore[];
  /** The conditions in fewer rows. */
  readonly conditionGroups: readonly ConditionScore[];
  /** confusion[label][found] by protocol code; 0 is NONE. Accepted findings of optional flows are left out. */
  readonly confusion: readonly (readonly number[])[];
  /** Optional flows with an accepted finding. */
  readonly optionalFound: number;
  /** The fraction of right flows with the labelled stage, or variant, among those whose labels state one. */
  readonly stages: Proportion;
  readonly variants: Proportion;
  /** The fraction of all flows that have a false finding. */
  readonly falseFlows: Proportion;
  readonly mistakes: readonly Mistake[];
}

/** The condition of false findings in flows without a label, in captures without a condition. */
const NOT_LISTED = 'not listed';

/** The place of a finding, where a capture has no flow with the tuple of a label. */
const NOT_IN_CAPTURE = 'no such flow in the capture';

const NOTHING: ReadonlyMap<Protocol, Found> = new Map();

const CODES = PROTOCOL_NAMES.map((_, code) => code as Protocol);

/** Evaluates the findings of a replay, by the capture's path below the labels' root. */
export function evaluate(labels: readonly CaptureLabels[], found: ReadonlyMap<string, FoundFlows>): Evaluation {
  const tally = new Tally();
  const known = new Set<string>();
  for (const capture of labels) {
    known.add(capture.file);
    const flows = found.get(capture.file);
    if (flows !== undefined) tally.addCapture(capture, flows);
  }
  return tally.evaluation([...found.keys()].filter((file) => !known.has(file)));
}

class Tally {
  private captures = 0;
  private flows = 0;
  private optionalFound = 0;
  private readonly counts = new ScoreCounts();
  private readonly conditions = new Conditions();
  private readonly confusion = CODES.map(() => new Array<number>(CODES.length).fill(0));
  /** Right flows with the labelled property, and all right flows whose label states it. */
  private readonly stages = new SessionSums(2);
  private readonly variants = new SessionSums(2);
  /** Flows with a false finding, and all flows. */
  private readonly falseFlows = new SessionSums(2);
  private readonly mistakes: Mistake[] = [];

  addCapture(capture: CaptureLabels, found: FoundFlows): void {
    const listed = byKey(capture.flows);
    const flowCount = capture.flowCount ?? new Set([...found.seen, ...listed.keys()]).size;
    this.captures++;
    this.flows += flowCount;
    const session = capture.session ?? capture.file;
    if (capture.condition !== undefined) this.conditions.of(capture.condition, capture.file).flows += flowCount;
    for (const [key, label] of listed) this.addListed(capture, key, label, found);
    let falseInOthers = 0;
    for (const [key, protocols] of found.byFlow) {
      if (listed.has(key)) continue;
      falseInOthers++;
      const condition = this.conditions.of(capture.condition ?? NOT_LISTED, capture.file);
      for (const [protocol, { stage }] of protocols) {
        this.addFalse(condition, session, Protocol.NONE, protocol, {
          kind: 'false',
          file: capture.file,
          flow: key,
          labelled: PROTOCOL_NAMES[Protocol.NONE],
          found: `${PROTOCOL_NAMES[protocol]}, ${STAGE_NAMES[stage]}`,
        });
      }
    }
    // Fewer than none where the labels list flows that they do not count.
    const others = flowCount - listed.size;
    this.falseFlows.add(session, COUNT, falseInOthers);
    this.falseFlows.add(session, TOTAL, falseInOthers > 0 ? Math.max(others, falseInOthers) : others);
    this.confusion[Protocol.NONE]![Protocol.NONE]! += Math.max(0, others - falseInOthers);
  }

  evaluation(unlabelled: readonly string[]): Evaluation {
    const { counts } = this;
    const own = CODES.slice(1);
    return {
      captures: this.captures,
      flows: this.flows,
      unlabelled,
      protocols: own.map((code) => counts.score(PROTOCOL_NAMES[code], [code])),
      all: counts.score('all', own),
      conditions: this.conditions.scores(own),
      conditionGroups: this.conditions.groups(own),
      confusion: this.confusion,
      optionalFound: this.optionalFound,
      stages: proportion(this.stages),
      variants: proportion(this.variants),
      falseFlows: proportion(this.falseFlows),
      mistakes: this.mistakes,
    };
  }

  private addListed(capture: CaptureLabels, key: string, label: FlowLabel, flows: FoundFlows): void {
    const found = flows.byFlow.get(key) ?? NOTHING;
    const session = label.session ?? capture.session ?? capture.file;
    const condition = this.conditions.of(capture.condition ?? label.category, capture.file);
    if (capture.condition === undefined) condition.flows++;
    const mistake = {
      file: capture.file,
      flow: key,
      labelled: labelText(label),
      found: flows.has(key) ? foundText(found) : NOT_IN_CAPTURE,
    };
    const accepted = label.optional ? label.accepted : [label.protocol];
    let falseHere = 0;
    for (const protocol of found.keys()) {
      if (accepted.includes(protocol)) continue;
      falseHere++;
      this.addFalse(condition, session, label.optional ? Protocol.NONE : label.protocol, protocol, {
        kind: 'false',
        ...mistake,
      });
    }
    this.falseFlows.add(session, COUNT, falseHere > 0 ? 1 : 0);
    this.falseFlows.add(session, TOTAL, 1);
    if (label.optional) {
      if (accepted.some((protocol) => found.has(protocol))) this.optionalFound++;
      return;
    }
    const { protocol } = label;
    const right = found.get(protocol);
    if (right === undefined) {
      this.counts.add('missed', session, protocol);
      condition.add('missed', session, protocol);
      if (falseHere === 0) this.confusion[protocol]![Protocol.NONE]!++;
      this.mistakes.push({ kind: 'missed', ...mistake });
      return;
    }
    this.counts.add('right', session, protocol);
    condition.add('right', session, protocol);
    this.confusion[protocol]![protocol]!++;
    this.compare('stage', this.stages, session, label.stage, right.stage, mistake);
    this.compare('variant', this.variants, session, label.variant, right.variant, mistake);
  }

  private addFalse(condition: ScoreCounts, session: string, label: Protocol, found: Protocol, mistake: Mistake): void {
    this.counts.add('false', session, found);
    condition.add('false', session, found);
    this.confusion[label]![found]!++;
    this.mistakes.push(mistake);
  }

  private compare<T>(
    kind: 'stage' | 'variant',
    agreement: SessionSums,
    session: string,
    labelled: T | undefined,
    found: T,
    mistake: Omit<Mistake, 'kind'>,
  ): void {
    if (labelled === undefined) return;
    agreement.add(session, TOTAL, 1);
    if (labelled === found) agreement.add(session, COUNT, 1);
    else this.mistakes.push({ kind, ...mistake });
  }
}

/** Labels by flow. Where a flow has several labels, the first one that is not optional counts. */
function byKey(flows: readonly FlowLabel[]): Map<string, FlowLabel> {
  const map = new Map<string, FlowLabel>();
  for (const label of flows) {
    const key = flowKey(label.proto, label.src, label.sport, label.dst, label.dport);
    if (map.get(key)?.optional !== false) map.set(key, label);
  }
  return map;
}

function labelText({ protocol, variant, stage, category, optional }: FlowLabel): string {
  const known = [PROTOCOL_NAMES[protocol], variant, stage === undefined ? undefined : STAGE_NAMES[stage], category];
  return [...known, optional ? 'optional' : undefined].filter((word) => word !== undefined).join(', ');
}

function foundText(found: ReadonlyMap<Protocol, Found>): string {
  const list = [...found].map(
    ([protocol, { variant, stage }]) => `${PROTOCOL_NAMES[protocol]}, ${variant}, ${STAGE_NAMES[stage]}`,
  );
  return list.length === 0 ? PROTOCOL_NAMES[Protocol.NONE] : list.join(' and ');
}
