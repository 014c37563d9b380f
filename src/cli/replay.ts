/**
 * `sluice replay`: captures in, decisions out, a summary at the end.
 */
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type CaptureList, listCaptures } from '../capture/list-captures.ts';
import { Outcome } from '../enforcement/outcome.ts';
import type { DecisionSink } from '../engine/decision-sink.ts';
import type { Rules } from '../engine/decisions.ts';
import type { PacketSink } from '../engine/pipeline.ts';

import { CaptureWriter } from '../output/capture-writer.ts';
import { EventLines } from '../output/event-line.ts';
import { LineOutput } from '../output/line-output.ts';
import { type ReplayTotals, summaryJson, summaryText } from '../output/summary.ts';
import type { Mode } from '../policy/policy.ts';
import { ManyThreads } from '../shards/many-threads.ts';
import type { ShardPool } from '../shards/shard-pool.ts';
import type { AddressFlags } from './address-flags.ts';
import { addressForm } from './address-form.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { FileOfPacket } from './file-of-packet.ts';
import { requirePolicy, requireRegistry } from './load-rules.ts';
import { Progress } from './progress.ts';
import { Replay } from './replay-captures.ts';
import { SignalWatch } from './signal-watch.ts';
import { fittingWorkers, startShards } from './workers.ts';

export interface ReplayFlags extends AddressFlags {
  readonly policy: string;
  readonly registry: string;
  readonly decisions?: string;
  readonly flows?: string;
  readonly json?: boolean;
  readonly each?: boolean;
  readonly mode?: Mode;
  readonly forwarded?: string;
  readonly dropped?: string;
  readonly maxFlows: number;
  /** Left out: as many as fit. */
  readonly workers?: number;
  readonly quiet?: boolean;
}

export async function replay(captures: readonly string[], flags: ReplayFlags): Promise<ExitCode> {
  checkOutputs(flags);
  const list = await listCaptures(captures);
  // Threads start while the rules are read.
  const pool = startShards(flags.workers ?? fittingWorkers(list.paths), flags.maxFlows, flags.flows !== undefined);
  try {
    return await replayList(list, flags, pool);
  } finally {
    await pool?.stop();
  }
}

async function replayList(list: CaptureList, flags: ReplayFlags, pool: ShardPool | null): Promise<ExitCode> {
  const policy = await requirePolicy(flags.policy);
  const registry = await requireRegistry(flags.registry);
  const rules: Rules = { policy, registry, mode: flags.mode ?? policy.mode };
  const show = addressForm(flags);
  for (const problem of list.problems) process.stderr.write(`sluice: ${problem.message}\n`);
  if (list.paths.length === 0) return ExitCode.WRONG_USAGE;
  await checkOverwriting(flags, list.paths);

  const progress = await Progress.open(list.paths, flags.quiet === true);
  const outputs = new ReplayOutputs(
    flags,
    new EventLines(show, {
      policy: { name: policy.name, sha256: policy.sha256 },
      registry: { sha256: registry.sha256 },
    }),
  );
  const signals = new SignalWatch(() => {
    run.interrupt();
  });
  const run = new Replay(
    {
      rules,
      each: flags.each === true,
      flowCapacity: flags.maxFlows,
      ...(pool !== null && { engine: new ManyThreads(pool) }),
      packetSink: outputs.packetSink,
      onFile: (file, packetsBefore) => {
        outputs.files.begin(file, packetsBefore);
      },
      onBatch: async (octets) => {
        progress.add(octets);
        await outputs.settle();
        return true;
      },
      onRemark: (file, message) => process.stderr.write(`sluice: ${file}: ${message}\n`),
    },
    () => outputs.sink,
  );
  try {
    await run.run(list.paths);
    await outputs.close();
  } finally {
    progress.stop();
    signals.stop();
  }
  for (const { file, message } of run.incomplete) process.stderr.write(`sluice: ${file}: ${message}\n`);
  const totals: ReplayTotals = {
    captureCount: list.paths.length,
    skippedCount: list.skippedCount,
    incomplete: run.incomplete,
    counters: run.counters,
    flows: run.flows,
    decisions: run.decisions,
    mode: rules.mode,
    policy: { name: policy.name, sha256: policy.sha256, rules: policy.rules.length },
    registry: { sha256: registry.sha256, entries: registry.count },
  };
  await printSummary(totals, flags);
  if (signals.exitCode !== null) return signals.exitCode;
  if (list.problems.length > 0) return ExitCode.WRONG_USAGE;
  return run.incomplete.length > 0 ? ExitCode.CAPTURE_INCOMPLETE : ExitCode.DONE;
}

