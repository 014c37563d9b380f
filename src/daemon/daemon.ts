/**
 * The lifecycle of the daemon: starts its parts in an order in which nothing is modified before the daemon is certain
 * to run, gives them packets and time, and stops them in reverse.
 */
import type { Server } from 'node:net';
import type { PacketBatch } from '../capture/packet-batch.ts';
import { rulesSha256 } from '../decision/rules.ts';
import { ExitCode } from '../core/exit-code.ts';
import { contextOf } from '../output/event/event-context.ts';
import { gapLine, statsLine } from '../output/event/daemon-event-line.ts';
import { PacketFiles } from '../output/event/packet-files.ts';
import type { Log } from '../output/log/log.ts';
import { PAGE_PATHS } from '../web/api/pages.ts';
import { apiRoutes } from '../web/api/routes.ts';
import type { Route } from '../web/api/route.ts';
import { PAGES } from '../web/http/built-pages.ts';
import { HttpServer } from '../web/http/http-server.ts';
import type { RunCheckpoints } from './checkpoint/checkpoints.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { connectParts, type DaemonParts } from './daemon-parts.ts';
import { RunOutputs } from './outputs.ts';
import { startControl, startHistory, startHttp, startOutputs } from './part-starts.ts';
import { daemonRoutes } from './routes.ts';
import { startSafety } from './start-safety.ts';
import { daemonStats } from './stats.ts';

/**
 * A stop takes at most 5 s: after the first time the ends of flows are only counted, after the second the logs are
 * closed.
 */
const END_FLOWS_MS = 3800;
const CLOSE_LOGS_MS = 4400;
/** The same where a checkpoint keeps what is not written, and needs time of its own. */
const CLOSE_KEPT_LOGS_MS = 2500;
/** From a request to stop on: until packets no longer wait for room in the logs. */
const WAIT_FOR_LOGS_MS = 2500;
/** Flush timeout when the source ended on its own. */
const PATIENT_MS = 60_000;
const TICK_MS = 1000;
/** Recent decisions go to the history process so often. */
const DECISIONS_MS = 250;
/** The pointer of the sensor's ring is read so often. */
const FLEET_RULES_MS = 500;
/** Files to which packets can be attributed; more than the lifetime of a flow spans. */
const FILES_LIMIT = 65_536;
/** Time for the last minutes of the history. */
const HISTORY_MS = 3000;
/** Time for the last lines to reach the fleet. */
const FLEET_MS = 1500;
/** Time for notices under way at the end. */
const NOTICES_MS = 300;

