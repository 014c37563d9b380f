/** Refuses event logs of the daemon that have the name of a table: a log is appended to, and a table cannot be. */
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { tableFormatOf } from '../output/table/table-format.ts';
import type { OutputPaths } from './output-paths.ts';

/** Throws CommandError. */
export function checkLogEndings({ decisions, flows }: Pick<OutputPaths, 'decisions' | 'flows'>): void {
  for (const [flag, path] of Object.entries({ decisions, flows })) {
    const format = path === undefined ? null : tableFormatOf(path);
    if (format === null) continue;
    throw new CommandError(
      `--${flag} ${path}: run writes JSON Lines, and the name says .${format}; give it another ending, ` +
        'and make a table of captures with sluice replay',
      ExitCode.WRONG_USAGE,
    );
  }
}
