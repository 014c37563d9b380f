/** `sluice hub breaker`: the state of a fleet's breaker, and its reset. */
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { optionsOf } from '../fleet/fleet-link.ts';
import {
  BREAKER_SUBJECT,
  type BreakerCommand,
  type BreakerState,
  parseBreakerState,
} from '../fleet/breaker/lease-message.ts';
import { addressOf, type NatsFlags } from './nats-flags.ts';

export interface HubBreakerFlags extends NatsFlags {
  readonly reset?: string;
  readonly json?: boolean;
}

const ANSWER_MS = 5000;
const MOST_REASON = 1000;

export async function hubBreaker(flags: HubBreakerFlags): Promise<ExitCode> {
  const { reset = null, json } = flags;
  const address = addressOf(flags);
  if (address === null) throw new CommandError('name the servers: --nats nats://127.0.0.1:4222', ExitCode.WRONG_USAGE);
  if (reset !== null && (reset.trim() === '' || reset.length > MOST_REASON))
    throw new CommandError(`--reset needs a reason of 1 to ${MOST_REASON} characters`, ExitCode.WRONG_USAGE);
  const { connect } = await import('@nats-io/transport-node');
  const command: BreakerCommand = { reset };
  let state: BreakerState | null;
  try {
    const connection = await connect({ ...optionsOf(address, 'sluice hub breaker'), reconnect: false });
    try {
      const answer = await connection.request(BREAKER_SUBJECT, JSON.stringify(command), { timeout: ANSWER_MS });
      state = parseBreakerState(answer.data);
    } finally {
      await connection.close();
    }
  } catch (error) {
    const why = (error as Error).message;
    throw new CommandError(`no hub lends the limits of the fleet (sluice hub --fleet-limit): ${why}`, ExitCode.FAILED);
  }
  if (state === null) throw new CommandError('the answer of the hub is not understood', ExitCode.FAILED);
  process.stdout.write(json === true ? `${JSON.stringify(state)}\n` : stateText(state));
  return ExitCode.DONE;
}

function stateText({ trip, limits, sensors }: BreakerState): string {
  const head =
    trip === null
      ? 'The breaker of the fleet has not tripped.'
      : `The breaker of the fleet tripped at ${new Date(trip.at_ms).toISOString()}: ${trip.used} clients were hit, ` +
        `and ${trip.wanted} more would have been (most by ${trip.sensor}); ${trip.limit} is the limit.`;
  const lines = limits.map(
    ({ limit, clients, used, lent }) => `limit ${limit}: ${used} of ${clients} clients hit, ${lent} lent`,
  );
  const names = sensors.map(({ isp, site }) => `${isp}/${site}`).join(', ');
  return `${[head, ...lines, `sensors with a lease: ${names === '' ? 'none' : names}`].join('\n')}\n`;
}
