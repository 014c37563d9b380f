/** `sluice compare`: decides the flows of captures by several sets of rules at once, and shows the differences. */
import { type CaptureList, listCaptures } from '../capture/input/list-captures.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { Tracker } from '../dataplane/host/tracker.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import type { Rules } from '../decision/rules.ts';
import { type TrialTrip, TrialAdmission } from '../decision/trial-admission.ts';
import { filesBackText } from '../output/capture/files-back.ts';
import { EventFields } from '../output/event/event-fields.ts';
import type { EventOrigin } from '../output/event/event-origin.ts';
import { PacketFiles } from '../output/event/packet-files.ts';
import { interruptionText } from '../output/summary/interruption.ts';
import { type EventOutput, openEvents } from '../output/table/event-output.ts';
import { CaptureRun, type CaptureUnderWay } from '../pipeline/capture-run.ts';
import { addTrips } from '../pipeline/replay.ts';
import { Session } from '../pipeline/session.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../rules/example-rules.ts';
import { type LoadedRules, type RegistryReading, requireRules, shownPath } from '../rules/load-rules.ts';
import { changeEvent } from '../study/compare/change-event.ts';
import { ChangeGroups } from '../study/compare/change-groups.ts';
import { Comparison } from '../study/compare/comparison.ts';
import { comparisonJson, comparisonObject } from '../study/compare/comparison-json.ts';
import { comparisonText } from '../study/compare/comparison-text.ts';
import type { ComparedRules, ComparisonTotals } from '../study/compare/comparison-totals.ts';
import type { FlowChange } from '../study/compare/flow-change.ts';
import { LargestChanges } from '../study/compare/largest-changes.ts';
import type { PairComparison } from '../study/compare/pair-comparison.ts';
import { type CompareReportData, compareFigures } from '../study/report/compare-report-data.ts';
import type { AddressFlags } from './address-flags.ts';
import { addressForm } from './address-form.ts';
import { exceededLimits, hasLimits, type HitLimits } from './compare-limits.ts';
import { interruptionAt } from './interruption.ts';
import type { HashFlag } from './no-hash-flag.ts';
import { originOf } from './origin-flags.ts';
import { checkOverwriting, checkStandardOutput, usesStandardOutput, withStandardOutput } from './output-paths.ts';
import { Progress } from './progress.ts';
import type { ReportFlags } from './report-flags.ts';
import { reportList } from './report-list.ts';
import { ReportOutput } from './report-output.ts';
import { RunRecord } from './run-record.ts';
import { throttlesJson } from '../study/throttle/throttle-json.ts';
import { ThrottleStudy } from '../study/throttle/throttle-study.ts';
import { shownFiles, shownName } from './shown-files.ts';
import { SignalWatch } from './signal-watch.ts';
import { startTracker } from './workers.ts';
import { writeOut } from './write-out.ts';

export interface CompareFlags extends AddressFlags, EventOrigin, HitLimits, HashFlag, ReportFlags {
  readonly policy?: readonly string[];
  readonly registry?: readonly string[];
  readonly changes?: string;
  readonly json?: boolean;
  readonly each?: boolean;
  readonly force?: boolean;
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
  readonly workers?: number;
  readonly quiet?: boolean;
}

/** A set of rules to compare, with the names of its files. */
interface Candidate {
  readonly policyFile: string;
  readonly registryFile: string;
  readonly rules: Rules;
  readonly loaded: LoadedRules;
}

export async function compare(captures: readonly string[], given: CompareFlags): Promise<ExitCode> {
  const flags = withStandardOutput(given);
  checkStandardOutput(flags, flags.json === true);
  const report = ReportOutput.of(flags);
  const pairs = rulesFiles(flags);
  const list = await listCaptures(captures);
  const inputs = [...list.paths, ...pairs.flatMap(({ policy, registry }) => [policy, registry]), flags.addressKey];
  await checkOverwriting(flags, inputs, flags.force === true);
  const show = addressForm(flags);
  const running = startTracker(flags.workers ?? 1, flags);
  try {
    const candidates = await load(pairs);
    reportList(list);
    if (list.paths.length === 0) return ExitCode.WRONG_USAGE;
    // The context of decision events is not part of these events.
    const none = { policy: { name: '', sha256: '' }, registry: { sha256: '' } };
    const fields = new EventFields(show, none, originOf(flags));
    return await new CompareRun(flags, list, candidates, fields, running.tracker).run(report);
  } finally {
    await running.stop();
  }
}

