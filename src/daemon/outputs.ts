/**
 * The event logs of the daemon: decisions and the daemon's own events in one log, ends of flows in another, or all in
 * one.
 */
import { realpath } from 'node:fs/promises';
import type { Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DecisionSink, DecisionView } from '../decision/decision-sink.ts';
import type { FlowRecord } from '../decision/flow-record.ts';
import { NO_FINDING } from '../dataplane/host/finding.ts';
import type { EventContext } from '../output/event/event-context.ts';
import { EventLines } from '../output/event/event-line.ts';
import { type EventOrigin, originFields } from '../output/event/event-origin.ts';
import { SegmentChain } from '../output/log/chain/segment-chain.ts';
import { EventLog, type LogState } from '../output/log/event-log.ts';
import type { Log } from '../output/log/log.ts';
import { logKindOf, RotatingFile, type Rotation } from '../output/log/rotating-file.ts';
import { type OnFull, LineQueue } from '../output/log/line-queue.ts';
import { openNamedPipe, openStandardOutput } from '../output/log/pipe-stream.ts';
import { StreamTarget } from '../output/log/stream-target.ts';
import type { ShowAddress } from '../output/event/shown-address.ts';
import type { PublicKey } from '../rules/signing-key.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import { lockPath } from './path-lock.ts';

export interface OutputOptions {
  readonly decisions: string | undefined;
  readonly flows: string | undefined;
  /** Flows without a finding have no flow event. */
  readonly vpnOnly: boolean;
  readonly onFull: OnFull;
  readonly rotation: Rotation;
  /** Fields of every event and labels of every metric. */
  readonly origin: EventOrigin;
  /** The sensor's key, which signs the chain of the log of decisions; null for no chain. */
  readonly chainKey: PublicKey | null;
}

/** By the paths of logs. */
export type LogStates = Readonly<Record<string, LogState>>;

const STANDARD_OUTPUT = '-';
const LOSSES_EVERY_MS = 60_000;
/** Time for the chain at the end: what it lacks then is added at the next start. */
const CLOSE_CHAIN_MS = 300;
const ACTION = /^\{"timestamp":"[^"]*","event_type":"action",/;

export class RunOutputs implements DecisionSink {
  readonly logs: readonly EventLog[];
  private readonly options: OutputOptions;
  private readonly files: PacketFiles;
  private readonly show: ShowAddress;
  private readonly decisions: EventLog | null;
  private readonly flows: EventLog | null;
  private events: EventLines;
  /** Undefined if flow events are not wanted: the engine then does not report ends of flows. */
  readonly ended?: NonNullable<DecisionSink['ended']>;
  /** Also receives each event of the daemon itself; null for none. */
  onNotice: ((line: string) => void) | null = null;
  /** The line of the decision at hand, without origin and number; null if there is no log of decisions. */
  decisionLine: string | null = null;
  /** After this time the ends of flows are only counted, not written. */
  private endBy = Infinity;
  /** Dropped lines of all logs at the last message. */
  private loggedDrops = 0;
  private nextLossesMs = 0;
  private readonly locks: (Server | null)[] = [];
  /** Null where the log of decisions has none. */
  chain: SegmentChain | null = null;
  private loggedChainFailures = 0;
  private readonly loggedOvertaken = new Map<RotatingFile, number>();

  private constructor(
    options: OutputOptions,
    logs: readonly EventLog[],
    show: ShowAddress,
    context: EventContext,
    files: PacketFiles,
  ) {
    this.options = options;
    this.files = files;
    this.show = show;
    this.logs = logs;
    this.decisions = options.decisions === undefined ? null : logs[0]!;
    this.flows = options.flows === undefined ? null : logs.at(-1)!;
    this.events = new EventLines(show, context);
    const { flows } = this;
    if (flows === null) return;
    this.ended = (flow, decision, reason) => {
      if (options.vpnOnly && flow.finding === NO_FINDING) return;
      if (this.endBy !== Infinity && performance.now() > this.endBy) flows.leaveOut();
      else flows.write(this.events.flow(files.of(flow.firstPacket), flow, decision, reason));
    };
  }

