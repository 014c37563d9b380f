/**
 * `sluice evaluate`: how right the findings are, measured on captures whose flows are labelled.
 */
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { listCaptures } from '../capture/list-captures.ts';
import { formatIssue } from '../core/issue.ts';
import type { Rules } from '../engine/decisions.ts';
import { DEFAULT_FLOW_CAPACITY } from '../engine/pipeline.ts';
import { evaluationJson, evaluationMarkdown, evaluationText } from '../output/evaluation.ts';
import { LineOutput } from '../output/line-output.ts';
import { evaluate } from '../study/evaluate.ts';
import { FoundFlows } from '../study/found-flows.ts';
import { type CaptureLabels, parseLabels } from '../study/labels.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY, requirePolicy, requireRegistry } from './load-rules.ts';
import { Progress, totalSize } from './progress.ts';
import { Replay } from './replay-captures.ts';
import { SignalWatch } from './signal-watch.ts';
import { wholeNumber } from './whole-number.ts';

interface EvaluateFlags {
  readonly labels: string;
  readonly root?: string;
  readonly flowsPerDay: number;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

const DEFAULT_FLOWS_PER_DAY = 1_000_000;
const MOST_FLOWS_PER_DAY = 1_000_000_000_000;

const EXAMPLES = `
Examples:
  sluice evaluate captures --labels captures/labels.json      the project's own captures
  sluice evaluate corpus/captures --labels corpus/labels.json --root corpus/captures
                                                              files are named below another folder than the labels' own
  sluice evaluate mine.pcap --labels mine.json --flows-per-day 40000000 --json | jq .wrong_per_day

Labels are a JSON array with an entry for each capture; flows that are not listed are no VPN:
  [{ "file": "mine.pcap", "flows_total": 12, "condition": "one-way", "positives": [
     { "proto": "udp", "src": "192.0.2.1", "sport": 40000, "dst": "198.51.100.7", "dport": 51820, "label": "wireguard",
       "stage": "confirmed", "variant": "standard", "category": "handshake", "optional": false }] }]
condition, stage, variant and optional may be missing. Each file is a capture of its own; captures without labels are named and not counted.

Exit codes: 0 done, whatever was found; 1 failed while running; 2 wrong usage, or labels that are not valid; 4 a capture could not
be read to its end (what was readable is counted); 130 and 143 on signals.`;

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .summary('measure findings against labelled captures')
    .description(
      'Runs captures whose flows are labelled, and shows what was found right, wrongly and not at all: precision and recall with 95 % intervals (Wilson), and the wrong decisions to expect of a day.',
    )
    .argument('<capture...>', 'files, or folders (all captures below them)')
    .requiredOption('--labels <file>', 'what is in the captures')
    .option('--root <folder>', "folder below which the labels name files (default: the labels' own)")
    .option(
      '--flows-per-day <n>',
      'flows that a link sees in a day',
      wholeNumber(1, MOST_FLOWS_PER_DAY),
      DEFAULT_FLOWS_PER_DAY,
    )
    .option('--json', 'print one JSON object')
    .option('--markdown', 'print one Markdown table')
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], flags: EvaluateFlags) => {
      process.exitCode = await runEvaluate(captures, flags);
    });
}

async function runEvaluate(captures: readonly string[], flags: EvaluateFlags): Promise<ExitCode> {
  if (flags.json === true && flags.markdown === true)
    throw new CommandError('--json and --markdown both want standard output', ExitCode.WRONG_USAGE);
  const labels = await requireLabels(flags.labels);
  const policy = await requirePolicy(DEFAULT_POLICY);
  const rules: Rules = { policy, registry: await requireRegistry(DEFAULT_REGISTRY), mode: 'observe' };
  const list = await listCaptures(captures);
  for (const problem of list.problems) process.stderr.write(`sluice: ${problem.message}\n`);
  if (list.paths.length === 0) return ExitCode.WRONG_USAGE;

  const progress = new Progress(await totalSize(list.paths), false);
  const signals = new SignalWatch();
  const run = new LabelledRun(flags.root ?? dirname(flags.labels), rules, (octets) => {
    progress.add(octets);
    return !signals.caught;
  });
  try {
    await run.replay.run(list.paths);
  } finally {
    progress.stop();
    signals.stop();
  }
  for (const { file, message } of run.replay.incomplete) process.stderr.write(`sluice: ${file}: ${message}\n`);
  if (signals.exitCode !== null) return signals.exitCode;
  const evaluation = evaluate(labels, run.found);
  if (evaluation.captures === 0) {
    throw new CommandError(
      `none of the ${list.paths.length} captures is named in ${flags.labels}; --root says below which folder it names files`,
      ExitCode.WRONG_USAGE,
    );
  }
  const show = flags.json === true ? evaluationJson : flags.markdown === true ? evaluationMarkdown : evaluationText;
  const output = new LineOutput('-');
  output.write(show(evaluation, flags.flowsPerDay));
  await output.close();
  if (list.problems.length > 0) return ExitCode.WRONG_USAGE;
  return run.replay.incomplete.length > 0 ? ExitCode.CAPTURE_INCOMPLETE : ExitCode.DONE;
}

async function requireLabels(path: string): Promise<readonly CaptureLabels[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot read the labels ${path}: ${reason}`, ExitCode.WRONG_USAGE);
  }
  const { labels, issues } = parseLabels(text, path);
  if (labels !== undefined) return labels;
  for (const issue of issues.kept) process.stderr.write(`${formatIssue(issue)}\n`);
  const problems = issues.errorCount === 1 ? 'one error' : `${issues.errorCount} errors`;
  throw new CommandError(`${path} is not valid: ${problems}`, ExitCode.WRONG_USAGE);
}

/** A replay of captures, each by itself, that keeps what was found in each by its path below `root`. */
export class LabelledRun {
  readonly found = new Map<string, FoundFlows>();
  readonly replay: Replay;
  private current = new FoundFlows();

  /** `onBatch` is told of octets read, and answers false to stop. */
  constructor(root: string, rules: Rules, onBatch: (octets: number) => boolean) {
    this.replay = new Replay(
      {
        rules,
        each: true,
        flowCapacity: DEFAULT_FLOW_CAPACITY,
        packetSink: null,
        onFile: (file) => {
          this.current = new FoundFlows();
          this.found.set(relative(resolve(root), resolve(file)), this.current);
        },
        onBatch: (octets) => Promise.resolve(onBatch(octets)),
        onRemark: () => undefined,
      },
      () => ({
        decided: (flow) => {
          this.current.note(flow);
        },
        ended: (flow) => {
          this.current.note(flow);
        },
      }),
    );
  }
}
