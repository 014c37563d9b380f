/** Flags and help of the breaker of a fleet: `sluice hub --fleet-limit` and `sluice hub breaker`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type FleetLimit, MOST_CLIENTS, MOST_FLEET_LIMITS, MOST_WINDOW_MS } from '../fleet/breaker/fleet-limit.ts';
import type { HubBreakerFlags } from './hub-breaker.ts';
import { natsOptions } from './nats-flags.ts';
import { finiteDuration } from './run-flags.ts';

const SERVERS = 'servers of the fleet, like nats://10.0.0.1:4222';
const LEAST_WINDOW_MS = 1000;

const EXAMPLES = `
Examples:
  sluice hub breaker --nats nats://127.0.0.1:4222
  sluice hub breaker --nats nats://127.0.0.1:4222 --reset 'the registry has its rows again'

Exit codes: 0 done; 1 no hub lends the limits of the fleet; 2 wrong usage.`;

export function fleetLimitOption(): Option {
  return new Option(
    '--fleet-limit <clients/window...>',
    'lend to sensors (sluice run --fleet-breaker) what all of them may newly hit, like 500/60s',
  ).argParser(addLimit);
}

export function addHubBreakerCommand(hub: Command): void {
  const breaker = hub
    .command('breaker')
    .summary('the breaker of a fleet: its state, and its reset')
    .description('Asks the hub that lends what is used and lent of each limit, and whether the breaker has tripped.')
    .option('--reset <reason>', 'let sensors enforce again after a trip')
    .option('--json', 'as one JSON object');
  for (const option of natsOptions(SERVERS)) breaker.addOption(option);
  breaker.addHelpText('after', EXAMPLES).action(async (_: unknown, command: Command) => {
    const { hubBreaker } = await import('./hub-breaker.ts');
    // The hub has flags of the same names, which take the values where they come first.
    process.exitCode = await hubBreaker(command.optsWithGlobals<HubBreakerFlags>());
  });
}

function addLimit(value: string, before: readonly FleetLimit[] | undefined): readonly FleetLimit[] {
  const [clients = '', window = '', rest] = value.split('/');
  const limit = { clients: /^\d{1,9}$/.test(clients) ? Number(clients) : 0, window_ms: finiteDuration(window) };
  const isClients = limit.clients >= 1 && limit.clients <= MOST_CLIENTS;
  const isWindow = limit.window_ms >= LEAST_WINDOW_MS && limit.window_ms <= MOST_WINDOW_MS;
  if (rest !== undefined || !isClients || !isWindow)
    throw new InvalidArgumentError(`It must be clients and a window of 1s to 7d, like 500/60s.`);
  const limits = [...(before ?? []), limit];
  if (new Set(limits.map(({ window_ms: ms }) => ms)).size < limits.length)
    throw new InvalidArgumentError('There is another limit for this window.');
  if (limits.length > MOST_FLEET_LIMITS) throw new InvalidArgumentError(`There may be ${MOST_FLEET_LIMITS} limits.`);
  return limits;
}
