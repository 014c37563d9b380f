/**
 * The daemon: connects source, engine, event logs, rules, breaker, control socket and HTTP server. It starts them in an
 * order in which nothing is modified before the daemon is certain to run, and stops them in reverse.
 */
import { randomInt } from 'node:crypto';
import type { Server } from 'node:net';
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import { rulesSha256 } from '../decision/rules.ts';
import { teeDecisions } from '../decision/tee-sink.ts';
import { statsLine } from '../output/event/daemon-event-line.ts';
import { contextOf } from '../output/event/event-context.ts';
import type { ShowAddress } from '../output/event/shown-address.ts';
import { HASH_KEY_WORDS } from '../policy/client-hash.ts';
import type { Tracker } from '../dataplane/tracker.ts';
import type { TripReport } from '../decision/safety-guard.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { ControlSocket } from './control-socket.ts';
import { apiRoutes } from '../web/api/routes.ts';
import type { Route } from '../web/api/route.ts';
import { NO_ACCOUNTS } from '../web/http/accounts/account-options.ts';
import { ConsoleAccess } from '../web/http/accounts/console-access.ts';
import type { HttpOptions, ListenAddress } from '../web/http/http-options.ts';
import { HttpServer } from '../web/http/http-server.ts';
import type { Log } from '../output/log/log.ts';
import type { Notifier } from './notifier.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { PacketFiles } from '../output/event/packet-files.ts';
import { administeredParts } from './administered-parts.ts';
import { RunAdministration } from './administration.ts';
import { RunChanges } from './rule-changes.ts';
import { RunClock } from './source-clock.ts';
import { RunEngine } from './daemon-engine.ts';
import { RunHints } from './hints.ts';
import { RunNotices } from './notices.ts';
import { type OutputOptions, RunOutputs } from './outputs.ts';
import type { RulesState } from './rules-state.ts';
import type { RulesFiles } from './daemon-rules.ts';
import { DaemonConsole, PAGES } from './console/daemon-console.ts';
import { consoleAddresses, DecisionFeed } from './console/decision-feed.ts';
import { HistoryFeed, type HistoryOptions } from './console/history-feed.ts';
import { daemonRoutes } from './routes.ts';
import { RunSafety } from './safety.ts';
import { RunShadow } from './shadow.ts';
import type { ShadowFiles, ShadowReading } from './shadow-rules.ts';
import type { RunSource } from './source-run.ts';
import { daemonStats } from './stats.ts';
import { startSafety } from './start-safety.ts';
import type { StartingRules } from './starting-rules.ts';

export interface DaemonOptions {
  readonly version: string;
  readonly rulesFiles: RulesFiles;
  readonly starting: StartingRules;
  /** Stores the rules in use; null for no storage. */
  readonly rulesState: RulesState | null;
  /** A second set of rules that decides too and never acts, as it was read; null for none. */
  readonly shadow: { readonly files: ShadowFiles; readonly reading: ShadowReading } | null;
  /** Tracks flows in this thread or in workers. */
  readonly tracker: Tracker;
  readonly outputs: OutputOptions;
  readonly show: ShowAddress;
  /** Null for no history, and no console. */
  readonly history: HistoryOptions | null;
  /** Folder of policies that operators may try as drafts in the console; null for none. */
  readonly drafts: string | null;
  /** Null for no HTTP server. */
  readonly http: HttpOptions | null;
  /** The flag that names another address or port, for a message when the port is taken. */
  readonly portFlag: string;
  /** Path of the control socket; null for none. */
  readonly control: string | null;
  readonly watch: boolean;
  /** Folder for the state of the breaker and of registered hits; null for none. */
  readonly stateFolder: string | null;
  /** The folder was requested explicitly: without it the daemon does not start. */
  readonly needsState: boolean;
  /** Null for no webhook. */
  readonly notifier: Notifier | null;
  readonly statsMs: number;
  /** Called with the address of the HTTP server. */
  readonly onListening?: (address: ListenAddress) => void;
  readonly makeSource: (outputs: RunOutputs, files: PacketFiles) => RunSource;
}

/**
 * A stop takes at most 5 s: after the first time the ends of flows are only counted, after the second the logs are
 * closed.
 */
const END_FLOWS_MS = 3800;
const CLOSE_LOGS_MS = 4400;
/** From a request to stop on: until packets no longer wait for room in the logs. */
const WAIT_FOR_LOGS_MS = 2500;
/** Flush timeout when the source ended on its own. */
const PATIENT_MS = 60_000;
const TICK_MS = 1000;
/** Recent decisions go to the history process so often. */
const DECISIONS_MS = 250;
/** Files to which packets can be attributed; more than the lifetime of a flow spans. */
const FILES_LIMIT = 65_536;
/** Time for the last minutes of the history. */
const HISTORY_MS = 3000;
/** Time for notices under way at the end. */
const NOTICES_MS = 300;

