/** Flags and help of `sluice evaluate`: the accuracy of findings. */
import type { Command } from 'commander';
import { addressesOption, addressKeyOption } from './address-flags.ts';
import type { EvaluateFlags } from './evaluate.ts';
import { linkIdentityOption } from './link-identity-flag.ts';
import { noHashOption } from './no-hash-flag.ts';
import { wholeNumber } from './whole-number.ts';

const MOST_FLOWS_PER_DAY = 1_000_000_000_000;

const EXAMPLES = `
Examples:
  sluice evaluate captures --labels captures/labels.json      the project's own captures
  sluice evaluate corpus/captures --labels corpus/labels.json --root corpus/captures
                                                              files are named below another folder than the labels' own
  sluice evaluate mine.pcap --labels mine.csv --flows-per-day 40000000 --json | jq .wrong_per_day
  sluice evaluate trace.pcap --labels conn.log                how far Zeek and Sluice agree on a capture
  ndpiReader -i trace.pcap -C ndpi.csv; sluice evaluate trace.pcap --labels ndpi.csv      the same for nDPI
  sluice evaluate traces --labels logs                        traces/a/x.pcap with logs/a/x.pcap.csv, logs/a/x.log …

--labels is recognised by its content, plain or gzip. Labels as CSV have a row for each flow (category,
session, stage and variant may be missing):
  # origin: field
  file,src,src_port,dst,dst_port,proto,label,category,session,stage,variant
  mine.pcap,192.0.2.1,40000,198.51.100.7,51820,udp,wireguard,handshake,client-7,confirmed,standard
  quiet.pcap,,,,,,none,,,,
or JSON, with an entry for each capture:
  { "origin": "field", "captures": [
    { "file": "mine.pcap", "flows_total": 12, "condition": "one-way", "session": "day-1", "positives": [
     { "proto": "udp", "src": "192.0.2.1", "sport": 40000, "dst": "198.51.100.7", "dport": 51820, "label": "wireguard",
       "stage": "confirmed", "variant": "standard", "category": "handshake",
       "session": "client-7", "optional": false }] }] }
condition, session, stage, variant, optional and origin may be missing, and labels may be the list alone.
Flows that are not listed are no VPN. Each file is a capture of its own; captures without labels are named and
not counted.

A log of another tool is not the truth: what is shown is agreement, with Cohen's kappa, of the flows that both
saw. Logs that are read: conn.log of Zeek (tab-separated or JSON lines) and the CSV of ndpiReader -C. A log
belongs to the one capture that is given; for several, --labels names a folder.

Intervals are bootstrapped over sessions (2,000 resamples, BCa, always the same), because captures that
rewrite one session repeat one observation. A capture without a session is one of its own; with fewer than 10
sessions a figure has no interval.

Exit codes: 0 done, whatever was found; 1 failed while running; 2 wrong usage, or labels that are not valid; 4
a capture could not be read to its end (what was readable is counted); 130 and 143 on signals.`;

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .summary('measure findings against labelled captures, or another tool')
    .description(
      'Runs captures whose flows are labelled, and shows what was found right, wrongly and not at all: ' +
        'precision and recall with 95 % intervals over sessions, and for labels from the field the wrong ' +
        'decisions to expect of a day. With the log of another tool it shows how far both agree.',
    )
    .argument('<capture...>', 'files, or folders (all captures below them)')
    .requiredOption('--labels <path>', 'what is in the captures: labels, the log of another tool, or a folder of logs')
    .option(
      '--root <folder>',
      'folder below which files are named (default: that of the labels; for a folder of logs that of the captures)',
    )
    .option(
      '--flows-per-day <n>',
      'flows that a link sees in a day, for labels of origin field (default: 1000000)',
      wholeNumber(1, MOST_FLOWS_PER_DAY),
    )
    .addOption(addressesOption())
    .addOption(addressKeyOption())
    .addOption(linkIdentityOption())
    .addOption(noHashOption())
    .option('--json', 'print one JSON object')
    .option('--markdown', 'print one Markdown table')
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], flags: EvaluateFlags) => {
      const { runEvaluate } = await import('./evaluate.ts');
      process.exitCode = await runEvaluate(captures, flags);
    });
}
