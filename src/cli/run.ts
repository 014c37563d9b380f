/** `sluice run`: the daemon on a mirror port, a spool folder or a pipe. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CaptureWith } from '../capture/live/live-backend.ts';
import type { OnFull } from '../output/log/line-queue.ts';
import type { Mode } from '../policy/mode.ts';
import { flushLog, type Log, openLog } from '../output/log/log.ts';
import { Notifier, NOTIFIER_DEFAULTS } from '../daemon/notifier.ts';
import type { LogLevel } from '../output/log/log-levels.ts';
import { ServiceManager } from '../daemon/service-manager.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import type { AddressFlags } from './address-flags.ts';
import { addressForm } from './address-form.ts';
import { CONTROL_NAME, NO_CONTROL } from './control-flags.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { HeldSignals } from '../daemon/held-signals.ts';
import { type HistoryFlags, historyOptions } from './history-flags.ts';
import { httpOptions } from './listen-choice.ts';
import type { ListenFlags } from './listen-flags.ts';
import { type ManifestFlags, manifestNeeds } from './manifest-flags.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { DaemonOptions } from '../daemon/daemon-options.ts';
import { type InterfaceCapture, processCapture, RunInterface, socketCapture } from '../daemon/interface-run.ts';
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { OutputOptions } from '../daemon/outputs.ts';
import { RunPipe } from '../daemon/pipe-run.ts';
import type { RunSource } from '../daemon/source-run.ts';
import { buildInfo, packageVersion } from '../output/build-info.ts';
import type { EventOrigin } from '../output/event/event-origin.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import { findCheckpoint } from '../daemon/checkpoint/checkpoint-files.ts';
import { RulesState } from '../daemon/rules-state.ts';
import { readRules, type RulesFiles } from '../daemon/daemon-rules.ts';
import { readShadow } from '../daemon/shadow-rules.ts';
import { problemLine } from '../rules/rules-problem.ts';
import { reasonOf } from '../rules/load-rules.ts';
import { RunSpool } from '../daemon/spool-run.ts';
import { RunWatchdog } from '../daemon/watchdog.ts';
import { startingFiles, startingRules } from '../daemon/starting-rules.ts';
import { defaultStateFolder } from '../daemon/state-folder.ts';
import { type FleetFlags, fleetOf } from './fleet-flags.ts';
import { type FleetRulesFlags, fleetRulesOf } from './fleet-rules-flags.ts';
import { chainKeyOf } from './log-key.ts';
import { checkLogEndings } from './log-endings.ts';
import { originOf } from './origin-flags.ts';
import { checkFolders } from './output-paths.ts';
import { checkVpnOnly } from './vpn-only-flag.ts';
import { startTracker } from './workers.ts';

export interface RunFlags
  extends AddressFlags, ManifestFlags, ListenFlags, HistoryFlags, EventOrigin, FleetFlags, FleetRulesFlags {
  readonly interface?: string;
  readonly captureSocket?: string;
  readonly captureWith: CaptureWith;
  readonly snaplen: number;
  readonly kernelBuffer: number;
  readonly stuckAfter: number;
  readonly spool?: string;
  readonly settle: number;
  readonly removeDone?: boolean;
  readonly policy: string;
  readonly registry: string;
  readonly mode?: Mode;
  readonly watch?: boolean;
  readonly shadow?: string;
  readonly shadowRegistry?: string;
  readonly drafts?: string;
  readonly decisions?: string;
  readonly flows?: string;
  readonly vpnOnly?: boolean;
  readonly onFull: OnFull;
  readonly rotateSize: number;
  readonly rotateEvery: number;
  readonly rotateKeep: number;
  readonly logKey?: string;
  readonly statsEvery: number;
  readonly state?: string;
  readonly maxState: number;
  readonly checkpointEvery: number;
  readonly notify?: URL;
  readonly control?: string;
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
  readonly workers?: number;
  readonly logLevel: LogLevel;
  readonly metricsTable?: boolean;
}

/** A stop that takes longer is ended by force. */
const STOP_LIMIT_MS = 4800;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export async function run(source: readonly string[], flags: RunFlags): Promise<ExitCode> {
  const signals = new HeldSignals();
  checkSource(source, flags);
  checkVpnOnly(flags);
  checkLogEndings(flags);
  if (flags.shadowRegistry !== undefined && flags.shadow === undefined)
    throw new CommandError('--shadow-registry needs --shadow FILE', ExitCode.WRONG_USAGE);
  await checkFolders(flags);
  const log = openLog(flags.logLevel);
  const { policy, registry, mode, addresses } = flags;
  const needs = manifestNeeds(flags);
  const own: RulesFiles = { policy, registry, mode, needs, addresses };
  const folder = stateFolder(flags);
  const fleet = fleetOf(flags);
  const fleetRules = fleetRulesOf(flags, fleet, needs, folder);
  const rulesFiles = fleetRules === null ? own : await startingFiles(fleetRules.bundles, own);
  const reading = await readRules(rulesFiles);
  for (const problem of reading.problems) process.stderr.write(`${problemLine(problem)}\n`);
  if (reading.rules === null) throw new CommandError('policy or registry is not valid', ExitCode.INVALID_RULES);
  const shadow = await shadowOf(flags);
  const rulesState = folder === null ? null : new RulesState(folder);
  const checkpoint = folder === null ? null : findCheckpoint(folder);
  const starting = await startingRules(rulesFiles, reading, rulesState, checkpoint?.checkpoint?.rules);
  const history = historyOptions(flags, folder);
  const running = startTracker(flags.workers ?? 1, flags);
  try {
    const options: DaemonOptions = {
      version: packageVersion(),
      rulesFiles,
      starting,
      rulesState,
      shadow,
      tracker: running.tracker,
      outputs: outputsOf(flags),
      show: addressForm(flags),
      history: history === null || fleet === null ? history : { ...history, outboxLength: fleet.mostBytes },
      lossBound: flags.lossBound,
      drafts: await draftsFolder(flags.drafts),
      fleet,
      fleetRules,
      http: httpOptions(flags, folder),
      portFlag: '--listen HOST:PORT',
      control: controlSocket(flags, folder),
      watch: flags.watch === true,
      stateFolder: folder,
      needsState: flags.state !== undefined || flags.spool !== undefined,
      notifier: flags.notify === undefined ? null : new Notifier({ url: flags.notify, ...NOTIFIER_DEFAULTS }, log),
      statsMs: Number.isFinite(flags.statsEvery) ? flags.statsEvery : 0,
      checkpoint,
      build: buildOf(flags),
      maxState: flags.maxState,
      checkpointMs: flags.checkpointEvery,
      makeSource: (files) => openSource(source, flags, running.tracker, files, log),
    };
    return await runDaemon(options, signals, log);
  } finally {
    await running.stop();
  }
}

