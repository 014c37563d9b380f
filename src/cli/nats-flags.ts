/** The flags of a command that reads a fleet's streams: the servers, and a certificate. */
import { Option } from 'commander';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { FleetAddress } from '../fleet/fleet-link.ts';
import { addServer } from './fleet-flags.ts';

export interface NatsFlags {
  readonly nats?: readonly string[];
  readonly natsCa?: string;
  readonly natsCert?: string;
  readonly natsKey?: string;
}

/** `what`: what the servers are for. */
export function natsOptions(what: string): Option[] {
  return [
    new Option('--nats <url...>', what).argParser(addServer),
    new Option('--nats-ca <file>', "certificates that sign the fleet's servers, PEM"),
    new Option('--nats-cert <file>', "the hub's certificate, PEM"),
    new Option('--nats-key <file>', 'its private key, PEM'),
  ];
}

/** Null without `--nats`. Throws CommandError where a flag that another needs is missing. */
export function addressOf({ nats, natsCa, natsCert, natsKey }: NatsFlags): FleetAddress | null {
  if (nats === undefined) {
    for (const [name, value] of Object.entries({ 'nats-ca': natsCa, 'nats-cert': natsCert, 'nats-key': natsKey }))
      if (value !== undefined) throw new CommandError(`--${name} needs --nats URL`, ExitCode.WRONG_USAGE);
    return null;
  }
  if ((natsCert === undefined) !== (natsKey === undefined))
    throw new CommandError('--nats-cert and --nats-key belong together', ExitCode.WRONG_USAGE);
  return { servers: nats, ca: natsCa ?? null, cert: natsCert ?? null, key: natsKey ?? null };
}
