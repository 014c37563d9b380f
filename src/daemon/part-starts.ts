/** How the parts of a daemon begin, each with its errors in words. */
import type { Tracker } from '../dataplane/host/tracker.ts';
import { rulesSha256 } from '../decision/rules.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { contextOf } from '../output/event/event-context.ts';
import type { Log } from '../output/log/log.ts';
import type { HttpServer } from '../web/http/http-server.ts';
import type { ControlSocket } from './control-socket.ts';
import type { DaemonOptions } from './daemon-options.ts';
import type { DaemonParts } from './daemon-parts.ts';
import type { RunOutputs } from './outputs.ts';

/** Begins to listen. Throws CommandError if the address cannot be had. */
export async function startHttp(
  http: HttpServer,
  { http: options, portFlag, onListening }: DaemonOptions,
  log: Log,
): Promise<void> {
  const { host, port } = options!.listen;
  try {
    const address = await http.start();
    log.info({ host: address.host, port: address.port }, 'listening');
    onListening?.(address);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EADDRINUSE' ? `the port is taken, perhaps by another sluice; ${portFlag} names another` : message;
    throw new CommandError(`cannot listen on ${host}:${port}: ${reason}`, ExitCode.FAILED);
  }
}

/** Opens the event logs. Throws CommandError if one cannot be written. */
export async function startOutputs(
  outputs: RunOutputs,
  states: Parameters<RunOutputs['start']>[0],
  isRepeated: boolean,
  log: Log,
): Promise<void> {
  let others: string[];
  try {
    others = await outputs.start(states, isRepeated);
  } catch (error) {
    throw new CommandError(`cannot write the event log: ${(error as Error).message}`, ExitCode.FAILED);
  }
  for (const path of others) {
    log.warn({ path }, 'this log is another one than at the last checkpoint: events after that may be there twice');
  }
  const aside = await outputs.startChain().catch((error: unknown) => {
    throw new CommandError(`cannot write the chain of the event log: ${(error as Error).message}`, ExitCode.FAILED);
  });
  if (aside !== null) log.error({ set_aside: aside }, 'the chain of the event log is broken: a new one begins');
}

/** Begins the history, which records from now on. */
export async function startHistory(parts: DaemonParts, version: string, tracker: Tracker): Promise<void> {
  const { history, engine, source, outputs, clock } = parts;
  if (history === null) return;
  history.begin({ engine, source, clock, tracker, logs: outputs.logs }, engine.admission.breaker.exportState().key);
  await history.start({
    version,
    source: source.kind,
    mode: engine.rules.mode,
    tripped: engine.admission.breaker.trips.map(({ then }) => then),
    rules: { sha256: rulesSha256(engine.rules) },
    ...contextOf(engine.rules),
  });
  parts.decisions?.begin(engine);
  outputs.onNotice = (line) => {
    history.notice(line);
  };
  parts.console?.tick();
}

/** Makes the control socket. Throws CommandError if it cannot be made. */
export async function startControl(control: ControlSocket, path: string): Promise<void> {
  try {
    await control.start();
  } catch (error) {
    const hint = '--control names another, or none';
    throw new CommandError(
      `cannot make the control socket ${path}: ${(error as Error).message}; ${hint}`,
      ExitCode.FAILED,
    );
  }
}
