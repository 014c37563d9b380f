/** Flags and help of `sluice capture`: captures on an interface for a `sluice run` without rights. */
import { type Command, Option } from 'commander';
import { LOG_LEVELS } from '../output/log/log-levels.ts';
import type { CaptureFlags } from './capture.ts';
import { DEFAULT_KERNEL_BUFFER, DEFAULT_SNAPLEN, size } from './run-flags.ts';
import { wholeNumber } from './whole-number.ts';

const EXAMPLES = `
Examples:
  sluice capture eth1 --socket /run/eth1.sock
                                          as root, or where tcpdump has the right to capture
  sudo -u root -g sluice sluice capture eth1 --socket /run/eth1.sock udp or tcp
                                          for readers of the group sluice; the filter is one of pcap-filter(7)
  sluice run --interface eth1 --capture-socket /run/eth1.sock
                                          reads it, as a user of the socket's group and without any right

Each reader gets a tcpdump of its own, and there is one reader at a time. While none is connected nothing is
captured. The reader counts what the kernel loses, and the time without a capture. The socket has mode 0660
and the group of this process.

SIGTERM and SIGINT stop it: what was captured is passed on first.

Exit codes: 0 it was stopped; 1 failed; 2 wrong usage.
`;

export function addCaptureCommand(program: Command): void {
  program
    .command('capture')
    .summary('capture on an interface for a daemon without rights')
    .description(
      'Captures on an interface by tcpdump and passes packets and the counts of losses to one sluice ' +
        'run, over a Unix socket. It reads no packet itself.',
    )
    .argument('<interface>', 'any is all of them (Linux)')
    .argument('[filter...]', 'an expression of pcap-filter(7)')
    .requiredOption('--socket <path>', 'path to listen on; a socket on which no process listens is replaced')
    .option('--snaplen <n>', 'bytes captured of a packet', wholeNumber(64, 262_144), DEFAULT_SNAPLEN)
    .addOption(
      new Option('--kernel-buffer <size>', 'size of the kernel buffer, for a capture that falls behind')
        .argParser(size)
        .default(DEFAULT_KERNEL_BUFFER, '128MB'),
    )
    .addOption(new Option('--log-level <level>', 'what is logged to stderr').choices(LOG_LEVELS).default('info'))
    .addHelpText('after', EXAMPLES)
    .action(async (device: string, filter: string[], flags: CaptureFlags) => {
      const { capture } = await import('./capture.ts');
      process.exitCode = await capture(device, filter, flags);
    });
}
