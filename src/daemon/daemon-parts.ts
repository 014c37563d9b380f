/** The parts of a daemon, made and connected. None of them has begun anything. */
import { randomInt } from 'node:crypto';
import type { DecisionSink } from '../decision/decision-sink.ts';
import { rulesSha256 } from '../decision/rules.ts';
import { teeDecisions } from '../decision/tee-sink.ts';
import { HASH_KEY_WORDS } from '../policy/client-hash.ts';
import type { Log } from '../output/log/log.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import { NO_ACCOUNTS } from '../web/http/accounts/account-options.ts';
import { ConsoleAccess } from '../web/http/accounts/console-access.ts';
import { administeredParts } from './administered-parts.ts';
import { RunAdministration } from './administration.ts';
import { DaemonConsole } from './console/daemon-console.ts';
import { consoleAddresses, DecisionFeed } from './console/decision-feed.ts';
import { HistoryFeed } from './console/history-feed.ts';
import { RunCheckpoints } from './checkpoint/checkpoints.ts';
import { snapshotParts, type StatefulParts } from './checkpoint/daemon-state.ts';
import { ControlSocket } from './control-socket.ts';
import { RunEngine } from './daemon-engine.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { type FleetBreakerParts, RunFleetBreaker } from './fleet-breaker.ts';
import { type FleetRulesParts, RunFleetRules } from './fleet-rules.ts';
import { FleetShipping } from './fleet-shipping.ts';
import { RunHints } from './hints.ts';
import { RunNotices } from './notices.ts';
import type { RunOutputs } from './outputs.ts';
import { RunChanges } from './rule-changes.ts';
import { RunSafety } from './safety.ts';
import { RunShadow } from './shadow.ts';
import { RunClock } from './source-clock.ts';
import type { RunSource } from './source-run.ts';
import { StateList } from './state-list.ts';

export interface DaemonParts {
  readonly engine: RunEngine;
  readonly outputs: RunOutputs;
  readonly source: RunSource;
  readonly clock: RunClock;
  readonly changes: RunChanges;
  readonly safety: RunSafety;
  readonly shadow: RunShadow;
  readonly notices: RunNotices;
  readonly hints: RunHints;
  readonly lag: EventLoopLag;
  /** Null if a restart does not go on where this run ends. */
  readonly checkpoints: RunCheckpoints | null;
  readonly administration: RunAdministration;
  /** Null for no control socket. */
  readonly control: ControlSocket | null;
  readonly access: ConsoleAccess;
  /** Null for no fleet. */
  readonly fleet: FleetShipping | null;
  /** Null for rules that are not the fleet's. */
  readonly fleetRules: RunFleetRules | null;
  /** Null without a breaker of the fleet. */
  readonly fleetBreaker: RunFleetBreaker | null;
  /** These three are null without a history. */
  readonly history: HistoryFeed | null;
  readonly decisions: DecisionFeed | null;
  readonly console: DaemonConsole | null;
}

export function connectParts(
  options: DaemonOptions,
  outputs: RunOutputs,
  source: RunSource,
  files: PacketFiles,
  log: Log,
): DaemonParts {
  const { version, rulesFiles, starting, rulesState, tracker, notifier, show } = options;
  const access = new ConsoleAccess(options.http?.accounts ?? NO_ACCOUNTS, log);
  const history = options.history === null ? null : new HistoryFeed(options.history, log);
  const decisions = history === null ? null : openDecisions(options, history, access, outputs, files);
  const engine = new RunEngine(
    starting.reading.rules!,
    tracker,
    receiverOf(outputs, history, decisions),
    newKey(),
    (report) => {
      safety.tripped(report);
      console?.tick();
    },
    history?.outcomes,
  );
  const notices = new RunNotices(notifier);
  const changes = new RunChanges(engine, outputs, rulesFiles, starting, rulesState, notices, log);
  changes.calendar.isOff = source.kind === 'captures';
  const clock = new RunClock(source.kind, files, log, (byUs) => {
    changes.clockWasSet(byUs);
  });
  const notice = (line: string): void => {
    outputs.notice(line);
  };
  const safety: RunSafety = safetyOf(options, engine, notices, log, (line) => {
    notice(line);
    // What an operator does does not come again.
    checkpoints?.soon();
  });
  const checkpoints = checkpointsOf(options, { engine, source, files, clock, changes, safety, history }, outputs, log);
  if (checkpoints !== null) {
    changes.change = (work) => checkpoints.change(work);
    changes.isCatchingUp = () => outputs.expectedCount > 0;
  }
  const shadow = new RunShadow(engine, rulesFiles.addresses, { show, log, notice });
  const shared = { engine, outputs, changes, source, safety, shadow, history, checkpoints };
  const administration = new RunAdministration(administeredParts({ ...shared, version }), log);
  const fleet = options.fleet === null ? null : new FleetShipping(options.fleet, version, log);
  const fleetRules = fleetRulesOf(options, fleet, { engine, changes, notices, program: version, log });
  const fleetBreaker = fleetBreakerOf(options, fleet, { admission: engine.admission, notices, log });
  const { control: path, drafts } = options;
  const control = path === null ? null : new ControlSocket(path, administration.answer.bind(administration), log);
  const operated = { ...shared, clock, notices, fleetRules, fleetBreaker, administration, access };
  const shown = { version, show, addresses: rulesFiles.addresses, drafts, log, startedMs: Date.now() };
  const console: DaemonConsole | null =
    history === null || decisions === null
      ? null
      : new DaemonConsole({
          ...operated,
          ...shown,
          history,
          decisions,
          state: stateListOf(options, safety, history),
        });
  const hints = new RunHints(engine.counters, log);
  return { ...operated, control, fleet, decisions, console, hints, lag: new EventLoopLag() };
}