/** The rules of `--shadow`, read; null without the flag. Throws CommandError if they are not valid. */
export async function shadowOf({
  shadow,
  shadowRegistry,
  addresses,
}: Pick<RunFlags, 'shadow' | 'shadowRegistry' | 'addresses'>): Promise<DaemonOptions['shadow']> {
  if (shadow === undefined) return null;
  const files = { policy: shadow, registry: shadowRegistry ?? null };
  const reading = await readShadow(files, addresses);
  for (const problem of reading.problems) process.stderr.write(`${problemLine(problem)}\n`);
  if (reading.rules === null) throw new CommandError('the shadow is not valid', ExitCode.INVALID_RULES);
  return { files, reading };
}

/** The folder of `--drafts`; null without the flag. Throws CommandError where it is none. */
async function draftsFolder(path: string | undefined): Promise<string | null> {
  if (path === undefined) return null;
  const found = await stat(path).catch((error: unknown) => {
    throw new CommandError(`cannot read the folder --drafts ${path}: ${reasonOf(error)}`, ExitCode.WRONG_USAGE);
  });
  if (!found.isDirectory()) throw new CommandError(`--drafts ${path} is not a folder`, ExitCode.WRONG_USAGE);
  return resolve(path);
}

/** Runs a daemon until its source ends or a signal stops it, and ends the process. */
export async function runDaemon(options: DaemonOptions, signals: HeldSignals, log: Log): Promise<ExitCode> {
  const { Daemon } = await import('../daemon/daemon.ts');
  const daemon = await Daemon.open(options, log);
  const manager = new ServiceManager(log);
  takeSignals(daemon, manager, log);
  await daemon.start();
  signals.release({
    reload: (signal) => void daemon.reloadRules(signal),
    reopen: () => void daemon.reopenLogs(),
  });
  manager.ready();
  const exitCode = await daemon.run().catch((error: unknown) => {
    // Servers would keep the process alive, which a service manager is to start again.
    log.fatal({ problem: error instanceof CommandError ? error.message : String((error as Error).stack) }, 'failed');
    return ExitCode.FAILED;
  });
  await flushLog(log, 500);
  // A peer that does not respond may still block standard input or output.
  process.exit(exitCode);
}