export class Daemon {
  private readonly options: DaemonOptions;
  private readonly log: Log;
  private readonly parts: DaemonParts;
  /** Null for no HTTP server. */
  private readonly http: HttpServer | null;
  private lock: Server | null = null;
  private readonly timers: NodeJS.Timeout[] = [];
  private isRunning = false;
  private isStopping = false;
  private areLogsClosing = false;
  /** Until the first packet of a live source whose flows go on: the time of the last packet that they have. */
  private gapFromUs: number | null = null;
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
    return new Daemon(options, log, connectParts(options, outputs, options.makeSource(files), files, log));
  }

  private constructor(options: DaemonOptions, log: Log, parts: DaemonParts) {
    this.options = options;
    this.log = log;
    this.parts = parts;
    const { console, access } = parts;
    const routes = [...this.routes(), ...(console === null ? [] : apiRoutes(console))];
    const pages = { folder: PAGES, document: 'index.html', paths: PAGE_PATHS };
    this.http = options.http === null ? null : new HttpServer(options.http, { log, access, routes, pages });
  }

  /** Starts everything. Rejects with CommandError before anything is modified that another daemon may use. */
  async start(): Promise<void> {
    try {
      await this.startParts();
    } catch (error) {
      await this.http?.stop();
      await this.parts.control?.stop();
      this.lock?.close();
      this.parts.source.close();
      throw error;
    }
  }

  private async startParts(): Promise<void> {
    const { options, log, parts } = this;
    if (this.http !== null) await startHttp(this.http, options, log);
    // A spool locks the state folder itself. Any other source starts after the folder is locked.
    const isSpool = parts.source.kind === 'spool';
    if (!isSpool) await this.startSafety();
    await parts.source.start();
    if (isSpool) await this.startSafety();
    const { checkpoints } = this;
    checkpoints?.load(options.checkpoint);
    await startOutputs(
      parts.outputs,
      checkpoints?.logStates ?? null,
      parts.source.checkpoint?.isRepeated === true,
      log,
    );
    await startHistory(parts, options.version, options.tracker);
    // Threads have begun only now.
    await parts.engine.settled();
    checkpoints?.restore();
    this.gapFromUs = checkpoints?.gapFromUs ?? null;
    parts.safety.announce();
    await parts.changes.begin();
    await checkpoints?.begin();
    await parts.changes.start();
    if (options.shadow !== null) parts.shadow.start(options.shadow.files, options.shadow.reading);
    if (parts.control !== null) await startControl(parts.control, options.control!);
    parts.fleet?.start(parts.outputs, parts.history);
    parts.fleetBreaker?.start();
    parts.lag.start();
    if (options.watch) parts.changes.reloads.watch();
    this.every(TICK_MS, () => {
      this.tick();
    });
    this.every(FLEET_RULES_MS, () => {
      parts.fleetRules?.tick();
    });
    this.every(DECISIONS_MS, () => {
      void parts.decisions?.flush();
    });
    if (options.statsMs > 0)
      this.every(options.statsMs, () => {
        this.writeStats();
        parts.shadow.writeSummary();
      });
    this.isRunning = true;
    parts.decisions?.readEarlier();
    log.info(
      {
        source: parts.source.kind,
        backend: parts.source.backend,
        mode: parts.engine.rules.mode,
        rules: rulesSha256(parts.engine.rules),
        control: options.control,
      },
      'running',
    );
  }

  /** Runs until the source ends or the daemon is stopped, then stops everything. Resolves to the exit code. */
  async run(): Promise<ExitCode> {
    const problem = await this.parts.source.run(
      async (batch) => {
        await (this.checkpoints?.taking(() => this.take(batch)) ?? this.take(batch));
        // Checkpoints and changes are made while packets wait for room in the logs.
        await this.parts.outputs.settle();
      },
      () => this.endCapture(),
      {
        begin: (name) => this.parts.history?.beginFile(name),
        end: async () => this.parts.history?.endFile(),
      },
    );
    const asked = this.isStopping;
    this.isStopping = true;
    for (const timer of this.timers) clearInterval(timer);
    await this.parts.control?.stop();
    await this.parts.changes.stop();
    await this.finish();
    this.parts.lag.stop();
    await this.http?.stop();
    this.lock?.close();
    if (problem !== '') this.log.error({ problem }, 'the source could not be read to its end');
    this.log.info({ packets: this.parts.engine.counters.packets, asked }, 'stopped');
    return problem === '' ? ExitCode.DONE : ExitCode.CAPTURE_INCOMPLETE;
  }

  stop(reason: string): void {
    if (!Number.isNaN(this.stopMs)) return;
    this.stopMs = performance.now();
    this.log.info({ reason }, 'stopping');
    if (!this.isStopping) {
      this.isStopping = true;
      this.parts.source.stop();
      setTimeout(() => {
        this.parts.outputs.liftLimits();
      }, WAIT_FOR_LOGS_MS).unref();
      return;
    }
    // The source has ended by itself, and a log may be waiting for its reader: it has less time now.
    if (!this.areLogsClosing) this.parts.outputs.expectLast(this.stopMs + END_FLOWS_MS);
    else void this.parts.outputs.close(this.closeMs, this.goesOn);
  }

  /** Time left for the logs. */
  private get closeMs(): number {
    if (Number.isNaN(this.stopMs)) return PATIENT_MS;
    const limitMs = this.goesOn ? CLOSE_KEPT_LOGS_MS : CLOSE_LOGS_MS;
    return Math.max(0, this.stopMs + limitMs - performance.now());
  }

  async reloadRules(signal: string): Promise<void> {
    await this.parts.administration.reload({ via: 'signal', signal });
  }

  async reopenLogs(): Promise<void> {
    await this.parts.outputs.reopen();
    this.log.info('event logs reopened');
  }

  /** Processes a batch: its packets are decided, and their lines are gathered. */
  private async take(batch: PacketBatch): Promise<void> {
    this.parts.clock.settle(batch);
    if (this.gapFromUs !== null && batch.count > 0) this.noteGap(this.gapFromUs, batch.timeUs[0]!);
    this.parts.changes.reach(batch);
    if (this.parts.history === null) await this.parts.engine.process(batch);
    else await this.parts.history.process(batch, (part) => this.parts.engine.process(part));
    if (this.parts.clock.isLive) this.parts.engine.noteLag();
  }

  /** What was sent between these two packets was not seen. */
  private noteGap(fromUs: number, untilUs: number): void {
    const { engine, outputs } = this.parts;
    this.gapFromUs = null;
    outputs.notice(gapLine({ fromUs, untilUs, flows: engine.counters.flowsActive }));
  }

  /** A capture is over, and the next one has nothing to do with it: a trip of the breaker ends with its capture. */
  private async endCapture(): Promise<void> {
    await this.parts.engine.nextCapture();
    this.parts.safety.reset();
    await this.parts.history?.endCapture();
    await this.parts.outputs.settle();
  }

  /**
   * Ends flows, unless the next start goes on with them, and closes logs.
   */
  private async finish(): Promise<void> {
    const { source, engine } = this.parts;
    const wasAsked = !Number.isNaN(this.stopMs);
    this.parts.outputs.expectLast(wasAsked ? this.stopMs + END_FLOWS_MS : Infinity);
    if (!this.goesOn) await engine.finish();
    this.parts.hints.look(performance.now());
    this.writeStats();
    this.parts.shadow.stop();
    // These two use part of the time for the logs.
    this.parts.safety.saveAll();
    const { history, fleet, fleetRules, fleetBreaker } = this.parts;
    const fleetMs = Math.min(FLEET_MS, this.closeMs);
    const historyOut = history?.stop({ asked: wasAsked }, Math.min(HISTORY_MS, this.closeMs), () =>
      fleet?.shipMinutes(fleetMs),
    );
    const noticesOut = this.parts.notices.close(NOTICES_MS);
    await this.checkpoints?.settle();
    this.areLogsClosing = true;
    await this.parts.outputs.close(this.closeMs, this.goesOn);
    await fleet?.shipLog(fleetMs);
    this.parts.outputs.logLosses(this.log, 'event lines were lost');
    await noticesOut;
    await historyOut;
    await fleetBreaker?.stop();
    await fleet?.stop();
    await fleetRules?.stop();
    await this.checkpoints?.end();
    source.close();
  }

  private tick(): void {
    this.parts.hints.look(performance.now());
    this.parts.outputs.logNewLosses(this.log, performance.now());
    this.parts.changes.tick();
    this.parts.fleet?.tick();
    this.parts.shadow.tick();
    if (this.options.watch) this.parts.shadow.watch();
    this.parts.safety.tick();
    this.parts.history?.tick();
    this.parts.console?.tick();
    this.parts.notices.tick(
      this.parts.engine.decisions.counts.hits,
      this.isStopping ? null : (this.parts.source.problem?.problem ?? null),
      performance.now(),
    );
    void this.parts.outputs.rotateIfDue().then((isRotated) => {
      // The files that a restart compares with must not be deleted by later rotations.
      if (isRotated) this.checkpoints?.soon();
    });
    this.checkpoints?.tick();
    void this.parts.outputs.settle();
  }

  private every(milliseconds: number, work: () => void): void {
    const timer = setInterval(work, milliseconds);
    timer.unref();
    this.timers.push(timer);
  }

  private async startSafety(): Promise<void> {
    const { stateFolder: folder, needsState: isNeeded, starting } = this.options;
    const isLocked = this.parts.source.kind === 'spool';
    this.lock = await startSafety(
      this.parts.safety,
      { folder, isNeeded, isLocked, rulesProblem: starting.problem },
      this.log,
    );
    this.parts.notices.begin(this.parts.engine.decisions.counts.hits);
  }

  private routes(): readonly Route[] {
    const { options, parts } = this;
    return daemonRoutes({
      ...parts,
      version: options.version,
      lossBound: options.lossBound,
      reports: () => this.parts.console?.reports ?? null,
      requests: () => this.http?.requests ?? new Map<number, number>(),
      notReady: () =>
        this.isStopping ? 'stopping' : this.isRunning ? (parts.source.problem?.problem ?? null) : 'starting',
    });
  }

  /** Null if no state can be saved. */
  private get checkpoints(): RunCheckpoints | null {
    return this.parts.safety.files.length === 0 ? null : this.parts.checkpoints;
  }

  /** The next start goes on from the last checkpoint: flows do not end with this daemon. */
  private get goesOn(): boolean {
    const wasAsked = !Number.isNaN(this.stopMs);
    return wasAsked && this.checkpoints !== null;
  }

  private writeStats(): void {
    const { engine, source, outputs } = this.parts;
    outputs.notice(statsLine(engine.timeUs, daemonStats(engine, source, outputs)));
  }
}
