/** Flags and help of `sluice verify`: whether a log is whole and unedited. */
import type { Command } from 'commander';
import { natsOptions } from './nats-flags.ts';
import type { VerifyLogFlags } from './verify.ts';

const EXAMPLES = `
A daemon with --log-key keeps a chain beside its log of decisions, in LOG.chain: an entry for each part of the log that
it moved aside (--rotate-every, --rotate-size), for each that expired (--rotate-keep), and for each action of a person.
Each entry has the hash of the one before and is signed by the sensor's key.

What follows the last entry is unproven: the open part of the log, and whatever was cut from the end. A head that was
noted elsewhere (the hash of the last entry, which this command prints) proves that nothing was cut before it. A sensor
of a fleet notes one in the stream with each batch of its log: --nats reads them all there.

Examples:
  sluice rules keygen lahore-1.key
  sluice run … --decisions decisions.jsonl --rotate-every 1h --log-key lahore-1.key
  sluice verify decisions.jsonl --log-keys lahore-1.key.pub
  sluice verify decisions.jsonl --log-keys lahore-1.key.pub --head 9f86d081884c7d65…
  sluice verify decisions.jsonl --log-keys lahore-1.key.pub --nats tls://nats.example:4222 --nats-ca ca.pem \\
    --nats-cert hub.pem --nats-key hub.key

Exit codes: 0 nothing was removed, added or changed; 1 something was; 2 wrong usage, or a log without a chain.`;

export function addVerifyCommand(program: Command): void {
  const verifying = program
    .command('verify')
    .summary('say whether a log of decisions is whole and unedited')
    .description(
      'Verifies logs by their chains: says up to where each is complete and unchanged, what is unproven, and where ' +
        'anything was removed, added or changed.',
    )
    .argument('<log...>', 'logs of decisions, by the path that --decisions had')
    .requiredOption('--log-keys <file...>', 'public keys of the sensors whose entries count')
    .option('--head <sha256...>', 'hashes of entries that were noted elsewhere and must be in the chain')
    .option('--sensor <isp/site>', 'whose heads --nats reads (default: the sensor that the chain names)')
    .option('--json', 'print the result as JSON, a line for each log')
    .addHelpText('after', EXAMPLES);
  for (const option of natsOptions('servers of the fleet, in whose stream the sensor has anchored heads'))
    verifying.addOption(option);
  verifying.action(async (logs: string[], flags: VerifyLogFlags) => {
    const { verify } = await import('./verify.ts');
    process.exitCode = await verify(logs, flags);
  });
}