  static async open(
    options: OutputOptions,
    show: ShowAddress,
    context: EventContext,
    files: PacketFiles,
  ): Promise<RunOutputs> {
    const logs: EventLog[] = [];
    const { decisions, flows } = options;
    if (decisions !== undefined)
      logs.push(await openLog(decisions === flows ? 'events' : 'decisions', decisions, options));
    if (flows !== undefined && flows !== decisions) logs.push(await openLog('flows', flows, options));
    return new RunOutputs(options, logs, show, context, files);
  }

  /**
   * Opens the files, and goes on from a checkpoint, null for none. `isRepeated`: the packets after it come again.
   * Returns the paths of files that are others than at the checkpoint. Rejects if a file cannot be opened, or another
   * daemon writes it.
   */
  async start(states: LogStates | null, isRepeated: boolean): Promise<string[]> {
    const others: string[] = [];
    for (const log of this.logs) {
      const { file } = log;
      if (file !== null) this.locks.push(await lockLog(file.name));
      if (!(await log.start(states?.[log.lines.name] ?? null, isRepeated))) others.push(log.lines.name);
    }
    return others;
  }

  /** Begins the chain of the log of decisions. Returns the path of a broken chain that was set aside, or null. */
  async startChain(): Promise<string | null> {
    const file = this.decisions?.file ?? null;
    const { chainKey: key, origin, rotation } = this.options;
    if (file === null || key === null) return null;
    const chain = new SegmentChain(file.name, {
      key,
      sensor: originFields(origin),
      kept: rotation.kept,
      mayRemove: (name) => file.isRemovable(name),
    });
    const aside = await chain.start();
    file.onClosed = () => {
      chain.update();
    };
    this.chain = chain;
    return aside;
  }

  /** The file of the log of decisions; null if there is none. */
  get decisionsFile(): RotatingFile | null {
    return this.decisions?.file ?? null;
  }

  /** The logs as a checkpoint saves them, by their paths. */
  get states(): LogStates {
    return Object.fromEntries(this.logs.map((log) => [log.lines.name, log.state]));
  }

  /** Events on disk that the packets after a checkpoint have not made again so far. */
  get expectedCount(): number {
    return this.logs.reduce((sum, { expectedCount }) => sum + expectedCount, 0);
  }

  /** Writes no lines until `release`. */
  hold(): void {
    for (const log of this.logs) {
      log.settleTorn();
      log.lines.hold();
    }
  }

  release(): void {
    for (const { lines } of this.logs) lines.release();
  }

  /** Lines must be dropped, or packets wait, unless lines are written soon. */
  get isFilling(): boolean {
    return this.logs.some(({ lines }) => lines.isFilling);
  }

  /** Packets wait for room in the logs. */
  get areWaitedFor(): boolean {
    return this.options.onFull === 'wait';
  }

  /** A checkpoint with these states is on disk: files from before the one before it are needed no more. */
  async saved(states: LogStates): Promise<void> {
    for (const { file, lines } of this.logs) {
      const position = states[lines.name]?.position ?? null;
      if (file === null || position === null || !file.held.checkpoint(position.inode)) continue;
      await lines.removeOld();
    }
  }

  /** Where the packets were seen. */
  get origin(): EventOrigin {
    return this.options.origin;
  }

  /** Later events refer to these rules. */
  useContext(context: EventContext): void {
    this.events = new EventLines(this.show, context);
  }

  decided(flow: FlowRecord, decision: DecisionView, timeUs: number, packet: number): void {
    if (this.decisions === null) return;
    this.decisionLine = this.events.decision(this.files.current, flow, decision, timeUs, packet);
    this.decisions.write(this.decisionLine);
  }

  /** Writes an event of the daemon itself. */
  notice(line: string): void {
    this.decisions?.write(line);
    if (this.chain !== null && ACTION.test(line)) this.chain.act(line);
    this.onNotice?.(line);
  }

  /** Prepares for the end of all flows: they are written until `time` (of performance.now). */
  expectLast(time: number): void {
    this.endBy = time;
    this.liftLimits();
  }