export class Daemon {
  private readonly options: DaemonOptions;
  private readonly log: Log;
  private readonly engine: RunEngine;
  private readonly outputs: RunOutputs;
  private readonly source: RunSource;
  private readonly hints: RunHints;
  private readonly changes: RunChanges;
  private readonly lag = new EventLoopLag();
  private readonly safety: RunSafety;
  private readonly shadow: RunShadow;
  private readonly clock: RunClock;
  private readonly notices: RunNotices;
  private readonly history: HistoryFeed | null;
  private readonly decisions: DecisionFeed | null;
  private readonly console: DaemonConsole | null;
  private lock: Server | null = null;
  private readonly administration: RunAdministration;
  private readonly control: ControlSocket | null;
  private readonly access: ConsoleAccess;
  private readonly http: HttpServer | null;
  private readonly timers: NodeJS.Timeout[] = [];
  private isRunning = false;
  private isStopping = false;
  private areLogsClosing = false;
  /** Time of the request to stop; NaN before it. */
  private stopMs = NaN;

  static async open(options: DaemonOptions, log: Log): Promise<Daemon> {
    const files = new PacketFiles(FILES_LIMIT);
    const outputs = await RunOutputs.open(
      options.outputs,
      options.show,
      contextOf(options.starting.reading.rules!),
      files,
    );
    return new Daemon(options, log, outputs, options.makeSource(outputs, files), files);
  }

  private constructor(options: DaemonOptions, log: Log, outputs: RunOutputs, source: RunSource, files: PacketFiles) {
    this.options = options;
    this.log = log;
    this.outputs = outputs;
    this.source = source;
    const { rulesFiles, starting, rulesState, tracker, notifier, stateFolder, show } = options;
    const rules = starting.reading.rules!;
    this.history = options.history === null ? null : new HistoryFeed(options.history, log);
    this.access = new ConsoleAccess(options.http?.accounts ?? NO_ACCOUNTS, log);
    this.decisions = this.openDecisions(files);
    const sink = this.historySink();
    const tripped = (report: TripReport): void => {
      this.safety.tripped(report);
      this.console?.tick();
    };
    this.engine = new RunEngine(rules, tracker, sink, newKey(), tripped, this.history?.outcomes);
    this.notices = new RunNotices(notifier);
    this.hints = new RunHints(this.engine.counters, log);
    this.changes = new RunChanges(this.engine, outputs, rulesFiles, starting, rulesState, this.notices, log);
    this.clock = new RunClock(source.kind, files, log, (byUs) => {
      this.changes.clockWasSet(byUs);
    });
    this.safety = new RunSafety({
      guard: this.engine.guard,
      hits: this.engine.decisions.hits,
      folder: stateFolder,
      show,
      log,
      notices: this.notices,
      notice: (line) => {
        outputs.notice(line);
      },
      mode: () => this.engine.decisions.mode,
      timeUs: () => this.engine.timeUs,
    });
    this.shadow = new RunShadow(this.engine, rulesFiles.addresses, {
      show,
      log,
      notice: (line) => {
        outputs.notice(line);
      },
    });
    const { engine, changes, safety, shadow, history } = this;
    const parts = { version: options.version, engine, outputs, changes, source, safety, shadow, history };
    this.administration = new RunAdministration(administeredParts(parts), log);
    const answer = this.administration.answer.bind(this.administration);
    this.control = options.control === null ? null : new ControlSocket(options.control, answer, log);
    const { clock, administration, access, decisions } = this;
    this.changes.calendar.isOff = source.kind === 'captures';
    const shown = { show, addresses: rulesFiles.addresses, drafts: options.drafts, log };
    this.console =
      history === null || decisions === null
        ? null
        : new DaemonConsole({
            ...parts,
            ...shown,
            clock,
            history,
            decisions,
            notices: this.notices,
            administration,
            access,
            startedMs: Date.now(),
          });
    const routes = [...this.routes(), ...(this.console === null ? [] : apiRoutes(this.console))];
    this.http = options.http === null ? null : new HttpServer(options.http, { log, access, routes, pages: PAGES });
  }

  /** Starts everything. Rejects with CommandError before anything is modified that another daemon may use. */
  async start(): Promise<void> {
    try {
      await this.startParts();
    } catch (error) {
      await this.http?.stop();
      await this.control?.stop();
      this.lock?.close();
      this.source.close();
      throw error;
    }
  }

