/** `sluice console`: replays captures into a history in memory and serves the console on loopback. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { listCaptures } from '../capture/input/list-captures.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { counted } from '../core/count-text.ts';
import { RunCaptures, type UnfinishedCapture } from '../daemon/captures-run.ts';
import type { DaemonOptions } from '../daemon/daemon-options.ts';
import { readRules, type RulesFiles } from '../daemon/daemon-rules.ts';
import { HeldSignals } from '../daemon/held-signals.ts';
import { startingRules } from '../daemon/starting-rules.ts';
import { NO_REPORTS } from './report-schedule-flag.ts';
import { DEFAULT_LOSS_BOUND } from '../history/incident/loss-bound.ts';
import { IN_MEMORY } from '../history/store/in-memory.ts';
import { FOREVER } from '../history/store/retention.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import type { Mode } from '../policy/mode.ts';
import { packageVersion } from '../output/build-info.ts';
import { problemLine } from '../rules/rules-problem.ts';
import { NO_NEEDS } from '../rules/manifest-check.ts';
import { NO_ORIGIN } from '../output/event/event-origin.ts';
import { showAddresses } from '../output/event/shown-address.ts';
import { openLog } from '../output/log/log.ts';
import { RECENT_DECISIONS, zoneOf } from './history-flags.ts';
import { NO_ACCOUNTS } from '../web/http/accounts/account-options.ts';
import { Progress } from './progress.ts';
import { reportList } from './report-list.ts';
import { runDaemon, shadowOf } from './run.ts';
import { startTracker } from './workers.ts';

export interface ConsoleFlags {
  readonly policy: string;
  readonly registry: string;
  readonly mode?: Mode;
  readonly shadow?: string;
  readonly shadowRegistry?: string;
  readonly port: number;
  readonly zone?: string;
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
}

/** The project's own captures, which an installed package does not have. */
const OWN_CAPTURES = fileURLToPath(new URL('../../captures', import.meta.url));
const LOOPBACK = '127.0.0.1';
/** Captures that could not be read to their end and are named; the rest are counted. */
const NAMED = 5;

export async function console(captures: readonly string[], flags: ConsoleFlags): Promise<ExitCode> {
  const signals = new HeldSignals();
  if (flags.shadowRegistry !== undefined && flags.shadow === undefined)
    throw new CommandError('--shadow-registry needs --shadow FILE', ExitCode.WRONG_USAGE);
  const list = await listCaptures(capturesOf(captures));
  reportList(list);
  if (list.problems.length > 0) {
    process.stderr.write('sluice: hint: name capture files (pcap or pcapng), or folders that have some\n');
    return ExitCode.WRONG_USAGE;
  }
  const log = openLog('error');
  const { policy, registry, mode, port } = flags;
  const addresses = 'truncated';
  const rulesFiles: RulesFiles = { policy, registry, mode, needs: NO_NEEDS, addresses };
  const reading = await readRules(rulesFiles);
  for (const problem of reading.problems) process.stderr.write(`${problemLine(problem)}\n`);
  if (reading.rules === null) throw new CommandError('policy or registry is not valid', ExitCode.INVALID_RULES);
  const shadow = await shadowOf({ ...flags, addresses });
  const starting = await startingRules(rulesFiles, reading, null);
  const running = startTracker(1, flags);
  const progress = await Progress.open(list.paths, false);
  const daemon: DaemonOptions = {
    ...NOTHING_KEPT,
    version: packageVersion(),
    rulesFiles,
    starting,
    shadow,
    tracker: running.tracker,
    show: showAddresses(addresses),
    history: historyOf(flags),
    http: onLoopback(port),
    makeSource: (files) =>
      new RunCaptures(list.paths, running.tracker, files, {
        onBytes: (bytes) => {
          progress.add(bytes);
        },
        onRead: (count, unfinished) => {
          progress.stop();
          reportUnfinished(unfinished);
          process.stdout.write(`${counted(count, 'capture')} read.\n`);
        },
      }),
    onListening: ({ port: actual }) => {
      process.stdout.write(`The console is at http://${LOOPBACK}:${actual}/ until Ctrl-C.\n`);
    },
  };
  try {
    return await runDaemon(daemon, signals, log);
  } finally {
    progress.stop();
    await running.stop();
  }
}

/** What a daemon has that runs for a while on a desk: without logs, state and control. */
const NOTHING_KEPT = {
  rulesState: null,
  outputs: {
    decisions: undefined,
    flows: undefined,
    vpnOnly: false,
    onFull: 'drop',
    rotation: { bytes: Infinity, ageMs: Infinity, kept: 0 },
    origin: NO_ORIGIN,
    chainKey: null,
  },
  lossBound: DEFAULT_LOSS_BOUND,
  drafts: null,
  fleet: null,
  checkpoint: null,
  build: '',
  maxState: 0,
  checkpointMs: Infinity,
  fleetRules: null,
  portFlag: '--port N',
  control: null,
  watch: false,
  stateFolder: null,
  needsState: false,
  notifier: null,
  statsMs: 0,
} as const satisfies Partial<DaemonOptions>;

function historyOf(flags: ConsoleFlags): DaemonOptions['history'] {
  return {
    path: IN_MEMORY,
    zone: zoneOf(flags),
    retention: FOREVER,
    lossBound: DEFAULT_LOSS_BOUND,
    place: { site: '', isp: '', link: '' },
    recent: { most: RECENT_DECISIONS, perSecond: Infinity, linkIdentity: flags.linkIdentity },
    reports: NO_REPORTS,
  };
}

function onLoopback(port: number): DaemonOptions['http'] {
  return {
    listen: { host: LOOPBACK, port },
    token: null,
    isRemote: false,
    tls: null,
    proxy: null,
    names: [],
    accounts: NO_ACCOUNTS,
  };
}

function capturesOf(captures: readonly string[]): readonly string[] {
  if (captures.length > 0) return captures;
  if (existsSync(OWN_CAPTURES)) return [OWN_CAPTURES];
  throw new CommandError(
    "name captures: the project's own are not installed here; for example: sluice console trace.pcapng",
    ExitCode.WRONG_USAGE,
  );
}

function reportUnfinished(unfinished: readonly UnfinishedCapture[]): void {
  for (const { path, problem } of unfinished.slice(0, NAMED)) process.stderr.write(`sluice: ${path}: ${problem}\n`);
  const more = unfinished.length - NAMED;
  if (more > 0) process.stderr.write(`sluice: ${counted(more, 'more capture')} could not be read to the end\n`);
}