/** Standard output can hold one thing. */
function checkOutputs(flags: ReplayFlags): void {
  const takers = [
    flags.decisions === '-' && '--decisions -',
    flags.flows === '-' && '--flows -',
    flags.json === true && '--json',
  ];
  const taken = takers.filter((taker) => taker !== false);
  if (taken.length > 1)
    throw new CommandError(`${taken.join(' and ')} both want standard output`, ExitCode.WRONG_USAGE);
  if (flags.addresses !== 'plain' && (flags.forwarded !== undefined || flags.dropped !== undefined)) {
    const reason = 'captures of packets hold addresses as they are';
    throw new CommandError(
      `--addresses ${flags.addresses} with --forwarded or --dropped: ${reason}`,
      ExitCode.WRONG_USAGE,
    );
  }
}

/** No output may be one of the files that are read, nor another output: it would be emptied before the first packet. */
async function checkOverwriting(flags: ReplayFlags, captures: readonly string[]): Promise<void> {
  const takers = new Map<string, string>();
  const inputs = [...captures, flags.policy, flags.registry, flags.addressKey];
  for (const input of inputs) {
    const file = input === undefined ? null : await regularFile(input);
    if (file !== null) takers.set(file, 'is read too');
  }
  for (const flag of ['decisions', 'flows', 'forwarded', 'dropped'] as const) {
    const path = flags[flag];
    const file = path === undefined || path === '-' ? null : await regularFile(path);
    if (file === null) continue;
    const taken = takers.get(file);
    if (taken !== undefined) throw new CommandError(`--${flag} ${path}: this file ${taken}`, ExitCode.WRONG_USAGE);
    takers.set(file, `is written by --${flag} too`);
  }
}

/** The path with its links followed; null where something is there that is no regular file, like a pipe. */
async function regularFile(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isFile() ? await realpath(path) : null;
  } catch {
    return resolve(path);
  }
}

async function printSummary(totals: ReplayTotals, flags: ReplayFlags): Promise<void> {
  if (flags.json === true) {
    await writeOut(summaryJson(totals));
    return;
  }
  if (flags.quiet === true) return;
  // Where events go to standard output the summary must not: programs read those lines.
  const text = await summaryText(totals);
  if (flags.decisions === '-' || flags.flows === '-') process.stderr.write(text);
  else await writeOut(text);
}

async function writeOut(text: string): Promise<void> {
  const output = new LineOutput('-');
  output.write(text);
  await output.close();
}

/** Where a replay's events and packets go. */
class ReplayOutputs {
  readonly files = new FileOfPacket();
  readonly sink: DecisionSink;
  readonly packetSink: PacketSink | null;
  private readonly decisions: LineOutput | null;
  private readonly flows: LineOutput | null;
  private readonly forwarded: CaptureWriter | null;
  private readonly dropped: CaptureWriter | null;

  constructor(flags: ReplayFlags, lines: EventLines) {
    const { files } = this;
    const decisions = flags.decisions === undefined ? null : new LineOutput(flags.decisions);
    const flows = flags.flows === undefined ? null : new LineOutput(flags.flows);
    const forwarded = openWriter(flags.forwarded);
    const dropped = openWriter(flags.dropped);
    this.decisions = decisions;
    this.flows = flows;
    this.forwarded = forwarded;
    this.dropped = dropped;
    this.sink = {
      ...(decisions !== null && {
        decided: (flow, decision, timeUs, packet) => {
          lines.putDecision(decisions.text, files.current, flow, decision, timeUs, packet);
        },
      }),
      ...(flows !== null && {
        ended: (flow, decision, reason) => {
          lines.putFlow(flows.text, files.of(flow.firstPacket), flow, decision, reason);
        },
      }),
    } satisfies DecisionSink;
    this.packetSink =
      forwarded === null && dropped === null
        ? null
        : {
            packet: (batch, row, outcome, delayUs) => {
              (outcome === Outcome.DROPPED ? dropped : forwarded)?.write(batch, row, delayUs);
            },
          };
  }

  async settle(): Promise<void> {
    await this.decisions?.settle();
    await this.flows?.settle();
  }

  async close(): Promise<void> {
    await this.decisions?.close();
    await this.flows?.close();
    for (const writer of [this.forwarded, this.dropped]) {
      writer?.close();
      if (writer === null || writer.otherLinkTypeCount === 0) continue;
      process.stderr.write(
        `sluice: ${writer.otherLinkTypeCount} packets of other link types are not in ${writer.path}: a pcap file has one\n`,
      );
    }
  }
}

function openWriter(path: string | undefined): CaptureWriter | null {
  if (path === undefined) return null;
  try {
    return new CaptureWriter(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot write ${path}: ${reason}`, ExitCode.FAILED);
  }
}
