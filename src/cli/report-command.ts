/** Flags and help of `sluice report`: a report from the history of a daemon that is stopped, or from a backup. */
import { type Command, Option } from 'commander';
import { REPORT_AUDIENCES } from '../history/report/report-audience.ts';
import { zoneOption } from './history-flags.ts';
import type { HistoryReportFlags } from './report.ts';

const EXAMPLES = `
Examples:
  sluice report --history /var/lib/sluice/history.db --period 2024-11 --output november.html
  sluice report --history backup.db --period 2024-W47 --audience public --output week.pdf --tables week/
  sluice report --history backup.db --period 2024-Q4 --output - > quarter.html

The history is read from a copy and stays as it is, also while a daemon writes it. A daemon's console makes
the same reports.

Exit codes: 0 made; 1 failed; 2 wrong usage, such as a period that does not exist, or a public report on one
that is not over.
`;

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .summary('report on a period of a history')
    .description('Makes a report on a period from the history that sluice run keeps.')
    .requiredOption('--history <file>', 'the history: history.db in the folder of state, or a backup')
    .requiredOption(
      '--period <name>',
      'a day, week, month, quarter or year: 2024-11-24, 2024-W47, 2024-11, 2024-Q4, 2024',
    )
    .addOption(new Option('--audience <who>', 'for whom it is').choices(REPORT_AUDIENCES).default('operator'))
    .requiredOption(
      '--output <file>',
      '.html is one page, .pdf is printed through an installed Chromium, .json is for programs; - is the page',
    )
    .option('--tables <folder>', 'also write every table as CSV into this folder')
    .option('--site <name>', 'only what was seen at this site')
    .option('--isp <name>', 'only what was seen in this network')
    .option('--link <name>', 'only what was seen on this link')
    .addOption(zoneOption())
    .option('--hide-prefixes', 'count the prefixes of rules instead of showing them')
    .option('--force', 'overwrite the output')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: HistoryReportFlags) => {
      const { report } = await import('./report.ts');
      process.exitCode = await report(flags);
    });
}
