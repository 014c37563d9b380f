/** `sluice evaluate`: the accuracy of findings, measured on labelled captures. */
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { listCaptures } from '../capture/input/list-captures.ts';
import { formatIssue } from '../core/issue.ts';
import type { Rules } from '../decision/decisions.ts';
import { DEFAULT_FLOW_CAPACITY } from '../dataplane/flow-capacity.ts';
import { evaluationJson, evaluationMarkdown, evaluationText, missingDay } from '../study/evaluation.ts';
import { interruptionText } from '../output/summary/interruption.ts';
import { LineOutput } from '../output/log/line-output.ts';
import { evaluate } from '../study/evaluate.ts';
import { FoundFlows } from '../study/found-flows.ts';
import type { LabelSet } from '../study/labels/capture-labels.ts';
import { parseJsonLabels } from '../study/labels/json-labels.ts';
import { FlowTable } from '../dataplane/flow/flow-table.ts';
import { LocalTracker } from '../dataplane/local-tracker.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../dataplane/wire/link-identity.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { interruptionAt } from './interruption.ts';
import { requireRules } from '../rules/load-rules.ts';
import type { HashFlag } from './no-hash-flag.ts';
import { Progress } from './progress.ts';
import { Replay } from '../pipeline/replay.ts';
import { reportList, reportSplitFlows } from './report-list.ts';
import { RunRecord } from './run-record.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../rules/example-rules.ts';
import { SignalWatch } from './signal-watch.ts';

export const DEFAULT_FLOWS_PER_DAY = 1_000_000;

export interface EvaluateFlags extends HashFlag {
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
  const labels = await requireLabels(flags.labels);
  const noDay = missingDay(labels.origin);
  if (flags.flowsPerDay !== undefined && noDay !== null)
    process.stderr.write(`sluice: --flows-per-day is not used: ${noDay}\n`);
  const loaded = await requireRules({ policy: DEFAULT_POLICY, registry: DEFAULT_REGISTRY });
  const { policy, registry } = loaded;
  const rules: Rules = { policy, registry, mode: 'observe' };
  const list = await listCaptures(captures);
  reportList(list);
  if (list.paths.length === 0) return ExitCode.WRONG_USAGE;

  const progress = await Progress.open(list.paths, false);
  const record = new RunRecord(flags, list, [flags.labels]);
  const signals = new SignalWatch();
  const onBatch = (bytes: number): boolean => {
    progress.add(bytes);
    return !signals.caught;
  };
  const run = new LabelledRun(flags.root ?? dirname(flags.labels), rules, onBatch, flags.linkIdentity);
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
  const evaluation = evaluate(labels.captures, run.found);
  if (evaluation.captures === 0) {
    throw new CommandError(
      `none of the ${list.paths.length} captures is named in ${flags.labels}; --root says below which folder it names files`,
      ExitCode.WRONG_USAGE,
    );
  }
  const { counters, incomplete } = run.replay;
  const provenance = await record.finish({
    counters,
    interruption: null,
    incomplete,
    mode: 'observe',
    rules: [loaded],
  });
  const output = new LineOutput('-');
  const day = { origin: labels.origin, flowsPerDay: flags.flowsPerDay ?? DEFAULT_FLOWS_PER_DAY };
  if (flags.json === true) output.write(evaluationJson(evaluation, day, provenance));
  else output.write((flags.markdown === true ? evaluationMarkdown : evaluationText)(evaluation, day));
  await output.close();
  if (list.problems.length > 0) return ExitCode.WRONG_USAGE;
  return run.replay.incomplete.length > 0 ? ExitCode.CAPTURE_INCOMPLETE : ExitCode.DONE;
}

async function requireLabels(path: string): Promise<LabelSet> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot read the labels ${path}: ${reason}`, ExitCode.WRONG_USAGE);
  }
  const { labels, issues } = parseJsonLabels(text, path);
  if (labels !== undefined) return labels;
  for (const issue of issues.kept) process.stderr.write(`${formatIssue(issue)}\n`);
  const problems = issues.errorCount === 1 ? 'one error' : `${issues.errorCount} errors`;
  throw new CommandError(`${path} is not valid: ${problems}`, ExitCode.WRONG_USAGE);
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
        tracker: new LocalTracker(new FlowTable(DEFAULT_FLOW_CAPACITY), linkIdentity),
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
