/** `sluice evaluate`: the accuracy of findings on labelled captures, and the agreement with another tool's findings. */
import { relative, resolve } from 'node:path';
import { type CaptureList, listCaptures } from '../capture/input/list-captures.ts';
import type { Rules } from '../decision/rules.ts';
import { DEFAULT_FLOW_CAPACITY } from '../dataplane/host/flow-capacity.ts';
import { evaluationJson, evaluationMarkdown, evaluationText, missingDay } from '../study/evaluation.ts';
import { interruptionText } from '../output/summary/interruption.ts';
import { LineOutput } from '../output/log/line-output.ts';
import { evaluate } from '../study/evaluate.ts';
import { compareWithTool } from '../study/agreement/agreement.ts';
import { agreementJson, agreementMarkdown, agreementText } from '../study/agreement/agreement-output.ts';
import { FoundFlows } from '../study/found-flows.ts';
import { shownFileNames, shownFlows } from '../study/shown-flows.ts';
import type { ShowAddress } from '../output/event/shown-address.ts';
import type { AddressFlags } from './address-flags.ts';
import { addressForm } from './address-form.ts';
import { AssemblyTracker } from '../dataplane/host/assembly-tracker.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../dataplane/host/link-identity.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import {
  isFolder,
  type NamedLabels,
  requireLabelFile,
  requireLogFolder,
  tieToCaptures,
  type ToolLogs,
} from './evaluate-labels.ts';
import { interruptionAt } from './interruption.ts';
import { requireRules } from '../rules/load-rules.ts';
import type { HashFlag } from './no-hash-flag.ts';
import type { Provenance } from '../output/provenance/provenance.ts';
import { Progress } from './progress.ts';
import { Replay } from '../pipeline/replay.ts';
import { reportList, reportSplitFlows } from './report-list.ts';
import { RunRecord } from './run-record.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../rules/example-rules.ts';
import { SignalWatch } from './signal-watch.ts';

export const DEFAULT_FLOWS_PER_DAY = 1_000_000;

export interface EvaluateFlags extends AddressFlags, HashFlag {
  readonly labels: string;
  readonly root?: string;
  readonly flowsPerDay?: number;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly linkIdentity: LinkIdentity;
}

export async function runEvaluate(captures: readonly string[], flags: EvaluateFlags): Promise<ExitCode> {
  if (flags.json === true && flags.markdown === true)
    throw new CommandError('--json and --markdown both want standard output', ExitCode.WRONG_USAGE);
  const show = addressForm(flags);
  const { list, labels } = await requireLabels(captures, flags);
  if (labels === null) return ExitCode.WRONG_USAGE;
  reportUnusedDay(labels, flags);
  const loaded = await requireRules({ policy: DEFAULT_POLICY, registry: DEFAULT_REGISTRY });
  const { policy, registry } = loaded;
  const rules: Rules = { policy, registry, mode: 'observe' };

  const progress = await Progress.open(list.paths, false);
  const record = new RunRecord(flags, list, labels.files);
  const signals = new SignalWatch();
  const onBatch = (bytes: number): boolean => {
    progress.add(bytes);
    return !signals.caught;
  };
  const run = new LabelledRun(labels.root, rules, onBatch, flags.linkIdentity);
  try {
    await run.replay.replay(list.paths);
  } finally {
    progress.stop();
    signals.stop();
  }
  for (const { file, message } of run.replay.incomplete) process.stderr.write(`sluice: ${file}: ${message}\n`);
  reportSplitFlows(run.replay.counters);
  if (signals.exitCode !== null) {
    await record.stop();
    const at = interruptionText(interruptionAt(signals.signal!, run.replay.reached, list.paths));
    process.stderr.write(`sluice: ${at}; an evaluation of a part is not shown\n`);
    return signals.exitCode;
  }
  const hidden = flags.addresses === 'plain' ? null : show;
  const evaluated =
    labels.kind === 'tool'
      ? agreementOf(labels, run.found, hidden)
      : accuracyOf(labels, run.found, hidden, flags, list.paths.length);
  const { counters, incomplete } = run.replay;
  const provenance = await record.finish({
    counters,
    interruption: null,
    incomplete,
    mode: 'observe',
    rules: [loaded],
  });
  const output = new LineOutput('-');
  if (flags.json === true) output.write(evaluated.json(provenance));
  else output.write(flags.markdown === true ? evaluated.markdown() : evaluated.text());
  await output.close();
  if (list.problems.length > 0) return ExitCode.WRONG_USAGE;
  return run.replay.incomplete.length > 0 ? ExitCode.CAPTURE_INCOMPLETE : ExitCode.DONE;
}

