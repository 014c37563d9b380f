/** `sluice capture`: supervises tcpdump for one reader at a time, over a Unix socket. */
import { existsSync } from 'node:fs';
import { CaptureService } from '../capture/live/capture-service.ts';
import { ProcessLink } from '../capture/live/live-process.ts';
import { TcpdumpBackend } from '../capture/live/live-tcpdump.ts';
import { hasTcpdump, NO_TCPDUMP } from '../capture/live/live-choice.ts';
import type { CaptureRequest } from '../capture/live/live-backend.ts';
import { flushLog, type Log, openLog } from '../output/log/log.ts';
import type { LogLevel } from '../output/log/log-levels.ts';
import { ServiceManager } from '../daemon/service-manager.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';

export interface CaptureFlags {
  readonly socket: string;
  readonly snaplen: number;
  readonly kernelBuffer: number;
  readonly logLevel: LogLevel;
}

/** A stop that takes longer is ended by force. */
const STOP_LIMIT_MS = 4800;
/** The pseudo-interface for all interfaces. */
const ALL = 'any';

export async function capture(device: string, filter: readonly string[], flags: CaptureFlags): Promise<ExitCode> {
  const { snaplen, kernelBuffer, socket } = flags;
  if (!hasTcpdump()) throw new CommandError(NO_TCPDUMP, ExitCode.FAILED);
  const log = openLog(flags.logLevel);
  const backend = new TcpdumpBackend();
  const request: CaptureRequest = { device, filter: filter.join(' '), snaplen, kernelBuffer };
  const service = new CaptureService(device, socket, () => new ProcessLink(backend, request), logTo(log));
  const manager = new ServiceManager(log);
  const stopped = stopAtSignal(service, manager, log);
  try {
    await service.start();
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), ExitCode.FAILED);
  }
  log.info({ interface: device, socket }, 'listening');
  // The interface may appear later, so this is only a warning.
  if (device !== ALL && existsSync('/sys/class/net') && !existsSync(`/sys/class/net/${device}`))
    log.warn({ interface: device }, 'there is no such interface at present; ip link shows them');
  manager.ready();
  await stopped;
  log.info('stopped');
  await flushLog(log, 500);
  return ExitCode.DONE;
}

function logTo(log: Log): ConstructorParameters<typeof CaptureService>[3] {
  return (event, detail) => {
    if (event === 'connected') log.info({ detail }, 'capture started');
    else if (event === 'refused') log.warn({ detail }, 'a reader was refused');
    else if (detail === '') log.info('the reader has gone');
    else log.error({ problem: detail }, 'capture ended');
  };
}

/** Resolves when the service has stopped because of a signal. */
function stopAtSignal(service: CaptureService, manager: ServiceManager, log: Log): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (reason: string): void => {
      if (isStopping) return;
      isStopping = true;
      log.info({ reason }, 'stopping');
      manager.stopping();
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_LIMIT_MS).unref();
      void service.stop().then(resolve);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('SIGHUP', () => {
      log.info('SIGHUP: a capture has nothing to reload');
    });
  });
}