  private async startParts(): Promise<void> {
    await this.startHttp();
    const { checkpoint } = this.source;
    // A source with a checkpoint locks the state folder itself. Any other source starts after the folder is locked.
    if (checkpoint === null) await this.startSafety();
    await this.source.start();
    if (checkpoint !== null) await this.startSafety();
    await this.startOutputs((path) => checkpoint?.logPosition(path));
    await this.startHistory();
    this.safety.announce();
    // From here on a kill leaves a checkpoint with the positions of the logs.
    await checkpoint?.save();
    await this.changes.start();
    if (this.options.shadow !== null) this.shadow.start(this.options.shadow.files, this.options.shadow.reading);
    await this.startControl();
    this.lag.start();
    if (this.options.watch) this.changes.reloads.watch();
    this.every(TICK_MS, () => {
      this.tick();
    });
    this.every(DECISIONS_MS, () => {
      void this.decisions?.flush();
    });
    if (this.options.statsMs > 0)
      this.every(this.options.statsMs, () => {
        this.writeStats();
        this.shadow.writeSummary();
      });
    this.isRunning = true;
    this.log.info(
      {
        source: this.source.kind,
        backend: this.source.backend,
        mode: this.engine.rules.mode,
        rules: rulesSha256(this.engine.rules),
        control: this.options.control,
      },
      'running',
    );
  }

  /** Runs until the source ends or the daemon is stopped, then stops everything. Resolves to the exit code. */
  async run(): Promise<ExitCode> {
    const problem = await this.source.run(
      (batch) => this.take(batch),
      () => this.endCapture(),
    );
    const asked = this.isStopping;
    this.isStopping = true;
    for (const timer of this.timers) clearInterval(timer);
    await this.control?.stop();
    await this.changes.stop();
    await this.finish();
    this.lag.stop();
    await this.http?.stop();
    this.lock?.close();
    if (problem !== '') this.log.error({ problem }, 'the source could not be read to its end');
    this.log.info({ packets: this.engine.counters.packets, asked }, 'stopped');
    return problem === '' ? ExitCode.DONE : ExitCode.CAPTURE_INCOMPLETE;
  }

  stop(reason: string): void {
    if (!Number.isNaN(this.stopMs)) return;
    this.stopMs = performance.now();
    this.log.info({ reason }, 'stopping');
    if (!this.isStopping) {
      this.isStopping = true;
      this.source.stop();
      setTimeout(() => {
        this.outputs.liftLimits();
      }, WAIT_FOR_LOGS_MS).unref();
      return;
    }
    // The source has ended by itself, and a log may be waiting for its reader: it has less time now.
    if (!this.areLogsClosing) this.outputs.expectLast(this.stopMs + END_FLOWS_MS);
    else void this.outputs.close(this.closeMs);
  }

  /** Time left for the logs. */
  private get closeMs(): number {
    if (Number.isNaN(this.stopMs)) return PATIENT_MS;
    return Math.max(0, this.stopMs + CLOSE_LOGS_MS - performance.now());
  }

  async reloadRules(signal: string): Promise<void> {
    await this.administration.reload({ via: 'signal', signal });
  }

  async reopenLogs(): Promise<void> {
    if (this.source.checkpoint !== null) {
      this.source.checkpoint.requestReopen();
      return;
    }
    await this.outputs.reopen();
    this.log.info('event logs reopened');
  }

  /** Processes a batch: decisions by the engine, then the logs. */
  private async take(batch: PacketBatch): Promise<void> {
    this.clock.settle(batch);
    this.changes.reach(batch);
    if (this.history === null) await this.engine.process(batch);
    else await this.history.process(batch, (part) => this.engine.process(part));
    if (this.clock.isLive) this.engine.noteLag();
    await this.outputs.settle();
  }

  /** A capture is over, and the next one has nothing to do with it: a trip of the breaker ends with its capture. */
  private async endCapture(): Promise<void> {
    await this.engine.nextCapture();
    this.safety.reset();
    await this.history?.endCapture();
    await this.outputs.settle();
  }

  /**
   * Ends flows and closes logs. For an unfinished spool file no more events are written: the next start reads it again.
   */
  private async finish(): Promise<void> {
    const { source } = this;
    const isAbandoned = source.checkpoint?.isFileUnfinished === true;
    const wasAsked = !Number.isNaN(this.stopMs);
    if (!isAbandoned) {
      this.outputs.expectLast(wasAsked ? this.stopMs + END_FLOWS_MS : Infinity);
      await this.engine.finish();
      this.hints.look(performance.now());
      this.writeStats();
      this.shadow.stop();
      await source.checkpoint?.save();
    }
    // These two use part of the time for the logs.
    this.safety.saveAll();
    const historyOut = this.history?.stop({ asked: wasAsked }, Math.min(HISTORY_MS, this.closeMs));
    const noticesOut = this.notices.close(NOTICES_MS);
    this.areLogsClosing = true;
    await this.outputs.close(this.closeMs);
    this.outputs.logLosses(this.log, 'event lines were lost');
    await noticesOut;
    await historyOut;
    source.close();
  }

