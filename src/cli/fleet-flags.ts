/** The flags of a fleet: where the log of decisions and the minutes of the history are shipped. */
import { InvalidArgumentError, Option } from 'commander';
import type { FleetShippingOptions } from '../daemon/fleet-shipping.ts';
import type { EventOrigin } from '../output/event/event-origin.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { size } from './run-flags.ts';

export interface FleetFlags {
  readonly fleet?: readonly string[];
  readonly fleetCa?: string;
  readonly fleetCert?: string;
  readonly fleetKey?: string;
  readonly fleetBacklog: number;
  readonly fleetBreaker?: boolean;
}

const DEFAULT_BACKLOG = 10e9;

export function fleetOptions(): Option[] {
  return [
    new Option(
      '--fleet <url...>',
      'ship the log of decisions and minutes of the history to NATS JetStream, like nats://10.0.0.1:4222',
    ).argParser(addServer),
    new Option('--fleet-ca <file>', "certificates that sign the fleet's servers, PEM"),
    new Option('--fleet-cert <file>', "the sensor's certificate, PEM"),
    new Option('--fleet-key <file>', 'its private key, PEM'),
    new Option(
      '--fleet-backlog <size>',
      'parts of the log that wait on the disk to be acknowledged, before --rotate-keep counts; and rows of the history',
    )
      .argParser(size)
      .default(DEFAULT_BACKLOG, '10GB'),
    new Option(
      '--fleet-breaker',
      'throttle and block only within what the hub lends of the limits of the fleet (sluice hub --fleet-limit)',
    ),
  ];
}

export function addServer(value: string, before: readonly string[] | undefined): readonly string[] {
  const url = URL.canParse(value) ? new URL(value) : null;
  if ((url?.protocol !== 'nats:' && url?.protocol !== 'tls:') || url.hostname === '' || url.username !== '')
    throw new InvalidArgumentError(
      'It must be like nats://HOST:4222 or tls://HOST:4222, without a name and a password.',
    );
  return [...(before ?? []), value];
}

/** Null without `--fleet`. Throws CommandError where a flag that it needs is missing. */
export function fleetOf(
  flags: FleetFlags & EventOrigin & { readonly decisions?: string },
): FleetShippingOptions | null {
  const { fleet: servers, fleetCa, fleetCert, fleetKey, fleetBacklog, fleetBreaker, isp, site, decisions } = flags;
  if (servers === undefined) {
    const others = { 'fleet-ca': fleetCa, 'fleet-cert': fleetCert, 'fleet-key': fleetKey };
    for (const [name, value] of Object.entries({ ...others, 'fleet-breaker': fleetBreaker }))
      if (value !== undefined) throw new CommandError(`--${name} needs --fleet URL`, ExitCode.WRONG_USAGE);
    return null;
  }
  if (isp === undefined || site === undefined)
    throw new CommandError('--fleet needs --isp and --site, which name the subject', ExitCode.WRONG_USAGE);
  if (decisions === undefined || decisions === '-')
    throw new CommandError('--fleet needs --decisions FILE, which it ships', ExitCode.WRONG_USAGE);
  if ((fleetCert === undefined) !== (fleetKey === undefined))
    throw new CommandError('--fleet-cert and --fleet-key belong together', ExitCode.WRONG_USAGE);
  const address = { servers, ca: fleetCa ?? null, cert: fleetCert ?? null, key: fleetKey ?? null };
  return { address, isp, site, mostBytes: fleetBacklog, needsLease: fleetBreaker === true };
}
