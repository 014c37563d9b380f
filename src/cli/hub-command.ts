/** Flags and help of `sluice hub`: the history of all sensors of a fleet. */
import type { Command } from 'commander';
import { addHubBreakerCommand, fleetLimitOption } from './hub-breaker-command.ts';
import { lossBoundOption, retentionOptions, zoneOption } from './history-flags.ts';
import type { HubFlags } from './hub.ts';
import { listenOptions } from './listen-flags.ts';
import { natsOptions } from './nats-flags.ts';

const DEFAULT_STATE = '/var/lib/sluice-hub';
const SERVERS = 'servers of the fleet, like nats://10.0.0.1:4222';

const EXAMPLES = `
Examples:
  sluice hub --nats nats://127.0.0.1:4222 --state hub
  sluice hub --nats tls://nats.example:4222 --nats-ca ca.pem --nats-cert hub.pem --nats-key hub.key --state hub
  the pages are at http://127.0.0.1:9464/
  curl http://127.0.0.1:9464/api/v1/sensors              when each was seen, versions, loss, lag, clocks
  curl 'http://127.0.0.1:9464/api/v1/chart?measure=packets&by=site'
  sluice hub --nats nats://127.0.0.1:4222 --state hub --fleet-limit 500/60s 5000/24h
  sluice hub breaker --nats nats://127.0.0.1:4222        what is used and lent of these limits

It reads the minutes that sensors ship (sluice run --fleet), and keeps the history of all sites. A hub that is killed
loses and doubles nothing; one whose folder is gone is made again from the stream, as far as that is kept.
deploy/nats/README.md has the whole way.

Exit codes: 0 done; 1 failed, for example because the port is taken; 2 wrong usage.`;

export function addHubCommand(program: Command): void {
  const hub = program
    .command('hub')
    .summary('the history of all sensors of a fleet, from NATS JetStream')
    .description('Reads the minutes of all sensors from NATS JetStream, keeps them in one history, and serves it.')
    .option('--consumer <name>', 'the durable consumer of the stream; two hubs need two', 'sluice-hub')
    .option('--state <folder>', 'folder of the history and the accounts', DEFAULT_STATE)
    .addOption(fleetLimitOption())
    .addOption(zoneOption())
    .addOption(lossBoundOption());
  for (const option of [...natsOptions(SERVERS), ...retentionOptions(), ...listenOptions()]) hub.addOption(option);
  hub.addHelpText('after', EXAMPLES).action(async (flags: HubFlags) => {
    const { runHub } = await import('./hub.ts');
    process.exitCode = await runHub(flags);
  });
  addHubBreakerCommand(hub);
}