/** The files of each set of rules. Throws CommandError where their numbers do not fit. */
function rulesFiles({ policy, registry }: CompareFlags): { policy: string; registry: string }[] {
  const policies = policy ?? [DEFAULT_POLICY];
  const registries = registry ?? [DEFAULT_REGISTRY];
  const count = Math.max(policies.length, registries.length);
  const isFitting = (files: readonly string[]): boolean => files.length === 1 || files.length === count;
  if (count < 2)
    throw new CommandError('nothing to compare: give --policy or --registry at least twice', ExitCode.WRONG_USAGE);
  if (!isFitting(policies) || !isFitting(registries))
    throw new CommandError(
      `--policy is given ${policies.length} times and --registry ${registries.length} times: give each ` +
        'once, or both equally often',
      ExitCode.WRONG_USAGE,
    );
  return Array.from({ length: count }, (_, at) => ({
    policy: policies[policies.length === 1 ? 0 : at]!,
    registry: registries[registries.length === 1 ? 0 : at]!,
  }));
}

async function load(pairs: readonly { policy: string; registry: string }[]): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const registries = new Map<string, RegistryReading>();
  for (const files of pairs) {
    const loaded = await requireRules(files, registries);
    const { policy, registry } = loaded;
    candidates.push({
      policyFile: files.policy,
      registryFile: files.registry,
      rules: { policy, registry, mode: 'enforce' },
      loaded,
    });
  }
  return candidates;
}

class CompareRun {
  private readonly flags: CompareFlags;
  private readonly list: CaptureList;
  private readonly candidates: readonly Candidate[];
  private readonly fields: EventFields;
  private readonly session: Session;
  private readonly comparison: Comparison;
  private readonly trips: readonly TrialTrip[][];
  /** By side; null if no output shows it. */
  private readonly throttles: readonly ThrottleStudy[] | null;
  private readonly largest: readonly LargestChanges[];
  private readonly record: RunRecord;
  private changes: EventOutput | null = null;
  private readonly files = new PacketFiles();

  constructor(
    flags: CompareFlags,
    list: CaptureList,
    candidates: readonly Candidate[],
    fields: EventFields,
    tracker: Tracker,
  ) {
    this.flags = flags;
    this.list = list;
    this.candidates = candidates;
    this.fields = fields;
    this.session = new Session(tracker);
    this.comparison = new Comparison(candidates.map(({ rules }) => rules.policy));
    this.trips = candidates.map(() => []);
    const asksThrottles = flags.json === true || flags.report !== undefined;
    this.throttles = asksThrottles ? candidates.map(({ rules }) => new ThrottleStudy(rules.policy.rules)) : null;
    this.largest = this.comparison.pairs.map(() => new LargestChanges());
    this.record = new RunRecord(flags, list);
    for (const [at, pair] of this.comparison.pairs.entries()) {
      if (flags.report !== undefined) pair.groups = new ChangeGroups();
      pair.onChange = (change) => {
        this.take(pair, at, change);
      };
    }
  }

  async run(report: ReportOutput | null): Promise<ExitCode> {
    const { flags, list, comparison, files } = this;
    if (flags.changes !== undefined) this.changes = await openEvents(flags.changes, 'change');
    const progress = await Progress.open(list.paths, flags.quiet === true);
    const run = new CaptureRun({
      each: flags.each === true,
      onFile: (file, packetsBefore) => {
        if (packetsBefore === 0) files.clear();
        files.begin(file, packetsBefore);
      },
      onRead: (batch) => {
        comparison.offered(batch);
      },
      onBatch: async (bytes) => {
        progress.add(bytes);
        await this.changes?.settle();
        return true;
      },
      onRemark: (file, message) => process.stderr.write(`sluice: ${file}: ${message}\n`),
    });
    const signals = new SignalWatch(() => {
      run.interrupt();
    });
    try {
      await run.run(list.paths, () => this.begin());
      await this.changes?.close();
    } finally {
      progress.stop();
      signals.stop();
    }
    for (const { file, message } of run.incomplete) process.stderr.write(`sluice: ${file}: ${message}\n`);
    const totals = await this.totalsOf(run, signals.signal);
    const reported = report === null ? null : { report: compareFigures(totals) };
    await this.show(totals, reported ?? {});
    if (report !== null && reported !== null) {
      await report.write(await reportPage({ ...comparisonObject(totals), ...reported }, flags));
    }
    await this.record.writeBeside();
    if (signals.exitCode !== null) return this.ungated(signals.exitCode);
    if (list.problems.length > 0) return this.ungated(ExitCode.WRONG_USAGE);
    if (run.incomplete.length > 0) return this.ungated(ExitCode.CAPTURE_INCOMPLETE);
    return this.gate();
  }