/** What receives decisions: the outputs, and with a history also what counts and what keeps them. */
function receiverOf(outputs: RunOutputs, history: HistoryFeed | null, decisions: DecisionFeed | null): DecisionSink {
  if (history === null || decisions === null) return outputs;
  return teeDecisions(teeDecisions(outputs, history.decided), decisions.decided);
}

function safetyOf(
  { stateFolder: folder, show }: DaemonOptions,
  engine: RunEngine,
  notices: RunNotices,
  log: Log,
  notice: (line: string) => void,
): RunSafety {
  return new RunSafety({
    admission: engine.admission,
    hits: engine.decisions.counts.hits,
    folder,
    show,
    log,
    notices,
    notice,
    mode: () => engine.decisions.mode,
    timeUs: () => engine.timeUs,
  });
}

/** Null without a folder of state, and for a source that has none. */
function checkpointsOf(
  { stateFolder: folder, build, maxState: limit, checkpointMs: everyMs }: DaemonOptions,
  parts: StatefulParts,
  outputs: RunOutputs,
  log: Log,
): RunCheckpoints | null {
  const { engine, source } = parts;
  if (folder === null || source.checkpoint === null) return null;
  const place = { folder, build, limit };
  return new RunCheckpoints(place, {
    source,
    outputs,
    snapshot: (walk) => {
      snapshotParts(walk, parts);
    },
    rulesSha256: () => rulesSha256(engine.rules),
    rulesKeeper: () => parts.changes.rulesKeeper,
    activeFlows: () => engine.counters.flowsActive,
    progress: () => engine.counters.packets + (source.counts.files.done ?? 0),
    timeUs: () => engine.timeUs,
    everyMs,
    log,
  });
}

/** Null where rules do not come from a fleet. */
function fleetRulesOf(
  { fleetRules }: DaemonOptions,
  fleet: FleetShipping | null,
  parts: Omit<FleetRulesParts, 'link'>,
): RunFleetRules | null {
  return fleetRules === null || fleet === null ? null : new RunFleetRules(fleetRules, { ...parts, link: fleet.link });
}

/** Null where a sensor hits within its own limits alone. */
function fleetBreakerOf(
  { fleet: options }: DaemonOptions,
  fleet: FleetShipping | null,
  parts: Omit<FleetBreakerParts, 'link'>,
): RunFleetBreaker | null {
  if (options?.needsLease !== true || fleet === null) return null;
  return new RunFleetBreaker(options, { ...parts, link: fleet.link });
}

/** The files of state, for the page on health. */
function stateListOf(
  { stateFolder, rulesState, fleetRules }: DaemonOptions,
  safety: RunSafety,
  { client, options: { path } }: HistoryFeed,
): StateList {
  return new StateList({
    folder: stateFolder,
    files: () => [
      ...safety.files,
      ...(rulesState === null ? [] : [rulesState.file]),
      ...(fleetRules === null ? [] : [fleetRules.bundles.file]),
    ],
    history: {
      path,
      get problem() {
        return client.problem;
      },
    },
  });
}

/** What receives recent decisions. */
function openDecisions(
  { show, rulesFiles }: DaemonOptions,
  { options, client }: HistoryFeed,
  access: ConsoleAccess,
  outputs: RunOutputs,
  files: PacketFiles,
): DecisionFeed {
  const addresses = consoleAddresses(rulesFiles.addresses, show, access.hasAccounts);
  return new DecisionFeed(options.recent, addresses, show, client, outputs, files);
}

/** A key for a deployment's first start; later starts load it from the state. */
function newKey(): Int32Array {
  return Int32Array.from({ length: HASH_KEY_WORDS }, () => randomInt(2 ** 32) | 0);
}