type Findings = ReadonlyMap<string, FoundFlows>;

/** What is shown in the end, in each of its forms. */
interface Shown {
  text(): string;
  markdown(): string;
  json(provenance: Provenance): string;
}

/** `hidden`: how addresses are shown, null for as they are. */
function accuracyOf(
  { labels }: NamedLabels,
  found: Findings,
  hidden: ShowAddress | null,
  flags: EvaluateFlags,
  captures: number,
): Shown {
  const plain = evaluate(labels.captures, found);
  const evaluation =
    hidden === null ? plain : { ...shownFileNames(plain), mistakes: shownFlows(plain.mistakes, hidden) };
  if (evaluation.captures === 0) {
    throw new CommandError(
      `none of the ${captures} captures is named in ${flags.labels}; --root says below which folder it names files`,
      ExitCode.WRONG_USAGE,
    );
  }
  const day = { origin: labels.origin, flowsPerDay: flags.flowsPerDay ?? DEFAULT_FLOWS_PER_DAY };
  return {
    text: () => evaluationText(evaluation, day),
    markdown: () => evaluationMarkdown(evaluation, day),
    json: (provenance) => evaluationJson(evaluation, day, provenance),
  };
}

function agreementOf({ tool, logs }: ToolLogs, found: Findings, hidden: ShowAddress | null): Shown {
  const plain = compareWithTool(tool, logs, found);
  const agreement =
    hidden === null ? plain : { ...shownFileNames(plain), differences: shownFlows(plain.differences, hidden) };
  return {
    text: () => agreementText(agreement),
    markdown: () => agreementMarkdown(agreement),
    json: (provenance) => agreementJson(agreement, provenance),
  };
}

function reportUnusedDay(labels: NamedLabels | ToolLogs, { flowsPerDay }: EvaluateFlags): void {
  if (flowsPerDay === undefined) return;
  const reason =
    labels.kind === 'tool'
      ? 'a log of another tool does not say which flows are wrong'
      : missingDay(labels.labels.origin);
  if (reason !== null) process.stderr.write(`sluice: --flows-per-day is not used: ${reason}\n`);
}

/** Labels that name captures are checked before the captures are listed; a folder of logs cannot be. */
async function requireLabels(
  captures: readonly string[],
  { labels: path, root }: EvaluateFlags,
): Promise<{ readonly list: CaptureList; readonly labels: NamedLabels | ToolLogs | null }> {
  const content = isFolder(path) ? null : await requireLabelFile(path);
  const list = await listCaptures(captures);
  reportList(list);
  if (list.paths.length === 0) return { list, labels: null };
  if (content !== null) return { list, labels: tieToCaptures(content, path, list.paths, root) };
  return { list, labels: await requireLogFolder(path, captures, list.paths, root) };
}

/** Replays each capture separately, and keeps the findings by the capture's path below `root`. */
export class LabelledRun {
  readonly found = new Map<string, FoundFlows>();
  readonly replay: Replay;
  private current = new FoundFlows();

  /** `onBatch` receives the bytes read, and returns false to stop. */
  constructor(
    root: string,
    rules: Rules,
    onBatch: (bytes: number) => boolean,
    linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY,
  ) {
    this.replay = new Replay(
      {
        rules,
        each: true,
        tracker: new AssemblyTracker(DEFAULT_FLOW_CAPACITY, linkIdentity),
        packetSink: null,
        onFile: (file) => {
          this.current = new FoundFlows();
          this.found.set(relative(resolve(root), resolve(file)), this.current);
        },
        onBatch: (bytes) => Promise.resolve(onBatch(bytes)),
        onRemark: () => undefined,
      },
      () => ({
        decided: (flow) => {
          this.current.add(flow);
        },
        ended: (flow) => {
          this.current.addEnded(flow);
        },
      }),
    );
  }
}