  /** Begins a capture: every set of rules decides its flows, as if it were enforced. */
  private begin(): CaptureUnderWay {
    const { candidates, comparison, throttles } = this;
    const admissions = TrialAdmission.sideBySide(candidates.map(({ rules }) => rules.policy.safety));
    const sides = candidates.map(({ rules }, side) => ({
      rules,
      sink: comparison.sinkOf(side),
      admission: admissions[side]!,
      throttles: throttles?.[side] ?? null,
    }));
    this.session.beginSides(sides, comparison);
    return {
      session: this.session,
      finished: () => {
        for (const [side, admission] of admissions.entries()) addTrips(this.trips[side]!, admission.trips);
        for (const study of throttles ?? []) study.forgottenAll();
      },
    };
  }

  private take(pair: PairComparison, at: number, change: FlowChange): void {
    const { flow } = change;
    const make = (): ReturnType<typeof changeEvent> => {
      const file = this.files.of(flow.firstPacket);
      return changeEvent(this.fields, file, change, this.policyName(0), this.policyName(pair.side));
    };
    this.changes?.write(make());
    this.largest[at]!.take(flow.bytesToDestination + flow.bytesToSource, make);
  }

  private policyName(side: number): string {
    return this.candidates[side]!.rules.policy.name;
  }

  private async totalsOf(run: CaptureRun, signal: NodeJS.Signals | null): Promise<ComparisonTotals> {
    const { list, comparison, largest, flags } = this;
    const { counters, incomplete } = run;
    const interruption = signal === null ? null : interruptionAt(signal, run.reached, list.paths);
    const rules = this.candidates.map(({ loaded }) => loaded);
    return {
      captureCount: list.paths.length,
      ...shownFiles({ incomplete, interruption, filesBack: run.order }, flags),
      counters,
      rules: this.candidates.map((candidate, side) => this.comparedRules(candidate, side)),
      comparison,
      largest,
      showsHolders: flags.addresses === 'plain',
      provenance: await this.record.finish({ counters, interruption, incomplete, mode: 'enforce', rules }),
    };
  }

  private comparedRules(
    { policyFile, registryFile, rules: { policy, registry } }: Candidate,
    side: number,
  ): ComparedRules {
    return {
      letter: String.fromCharCode('A'.charCodeAt(0) + side),
      policy: {
        file: shownName(shownPath(policyFile), this.flags),
        name: policy.name,
        sha256: policy.sha256,
        rules: policy.rules.length,
      },
      registry: {
        file: shownName(shownPath(registryFile), this.flags),
        sha256: registry.sha256,
        entries: registry.count,
      },
      trips: this.trips[side]!,
      throttles: this.throttles === null ? null : throttlesJson(this.throttles[side]!),
    };
  }

  private async show(totals: ComparisonTotals, reported: object): Promise<void> {
    const { flags } = this;
    const warning = filesBackText(totals.filesBack, totals.captureCount);
    if (warning !== '') process.stderr.write(`sluice: warning: ${warning}\n`);
    if (totals.interruption !== null && (flags.json === true || flags.quiet === true))
      process.stderr.write(`sluice: ${interruptionText(totals.interruption)}\n`);
    if (flags.json === true) await writeOut(comparisonJson(totals, reported));
    else if (flags.quiet === true) return;
    else if (usesStandardOutput(flags)) process.stderr.write(comparisonText(totals));
    else await writeOut(comparisonText(totals));
  }

  /** A part of the captures may keep a limit that all of them exceed. */
  private ungated(code: ExitCode): ExitCode {
    if (hasLimits(this.flags))
      process.stderr.write('sluice: the limits were not checked, because not all captures were read to their end\n');
    return code;
  }

  /** Names the limits that a change exceeds. */
  private gate(): ExitCode {
    const exceeded = this.comparison.pairs.flatMap((pair) =>
      exceededLimits(pair, this.policyName(pair.side), this.flags),
    );
    for (const text of exceeded) process.stderr.write(`sluice: ${text}\n`);
    return exceeded.length > 0 ? ExitCode.FAILED : ExitCode.DONE;
  }
}

/** Loaded only if it is asked for. */
async function reportPage(data: CompareReportData, { audience }: CompareFlags): Promise<string> {
  const madeAt = new Date().toISOString();
  if (audience !== 'public') return (await import('../study/report/compare-report.ts')).compareReport(data, madeAt);
  return (await import('../study/report/public-report.ts')).publicCompareReport(data, madeAt);
}
