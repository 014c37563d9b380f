/** Flags and help of `sluice evaluate`: the accuracy of findings. */
import type { Command } from 'commander';
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
  sluice evaluate mine.pcap --labels mine.json --flows-per-day 40000000 --json | jq .wrong_per_day

Labels are JSON, with an entry for each capture; flows that are not listed are no VPN:
  { "origin": "field", "captures": [{ "file": "mine.pcap", "flows_total": 12, "condition": "one-way", "session": "day-1", "positives": [
     { "proto": "udp", "src": "192.0.2.1", "sport": 40000, "dst": "198.51.100.7", "dport": 51820, "label": "wireguard",
       "stage": "confirmed", "variant": "standard", "category": "handshake", "session": "client-7", "optional": false }] }] }
condition, session, stage, variant and optional may be missing, and so may origin: labels may be the list alone. Each file is a
capture of its own; captures without labels are named and not counted.

Intervals are bootstrapped over sessions (2,000 resamples, BCa, always the same), because captures that rewrite one session repeat one
observation. A capture without a session is one of its own; with fewer than 10 sessions a figure has no interval.

Exit codes: 0 done, whatever was found; 1 failed while running; 2 wrong usage, or labels that are not valid; 4 a capture could not
be read to its end (what was readable is counted); 130 and 143 on signals.`;

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .summary('measure findings against labelled captures')
    .description(
      'Runs captures whose flows are labelled, and shows what was found right, wrongly and not at all: precision and recall with 95 % intervals over sessions, and for labels from the field the wrong decisions to expect of a day.',
    )
    .argument('<capture...>', 'files, or folders (all captures below them)')
    .requiredOption('--labels <file>', 'what is in the captures')
    .option('--root <folder>', "folder below which the labels name files (default: the labels' own)")
    .option(
      '--flows-per-day <n>',
      'flows that a link sees in a day, for labels of origin field (default: 1000000)',
      wholeNumber(1, MOST_FLOWS_PER_DAY),
    )
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
