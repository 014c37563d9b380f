/**
 * Compares findings with labels: confusion matrix, precision and recall with their intervals, agreement on stage and
 * variant, and the fraction of flows with a false finding.
 *
 * Counting. Flows are matched within a capture, in either direction. A labelled flow counts as right if its protocol is
 * found, else as missed. Every other protocol found in it, and every protocol found in a flow without a label, counts
 * as false. A finding that an optional flow accepts is not counted. Captures without labels, and labels without a
 * capture, are not counted.
 */
import { Protocol, PROTOCOL_NAMES } from '../core/protocol.ts';
import { STAGE_NAMES } from '../dataplane/fingerprint/finding.ts';
import { flowKey, type Found, type FoundFlows } from './found-flows.ts';
import type { CaptureLabels, FlowLabel } from './labels.ts';
import { proportion, type Proportion } from './wilson.ts';

/** Right, false and missed findings of one protocol, of one condition, or of all. */
export interface Score {
  readonly name: string;
  readonly right: number;
  readonly false: number;
  readonly missed: number;
  /** right / (right + false). */
  readonly precision: Proportion;
  /** right / (right + missed). */
  readonly recall: Proportion;
}

export interface ConditionScore extends Score {
  readonly captures: number;
  /** All flows of captures with the condition; for a category of flows, the flows with that label. */
  readonly flows: number;
  /** Folder of the only capture; null where there are several. */
  readonly folder: string | null;
}

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

class Counts {
  readonly right = new Float64Array(CODES.length);
  readonly false = new Float64Array(CODES.length);
  readonly missed = new Float64Array(CODES.length);

  score(name: string, codes: readonly Protocol[]): Score {
    const sum = (counts: Float64Array): number => codes.reduce<number>((total, code) => total + counts[code]!, 0);
    const [right, wrong, missed] = [sum(this.right), sum(this.false), sum(this.missed)];
    return {
      name,
      right,
      false: wrong,
      missed,
      precision: proportion(right, right + wrong),
      recall: proportion(right, right + missed),
    };
  }
}

class Condition extends Counts {
  readonly files = new Set<string>();
  flows = 0;
}

/** Agreement on one property of right flows. */
class Agreement {
  same = 0;
  total = 0;
}

class Tally {
  private captures = 0;
  private flows = 0;
  private falseFlows = 0;
  private optionalFound = 0;
  private readonly counts = new Counts();
  private readonly conditions = new Map<string, Condition>();
  private readonly confusion = CODES.map(() => new Array<number>(CODES.length).fill(0));
  private readonly stages = new Agreement();
  private readonly variants = new Agreement();
  private readonly mistakes: Mistake[] = [];

  addCapture(capture: CaptureLabels, found: FoundFlows): void {
    this.captures++;
    this.flows += capture.flowCount;
    const listed = byKey(capture.flows);
    if (capture.condition !== undefined) this.condition(capture, capture.condition).flows += capture.flowCount;
    for (const [key, label] of listed) this.addListed(capture, key, label, found.byFlow.get(key) ?? NOTHING);
    let falseInOthers = 0;
    for (const [key, protocols] of found.byFlow) {
      if (listed.has(key)) continue;
      falseInOthers++;
      const condition = this.condition(capture, capture.condition ?? NOT_LISTED);
      for (const [protocol, { stage }] of protocols) {
        this.addFalse(condition, Protocol.NONE, protocol, {
          kind: 'false',
          file: capture.file,
          flow: key,
          labelled: PROTOCOL_NAMES[Protocol.NONE],
          found: `${PROTOCOL_NAMES[protocol]}, ${STAGE_NAMES[stage]}`,
        });
      }
    }
    this.falseFlows += falseInOthers;
    this.confusion[Protocol.NONE]![Protocol.NONE]! += Math.max(0, capture.flowCount - listed.size - falseInOthers);
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
      conditions: [...this.conditions]
        .map(([name, condition]) => ({
          ...condition.score(name, own),
          captures: condition.files.size,
          flows: condition.flows,
          folder: condition.files.size === 1 ? folderOf([...condition.files][0]!) : null,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      confusion: this.confusion,
      optionalFound: this.optionalFound,
      stages: proportion(this.stages.same, this.stages.total),
      variants: proportion(this.variants.same, this.variants.total),
      falseFlows: proportion(this.falseFlows, Math.max(this.flows, this.falseFlows)),
      mistakes: this.mistakes,
    };
  }

  private condition(capture: CaptureLabels, name: string): Condition {
    let condition = this.conditions.get(name);
    if (condition === undefined) this.conditions.set(name, (condition = new Condition()));
    condition.files.add(capture.file);
    return condition;
  }

  private addListed(capture: CaptureLabels, key: string, label: FlowLabel, found: ReadonlyMap<Protocol, Found>): void {
    const condition = this.condition(capture, capture.condition ?? label.category);
    if (capture.condition === undefined) condition.flows++;
    const mistake = { file: capture.file, flow: key, labelled: labelText(label), found: foundText(found) };
    const accepted = label.optional ? label.accepted : [label.protocol];
    let falseHere = 0;
    for (const protocol of found.keys()) {
      if (accepted.includes(protocol)) continue;
      falseHere++;
      this.addFalse(condition, label.optional ? Protocol.NONE : label.protocol, protocol, {
        kind: 'false',
        ...mistake,
      });
    }
    if (falseHere > 0) this.falseFlows++;
    if (label.optional) {
      if (accepted.some((protocol) => found.has(protocol))) this.optionalFound++;
      return;
    }
    const { protocol } = label;
    const right = found.get(protocol);
    if (right === undefined) {
      this.counts.missed[protocol]!++;
      condition.missed[protocol]!++;
      if (falseHere === 0) this.confusion[protocol]![Protocol.NONE]!++;
      this.mistakes.push({ kind: 'missed', ...mistake });
      return;
    }
    this.counts.right[protocol]!++;
    condition.right[protocol]!++;
    this.confusion[protocol]![protocol]!++;
    this.compare('stage', this.stages, label.stage, right.stage, mistake);
    this.compare('variant', this.variants, label.variant, right.variant, mistake);
  }

  private addFalse(condition: Condition, label: Protocol, found: Protocol, mistake: Mistake): void {
    this.counts.false[found]!++;
    condition.false[found]!++;
    this.confusion[label]![found]!++;
    this.mistakes.push(mistake);
  }

  private compare<T>(
    kind: 'stage' | 'variant',
    agreement: Agreement,
    labelled: T | undefined,
    found: T,
    mistake: Omit<Mistake, 'kind'>,
  ): void {
    if (labelled === undefined) return;
    agreement.total++;
    if (labelled === found) agreement.same++;
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

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1) || './';
}
