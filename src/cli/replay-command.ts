/** Flags and help of `sluice replay`: reads captures, decides, and prints a summary. */
import { type Command, Option } from 'commander';
import { MODE_NAMES } from '../policy/mode.ts';
import { addressesOption, addressKeyOption } from './address-flags.ts';
import { CLIENT_HELP } from './client-help.ts';
import { linkIdentityOption } from './link-identity-flag.ts';
import { maxFlowsOption } from './max-flows-flag.ts';
import { noHashOption } from './no-hash-flag.ts';
import { ispOption, linkOption, siteOption } from './origin-flags.ts';
import type { ReplayFlags } from './replay.ts';
import { audienceOption, reportOption } from './report-flags.ts';
import { policyOption, registryOption } from './rules-flags.ts';
import { workersOption } from './workers-flag.ts';

const EXAMPLES = `
Examples:
  sluice replay captures --each                          what the project's own captures hold
  sluice replay trace.pcapng --decisions - | jq .vpn     every decision as a JSON line
  sluice replay trace.pcapng --flows flows.parquet       every flow as a table for DuckDB, pandas or R
  tcpdump -w - -r big.pcap udp | sluice replay -         from a pipe
  sluice replay trace.pcap --mode enforce --forwarded kept.pcap --dropped cut.pcap
                                                         what enforcement would have let through, and what not
  sluice replay trace.pcapng --annotate vpn.pcapng       the VPN flows with their evidence as comments, for Wireshark
  sluice replay trace.pcap --mode enforce --report report.html
                                                         a page for readers: findings, decisions, time line

Exit codes: 0 done; 1 failed while running; 2 wrong usage; 3 policy or registry invalid; 4 a capture could not
be read to its end (what was readable is reported), or no packet of it could be read; 130 and 143 on SIGINT
and SIGTERM, after flushing, with a summary that says how far it came.

Beside each output file FILE a record, FILE.run.json, says how it came about: version, command line, inputs
and rules with their SHA-256, and whether everything was read. It is written last: a file without it is not
complete. --json has the same.
`;

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .summary('run captures through the pipeline and print a summary')
    .description(
      'Reads captures (pcap or pcapng, also compressed), detects VPN flows, decides them by policy and ' +
        'registry, and prints a summary.',
    )
    .argument('<capture...>', 'files, folders (all captures below them), or - for standard input')
    .addOption(policyOption())
    .addOption(registryOption())
    .option(
      '--decisions <file>',
      'write every decision: a row of a table if the name ends in .csv or .parquet, else a JSON line; - ' +
        'is standard output',
    )
    .option('--flows <file>', 'write every flow at its end, likewise')
    .option('--vpn-only', 'under --flows only flows in which a VPN was found')
    .option('--json', 'print the summary as one JSON object')
    .option(
      '--each',
      'each file is a capture of its own, with its own flows and packet numbers (default: all files are ' +
        'one capture, in the order given)',
    )
    .addOption(new Option('--mode <mode>', "instead of the policy's mode").choices(MODE_NAMES))
    .option(
      '--forwarded <file>',
      'write the packets that simulated enforcement lets through, delayed ones at the time at which they ' +
        'leave; a name in .pcapng, a pipe or - gets pcapng, any other pcap (for further link types a file ' +
        'each, like FILE.raw.pcap)',
    )
    .option('--dropped <file>', 'write the packets that it drops, likewise')
    .option(
      '--annotate <file.pcapng>',
      'copy the packets of VPN flows, with a comment on those that carry evidence or a decision, for ' +
        'Wireshark; the captures are read twice, so they must be files',
    )
    .addOption(reportOption())
    .addOption(audienceOption())
    .option('--force', 'overwrite outputs that exist; without it they are refused with exit code 2')
    .addOption(noHashOption())
    .addOption(addressesOption())
    .addOption(addressKeyOption())
    .addOption(maxFlowsOption())
    .addOption(linkIdentityOption())
    .addOption(siteOption())
    .addOption(ispOption())
    .addOption(linkOption())
    .addOption(workersOption())
    .option('--quiet', 'no summary and no progress bar')
    .addHelpText('after', EXAMPLES + CLIENT_HELP)
    .action(async (captures: string[], flags: ReplayFlags) => {
      const { replay } = await import('./replay.ts');
      process.exitCode = await replay(captures, flags);
    });
}
