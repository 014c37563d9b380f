/** `sluice hub`: keeps and serves the history of all sensors of a fleet, until a signal stops it. */
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { FleetLimit } from '../fleet/breaker/fleet-limit.ts';
import { Hub } from '../hub/hub.ts';
import { packageVersion } from '../output/build-info.ts';
import { flushLog, openLog } from '../output/log/log.ts';
import { type RetentionFlags, retentionOf, zoneOf, type ZoneFlag } from './history-flags.ts';
import { httpOptions } from './listen-choice.ts';
import type { ListenFlags } from './listen-flags.ts';
import { addressOf, type NatsFlags } from './nats-flags.ts';

export interface HubFlags extends NatsFlags, ZoneFlag, RetentionFlags, ListenFlags {
  readonly consumer: string;
  readonly state: string;
  readonly lossBound: number;
  readonly fleetLimit?: readonly FleetLimit[];
}

const CONSUMER_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const FLUSH_MS = 500;

export async function runHub(flags: HubFlags): Promise<ExitCode> {
  const { consumer, state, lossBound } = flags;
  if (!CONSUMER_NAME.test(consumer))
    throw new CommandError(
      `--consumer ${consumer}: use letters, digits, - and _, 64 of them at most`,
      ExitCode.WRONG_USAGE,
    );
  const address = addressOf(flags);
  if (address === null) throw new CommandError('name the servers: --nats nats://127.0.0.1:4222', ExitCode.WRONG_USAGE);
  const http = httpOptions(flags, state);
  if (http === null) throw new CommandError('--listen none: a hub is served somewhere', ExitCode.WRONG_USAGE);
  const log = openLog('info');
  const stopped = stopSignal();
  const hub = new Hub(
    {
      version: packageVersion(),
      address,
      consumer,
      state,
      limits: flags.fleetLimit ?? [],
      history: { zone: zoneOf(flags), retention: retentionOf(flags), lossBound },
      // The history is of many operators: each answer is in the scope of its reader.
      http: { ...http, accounts: { ...http.accounts, isp: null } },
    },
    log,
  );
  const { host, port } = await hub.start().catch((error: unknown) => {
    throw new CommandError(`the hub cannot be served: ${(error as Error).message}`, ExitCode.FAILED);
  });
  log.info({ host, port }, 'listening');
  await stopped;
  await hub.stop();
  await flushLog(log, FLUSH_MS);
  return ExitCode.DONE;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
}