/** Settings that the state of an engine depends on: a checkpoint of others cannot be put back. */
function buildOf(flags: RunFlags): string {
  const { maxFlows, linkIdentity, workers = 1, flows, vpnOnly, history } = flags;
  const { version, commit } = buildInfo();
  const ends = flows === undefined ? 'none' : vpnOnly === true ? 'vpn' : 'all';
  const kept = history ?? 'default';
  // The state of two threads is that of three.
  const threads = workers === 1 ? 'one' : 'several';
  const sizes = `flows=${maxFlows} ends=${ends} link=${linkIdentity} threads=${threads} history=${kept}`;
  return `${version} ${commit} ${sizes}`;
}

function outputsOf(flags: RunFlags): OutputOptions {
  return {
    decisions: flags.decisions,
    flows: flags.flows,
    vpnOnly: flags.vpnOnly === true,
    onFull: flags.onFull,
    rotation: { bytes: flags.rotateSize, ageMs: flags.rotateEvery, kept: flags.rotateKeep },
    origin: originOf(flags),
    chainKey: chainKeyOf(flags),
  };
}

/** The source that the flags name, which reads packets into `memory`. */
function openSource(
  source: readonly string[],
  flags: RunFlags,
  memory: BatchMemory,
  files: PacketFiles,
  log: Log,
): RunSource {
  if (flags.interface !== undefined)
    return new RunInterface(memory, captureOf(flags.interface, source, flags), stuckMs(flags), files, log);
  if (flags.spool === undefined) return new RunPipe(memory, files, new RunWatchdog(stuckMs(flags), 'pipe', log));
  const options = {
    folder: flags.spool,
    stateFolder: spoolStateFolder(flags),
    settleMs: flags.settle,
    removesDone: flags.removeDone === true,
    memory,
  };
  return new RunSpool(options, files, log, new RunWatchdog(stuckMs(flags), 'spool', log));
}

/** Requires exactly one source. */
function checkSource(source: readonly string[], flags: RunFlags): void {
  const isPipe = source.length === 1 && source[0] === '-';
  const named = [flags.interface !== undefined, flags.spool !== undefined, isPipe].filter(Boolean).length;
  const isClean = flags.interface !== undefined || isPipe || source.length === 0;
  checkCaptureSocket(source, flags);
  if (named === 1 && isClean) return;
  throw new CommandError(
    'run needs one source: --interface NAME, --spool FOLDER, or - for standard input',
    ExitCode.WRONG_USAGE,
  );
}

function checkCaptureSocket(source: readonly string[], flags: RunFlags): void {
  if (flags.captureSocket === undefined) return;
  if (flags.interface === undefined)
    throw new CommandError('--capture-socket needs --interface NAME', ExitCode.WRONG_USAGE);
  if (source.length > 0)
    throw new CommandError('with --capture-socket the filter belongs to sluice capture', ExitCode.WRONG_USAGE);
}

/** Captures on an interface: with a process of this daemon, or with the service that listens on a socket. */
function captureOf(device: string, filter: readonly string[], flags: RunFlags): InterfaceCapture {
  const { captureSocket, captureWith, snaplen, kernelBuffer } = flags;
  return captureSocket === undefined
    ? processCapture(captureWith, { device, filter: filter.join(' '), snaplen, kernelBuffer })
    : socketCapture(captureSocket, device);
}

/** Maximum delay of a timer; anything stuck for that long was noticed before. */
function stuckMs({ stuckAfter }: RunFlags): number {
  return Math.min(stuckAfter, LONGEST_TIMER_MS);
}

const NO_STATE = 'none';

function stateFolder(flags: RunFlags): string | null {
  if (flags.spool !== undefined) return spoolStateFolder(flags);
  if (flags.state === NO_STATE) return null;
  return flags.state ?? defaultStateFolder(flags.interface === undefined ? 'pipe' : `interface-${flags.interface}`);
}

function spoolStateFolder({ spool, state }: RunFlags): string {
  if (state === NO_STATE) throw new CommandError('a spool needs its state: which files are done', ExitCode.WRONG_USAGE);
  return state ?? join(spool!, '.sluice');
}

function controlSocket({ control }: RunFlags, folder: string | null): string | null {
  if (control !== undefined) return control === NO_CONTROL ? null : control;
  return folder === null ? null : join(folder, CONTROL_NAME);
}

function takeSignals(daemon: Daemon, manager: ServiceManager, log: Log): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      daemon.stop(signal);
      manager.stopping();
      setTimeout(() => {
        log.error('the stop took too long and was ended by force');
        log.flush();
        process.kill(process.pid, 'SIGKILL');
      }, STOP_LIMIT_MS).unref();
    });
  }
}