  /** What receives recent decisions; null without a history. */
  private openDecisions(files: PacketFiles): DecisionFeed | null {
    const { history, outputs } = this;
    const { show, rulesFiles } = this.options;
    if (history === null) return null;
    const addresses = consoleAddresses(rulesFiles.addresses, show, this.access.hasAccounts);
    return new DecisionFeed(history.options.recent, addresses, show, history.client, outputs, files);
  }

  private historySink(): DecisionSink {
    const { outputs, history, decisions } = this;
    if (history === null || decisions === null) return outputs;
    return teeDecisions(teeDecisions(outputs, history.decided), decisions.decided);
  }

  private tick(): void {
    this.hints.look(performance.now());
    this.outputs.logNewLosses(this.log, performance.now());
    this.changes.tick();
    this.shadow.tick();
    if (this.options.watch) this.shadow.watch();
    this.safety.tick();
    this.history?.tick();
    this.console?.tick();
    this.notices.tick(this.engine.decisions.hits, this.isStopping ? null : this.source.problem, performance.now());
    // A source with a checkpoint rotates the logs itself, because the checkpoint has positions in them.
    if (this.source.checkpoint === null) void this.outputs.rotateIfDue();
    void this.outputs.settle();
  }

  private every(milliseconds: number, work: () => void): void {
    const timer = setInterval(work, milliseconds);
    timer.unref();
    this.timers.push(timer);
  }

  private async startHttp(): Promise<void> {
    if (this.http === null) return;
    const { host, port } = this.options.http!.listen;
    try {
      const address = await this.http.start();
      this.log.info({ host: address.host, port: address.port }, 'listening');
      this.options.onListening?.(address);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const reason =
        code === 'EADDRINUSE'
          ? `the port is taken, perhaps by another sluice; ${this.options.portFlag} names another`
          : message;
      throw new CommandError(`cannot listen on ${host}:${port}: ${reason}`, ExitCode.FAILED);
    }
  }

  private async startOutputs(positionOf: Parameters<RunOutputs['start']>[0]): Promise<void> {
    let others: string[];
    try {
      others = await this.outputs.start(positionOf);
    } catch (error) {
      throw new CommandError(`cannot write the event log: ${(error as Error).message}`, ExitCode.FAILED);
    }
    for (const path of others) {
      this.log.warn(
        { path },
        'this log is another one than at the last checkpoint: events of an unfinished file may be there twice',
      );
    }
  }

  private async startHistory(): Promise<void> {
    const { history, engine, source, outputs, clock } = this;
    if (history === null) return;
    const { tracker, version } = this.options;
    history.begin({ engine, source, clock, tracker, logs: outputs.logs }, engine.guard.breaker.exportState().key);
    await history.start({
      version,
      source: source.kind,
      mode: engine.rules.mode,
      tripped: engine.guard.breaker.trips.map(({ then }) => then),
      rules: { sha256: rulesSha256(engine.rules) },
      ...contextOf(engine.rules),
    });
    this.decisions?.begin(engine);
    outputs.onNotice = (line) => {
      history.notice(line);
    };
    this.console?.tick();
  }

  private async startSafety(): Promise<void> {
    const { stateFolder: folder, needsState: isNeeded, starting } = this.options;
    const isLocked = this.source.checkpoint !== null;
    this.lock = await startSafety(
      this.safety,
      { folder, isNeeded, isLocked, rulesProblem: starting.problem },
      this.log,
    );
    this.notices.begin(this.engine.decisions.hits);
  }

  private async startControl(): Promise<void> {
    try {
      await this.control?.start();
    } catch (error) {
      const { message } = error as Error;
      const hint = '--control names another, or none';
      throw new CommandError(
        `cannot make the control socket ${this.options.control!}: ${message}; ${hint}`,
        ExitCode.FAILED,
      );
    }
  }

  private routes(): readonly Route[] {
    const { options, source, engine, changes, outputs, safety, shadow, clock, notices, lag, access, history } = this;
    const parts = { source, engine, changes, outputs, safety, shadow, clock, notices, lag, access, history };
    return daemonRoutes({
      ...parts,
      version: options.version,
      reports: () => this.console?.reports ?? null,
      requests: () => this.http?.requests ?? new Map<number, number>(),
      notReady: () => (this.isStopping ? 'stopping' : this.isRunning ? source.problem : 'starting'),
    });
  }

  private writeStats(): void {
    const { engine, source, outputs } = this;
    outputs.notice(statsLine(engine.timeUs, daemonStats(engine, source, outputs)));
  }
}

/** A key for a deployment's first start; later starts load it from the state. */
function newKey(): Int32Array {
  return Int32Array.from({ length: HASH_KEY_WORDS }, () => randomInt(2 ** 32) | 0);
}
