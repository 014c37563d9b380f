/** The parts of a daemon, made and connected. None of them has begun anything. */
import { randomInt } from 'node:crypto';
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
import { snapshotParts } from './checkpoint/daemon-state.ts';
import { ControlSocket } from './control-socket.ts';
import { RunEngine } from './daemon-engine.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { EventLoopLag } from './event-loop-lag.ts';
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
  const { version, rulesFiles, starting, rulesState, tracker, notifier, stateFolder, show } = options;
  const notice = (line: string): void => {
    outputs.notice(line);
  };
  const access = new ConsoleAccess(options.http?.accounts ?? NO_ACCOUNTS, log);
  const history = options.history === null ? null : new HistoryFeed(options.history, log);
  const decisions = history === null ? null : openDecisions(options, history, access, outputs, files);
  const sink =
    history === null || decisions === null
      ? outputs
      : teeDecisions(teeDecisions(outputs, history.decided), decisions.decided);
  const engine = new RunEngine(
    starting.reading.rules!,
    tracker,
    sink,
    newKey(),
    (report) => {
      safety.tripped(report);
      parts.console?.tick();
    },
    history?.outcomes,
  );
  const notices = new RunNotices(notifier);
  const changes = new RunChanges(engine, outputs, rulesFiles, starting, rulesState, notices, log);
  changes.calendar.isOff = source.kind === 'captures';
  const clock = new RunClock(source.kind, files, log, (byUs) => {
    changes.clockWasSet(byUs);
  });
  const safety: RunSafety = new RunSafety({
    guard: engine.guard,
    hits: engine.decisions.counts.hits,
    folder: stateFolder,
    show,
    log,
    notices,
    notice: (line) => {
      notice(line);
      // What an operator does does not come again.
      checkpoints?.soon();
    },
    mode: () => engine.decisions.mode,
    timeUs: () => engine.timeUs,
  });
  const checkpoints =
    stateFolder === null || source.checkpoint === null
      ? null
      : new RunCheckpoints(
          { folder: stateFolder, build: options.build, limit: options.maxState },
          {
            source,
            outputs,
            snapshot: (walk) => {
              snapshotParts(walk, { engine, source, files, clock, changes, safety, history });
            },
            rulesSha256: () => rulesSha256(engine.rules),
            activeFlows: () => engine.counters.flowsActive,
            progress: () => engine.counters.packets + (source.counts.files.done ?? 0),
            timeUs: () => engine.timeUs,
            everyMs: options.checkpointMs,
            log,
          },
        );
  if (checkpoints !== null) {
    changes.change = (work) => checkpoints.change(work);
    changes.isCatchingUp = () => outputs.expectedCount > 0;
  }
  const shadow = new RunShadow(engine, rulesFiles.addresses, { show, log, notice });
  const administered = { version, engine, outputs, changes, source, safety, shadow, history, checkpoints };
  const administration = new RunAdministration(administeredParts(administered), log);
  const fleet = options.fleet === null ? null : new FleetShipping(options.fleet, version, log);
  const fleetRules = fleetRulesOf(options, fleet, { engine, changes, notices, program: version, log });
  const { control: path, drafts } = options;
  const control = path === null ? null : new ControlSocket(path, administration.answer.bind(administration), log);
  const shown = { show, addresses: rulesFiles.addresses, drafts, log, startedMs: Date.now() };
  const console =
    history === null || decisions === null
      ? null
      : new DaemonConsole({
          ...administered,
          ...shown,
          history,
          decisions,
          clock,
          notices,
          fleetRules,
          administration,
          access,
          state: stateListOf(options, safety, history),
        });
  const hints = new RunHints(engine.counters, log);
  const parts: DaemonParts = {
    engine,
    outputs,
    source,
    clock,
    changes,
    safety,
    shadow,
    notices,
    hints,
    lag: new EventLoopLag(),
    checkpoints,
    administration,
    control,
    access,
    fleet,
    fleetRules,
    history,
    decisions,
    console,
  };
  return parts;
}

/** Null where rules do not come from a fleet. */
function fleetRulesOf(
  { fleetRules }: DaemonOptions,
  fleet: FleetShipping | null,
  parts: Omit<FleetRulesParts, 'link'>,
): RunFleetRules | null {
  return fleetRules === null || fleet === null ? null : new RunFleetRules(fleetRules, { ...parts, link: fleet.link });
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
