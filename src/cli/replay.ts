/** `sluice replay`: reads captures, decides, and prints a summary. */
import { type CaptureList, listCaptures } from '../capture/input/list-captures.ts';
import type { Rules } from '../decision/rules.ts';
import { contextOf } from '../output/event/event-context.ts';
import { EventFields } from '../output/event/event-fields.ts';
import { EventLines } from '../output/event/event-line.ts';
import type { EventOrigin } from '../output/event/event-origin.ts';
import { filesBackText } from '../output/capture/files-back.ts';
import { interruptionText } from '../output/summary/interruption.ts';
import { type ReplayTotals, summaryJson, summaryObject, summaryText } from '../output/summary/summary.ts';
import type { Mode } from '../policy/mode.ts';
import type { Tracker } from '../dataplane/host/tracker.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import type { AddressFlags } from './address-flags.ts';
import { addressForm } from './address-form.ts';
import { type AnnotateFlags, checkAnnotate } from './annotate-flag.ts';
import type { Annotation } from './annotate.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { interruptionAt } from './interruption.ts';
import { originOf } from './origin-flags.ts';
import { requireRules } from '../rules/load-rules.ts';
import {
  checkOverwriting,
  checkStandardOutput,
  type OutputPaths,
  usesStandardOutput,
  withStandardOutput,
} from './output-paths.ts';
import type { HashFlag } from './no-hash-flag.ts';
import { Progress } from './progress.ts';
import { throttlesJson } from '../study/throttle/throttle-json.ts';
import { ThrottleStudy } from '../study/throttle/throttle-study.ts';
import { checkReadableTwice } from './read-twice.ts';
import type { Incomplete } from '../pipeline/capture-run.ts';
import { Replay } from '../pipeline/replay.ts';
import { ReplayOutputs } from './replay-outputs.ts';
import { ReplayFigures } from '../study/report/replay-figures.ts';
import type { ReplayReportData } from '../study/report/replay-report-data.ts';
import { reportList } from './report-list.ts';
import { RunRecord } from './run-record.ts';
import type { ReportFlags } from './report-flags.ts';
import { ReportOutput } from './report-output.ts';
import { shownFiles } from './shown-files.ts';
import { SignalWatch } from './signal-watch.ts';
import { checkVpnOnly } from './vpn-only-flag.ts';
import { startTracker } from './workers.ts';
import { writeOut } from './write-out.ts';

export interface ReplayFlags extends AddressFlags, AnnotateFlags, EventOrigin, OutputPaths, HashFlag, ReportFlags {
  readonly policy: string;
  readonly registry: string;
  readonly force?: boolean;
  readonly vpnOnly?: boolean;
  readonly json?: boolean;
  readonly each?: boolean;
  readonly mode?: Mode;
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
  /** By default chosen by the size of the captures. */
  readonly workers?: number;
  readonly quiet?: boolean;
}

export async function replay(captures: readonly string[], given: ReplayFlags): Promise<ExitCode> {
  const flags = withStandardOutput(given);
  checkOutputs(flags);
  const report = ReportOutput.of(flags);
  const list = await listCaptures(captures);
  const inputs = [...list.paths, flags.policy, flags.registry, flags.addressKey];
  if (flags.annotate !== undefined) await checkReadableTwice('--annotate', list.paths);
  await checkOverwriting(flags, inputs, flags.force === true);
  // Threads start while the rules are read.
  const running = startTracker(flags.workers ?? 1, flags);
  try {
    return await replayList(list, flags, running.tracker, report);
  } finally {
    await running.stop();
  }
}

async function replayList(
  list: CaptureList,
  flags: ReplayFlags,
  tracker: Tracker,
  report: ReportOutput | null,
): Promise<ExitCode> {
  const loaded = await requireRules(flags);
  const { policy, registry } = loaded;
  const rules: Rules = { policy, registry, mode: flags.mode ?? policy.mode };
  reportList(list);
  if (list.paths.length === 0) return ExitCode.WRONG_USAGE;

  const progress = await Progress.open(list.paths, flags.quiet === true);
  const record = new RunRecord(flags, list);
  const writing = await openOutputs(flags, rules);
  const { outputs, annotation } = writing;
  const figures = report === null ? null : new ReplayFigures(policy);
  const signals = new SignalWatch(() => {
    run.interrupt();
  });
  // Mode observe throttles no packet.
  const asksThrottles = flags.json === true || report !== null;
  const throttles = rules.mode === 'enforce' && asksThrottles ? new ThrottleStudy(policy.rules) : null;
  const run = replayOf({ flags, rules, tracker, progress, ...writing, figures, throttles });
  let uncopied: Incomplete | null;
  let isWhole: boolean;
  try {
    isWhole = await run.replay(list.paths);
    await outputs.close();
    uncopied = (await annotation?.write(run.counters.packets, () => signals.caught)) ?? null;
  } finally {
    progress.stop();
    signals.stop();
  }
  // A signal after the captures were read cuts the annotated copy alone.
  const signal = isWhole ? null : signals.signal;
  const interruption = signal === null ? null : interruptionAt(signal, run.reached, list.paths);
  const { counters, incomplete } = run;
  const provenance = await record.finish({
    counters,
    interruption,
    incomplete: uncopied === null ? incomplete : [...incomplete, uncopied],
    mode: rules.mode,
    rules: [loaded],
  });
  for (const { file, message } of incomplete) process.stderr.write(`sluice: ${file}: ${message}\n`);
  const throttled = throttles === null ? null : throttlesJson(throttles);
  const totals = totalsOf({ run, list, flags, rules, interruption, throttles: throttled, provenance });
  printWarnings(totals, flags);
  const reported = figures === null ? null : { report: figures.figures(counters, flags.addresses === 'plain') };
  await printSummary(totals, flags, reported ?? {});
  if (report !== null && reported !== null) {
    const data = { ...summaryObject(totals), throttles: throttled, ...reported };
    await report.write(await reportPage(data, flags));
  }
  await record.writeBeside((output) => outputs.filesBeside(output));
  if (signals.exitCode !== null) return signals.exitCode;
  if (list.problems.length > 0) return ExitCode.WRONG_USAGE;
  return incomplete.length > 0 || uncopied !== null ? ExitCode.CAPTURE_INCOMPLETE : ExitCode.DONE;
}