  /** Nothing waits for room in a log from now on. */
  liftLimits(): void {
    for (const { lines } of this.logs) lines.expectLast();
  }

  /** Logs lines dropped since the last message, at most once a minute. */
  logNewLosses(log: Log, nowMs: number): void {
    this.logChainFailures(log);
    this.logOvertaken(log);
    const droppedCount = this.logs.reduce((sum, { lines }) => sum + lines.droppedCount, 0);
    if (droppedCount === this.loggedDrops || nowMs < this.nextLossesMs) return;
    this.loggedDrops = droppedCount;
    this.nextLossesMs = nowMs + LOSSES_EVERY_MS;
    this.logLosses(log, 'event lines are lost');
  }

  private logOvertaken(log: Log): void {
    for (const { file } of this.logs) {
      if (file === null || file.held.overtakenCount <= (this.loggedOvertaken.get(file) ?? 0)) continue;
      this.loggedOvertaken.set(file, file.held.overtakenCount);
      log.error(
        { path: file.name, segments: file.held.overtakenCount },
        'closed segments of a log were removed that a restart needs: its events may come twice; raise --rotate-keep',
      );
    }
  }

  private logChainFailures(log: Log): void {
    const { chain } = this;
    if (chain === null || chain.failureCount === this.loggedChainFailures) return;
    this.loggedChainFailures = chain.failureCount;
    log.error({ path: chain.path, problem: chain.problem }, 'the chain of the event log cannot be written');
  }

  /** Logs the dropped lines of each log that has any. */
  logLosses(log: Log, message: string): void {
    for (const { name, lines } of this.logs) {
      const { lineCount, droppedCount, problem } = lines;
      if (droppedCount > 0) log.error({ log: name, lineCount, droppedCount, problem }, message);
    }
  }

  async settle(): Promise<void> {
    for (const log of this.logs) await log.settle();
  }

  /** Rotates files that are due; true if there were any. */
  async rotateIfDue(): Promise<boolean> {
    const rotations = (): number => this.logs.reduce((sum, { lines }) => sum + lines.rotationCount, 0);
    const before = rotations();
    for (const log of this.logs) {
      if (log.file?.isDue === true) log.settleTorn();
      await log.lines.rotateIfDue();
    }
    return rotations() > before;
  }

  async reopen(): Promise<void> {
    for (const log of this.logs) {
      log.settleTorn();
      await log.lines.reopen();
    }
  }

  /** Writes the rest for at most `timeoutMs`; a checkpoint may keep what remains then. */
  async close(timeoutMs: number, keeps = false): Promise<void> {
    for (const log of this.logs) log.settleTorn();
    await Promise.all(this.logs.map(({ lines }) => lines.close(timeoutMs, keeps)));
    await Promise.race([this.chain?.close(), sleep(CLOSE_CHAIN_MS, undefined, { ref: false })]);
    for (const lock of this.locks) lock?.close();
  }
}

/** Two daemons would number the events of one log independently. */
async function lockLog(path: string): Promise<Server | null> {
  const absolute = join(await realpath(dirname(path)), basename(path));
  return lockPath(absolute, `another sluice writes ${path}`);
}

async function openLog(name: string, path: string, options: OutputOptions): Promise<EventLog> {
  if (path === STANDARD_OUTPUT) {
    const target = new StreamTarget('standard output', openStandardOutput);
    return new EventLog(name, new LineQueue(target, options.onFull), null, options.origin);
  }
  const kind = await logKindOf(path);
  if (kind === 'named pipe') {
    const target = new StreamTarget(path, () => openNamedPipe(path), true);
    return new EventLog(name, new LineQueue(target, options.onFull), null, options.origin);
  }
  // A device cannot be truncated or rotated; it is otherwise written like a file.
  const isPlain = kind === 'file';
  const never: Rotation = { bytes: Infinity, ageMs: Infinity, kept: 0 };
  const file = new RotatingFile(path, isPlain ? options.rotation : never);
  return new EventLog(name, new LineQueue(file, options.onFull), isPlain ? file : null, options.origin);
}