interface Writing {
  readonly outputs: ReplayOutputs;
  readonly annotation: Annotation | null;
}

async function openOutputs(flags: ReplayFlags, { policy, registry }: Rules): Promise<Writing> {
  const show = addressForm(flags);
  const context = contextOf({ policy, registry });
  const fields = new EventFields(show, context, originOf(flags));
  const outputs = await ReplayOutputs.open(flags, new EventLines(show, context, originOf(flags)), fields);
  return { outputs, annotation: await openAnnotation(flags, fields) };
}

interface ReplayParts extends Writing {
  readonly flags: ReplayFlags;
  readonly rules: Rules;
  readonly tracker: Tracker;
  readonly progress: Progress;
  readonly figures: ReplayFigures | null;
  readonly throttles: ThrottleStudy | null;
}

/** The replay, with its outputs connected. */
function replayOf(parts: ReplayParts): Replay {
  const { flags, rules, tracker, outputs, annotation, progress, figures, throttles } = parts;
  return new Replay(
    {
      rules,
      each: flags.each === true,
      tracker,
      packetSink: outputs.packetSink,
      throttles,
      outcomes: figures,
      ...(figures !== null && {
        onRead: (batch) => {
          figures.offered(batch);
        },
      }),
      onFile: (file, packetsBefore) => {
        outputs.beginFile(file, packetsBefore);
        annotation?.annotations.beginFile(file, packetsBefore);
      },
      onBatch: async (bytes) => {
        progress.add(bytes);
        await outputs.settle();
        return true;
      },
      onRemark: (file, message) => process.stderr.write(`sluice: ${file}: ${message}\n`),
    },
    () => {
      const sink = annotation?.annotations.sinkBefore(outputs.sink) ?? outputs.sink;
      return figures?.before(sink) ?? sink;
    },
  );
}

interface Ended extends Pick<ReplayTotals, 'interruption' | 'throttles' | 'provenance'> {
  readonly run: Replay;
  readonly list: CaptureList;
  readonly flags: ReplayFlags;
  readonly rules: Rules;
}

function totalsOf({ run, list, flags, rules, interruption, throttles, provenance }: Ended): ReplayTotals {
  const { policy, registry, mode } = rules;
  return {
    captureCount: list.paths.length,
    skippedCount: list.skippedCount,
    ...shownFiles({ incomplete: run.incomplete, interruption, filesBack: run.order }, flags),
    counters: run.counters,
    flows: run.counts.flows,
    decisions: run.counts.made,
    hits: run.counts.hits,
    trips: run.trips,
    throttles,
    mode,
    policy: { name: policy.name, sha256: policy.sha256, rules: policy.rules.length },
    registry: { sha256: registry.sha256, entries: registry.count },
    provenance,
  };
}

async function openAnnotation(flags: ReplayFlags, fields: EventFields): Promise<Annotation | null> {
  if (flags.annotate === undefined) return null;
  const { Annotation } = await import('./annotate.ts');
  return new Annotation(flags.annotate, flags, fields);
}

async function reportPage(data: ReplayReportData, { audience }: ReplayFlags): Promise<string> {
  const madeAt = new Date().toISOString();
  if (audience !== 'public') return (await import('../study/report/replay-report.ts')).replayReport(data, madeAt);
  return (await import('../study/report/public-report.ts')).publicReplayReport(data, madeAt);
}

function checkOutputs(flags: ReplayFlags): void {
  checkStandardOutput(flags, flags.json === true);
  checkVpnOnly(flags);
  checkAnnotate(flags);
  if (flags.addresses !== 'plain' && (flags.forwarded !== undefined || flags.dropped !== undefined)) {
    const reason = 'captures of packets hold addresses as they are';
    throw new CommandError(
      `--addresses ${flags.addresses} with --forwarded or --dropped: ${reason}`,
      ExitCode.WRONG_USAGE,
    );
  }
}

/** Warnings that do not depend on the form of the summary. */
function printWarnings({ filesBack, captureCount, interruption }: ReplayTotals, flags: ReplayFlags): void {
  const warning = filesBackText(filesBack, captureCount);
  if (warning !== '') process.stderr.write(`sluice: warning: ${warning}\n`);
  // The text summary includes it.
  const isSaid = flags.json !== true && flags.quiet !== true;
  if (interruption !== null && !isSaid) process.stderr.write(`sluice: ${interruptionText(interruption)}\n`);
}

async function printSummary(totals: ReplayTotals, flags: ReplayFlags, reported: object): Promise<void> {
  if (flags.json === true) {
    await writeOut(summaryJson(totals, reported));
    return;
  }
  if (flags.quiet === true) return;
  // If an output uses standard output, the summary must not, because programs read it.
  const text = await summaryText(totals);
  if (usesStandardOutput(flags)) process.stderr.write(text);
  else await writeOut(text);
}
