/** Refuses captures that cannot be read twice, for flags that need it. */
import { stat } from 'node:fs/promises';
import { CommandError, ExitCode } from '../core/exit-code.ts';

export async function isReadableTwice(path: string): Promise<boolean> {
  return path !== '-' && (await stat(path)).isFile();
}

/** Throws CommandError if one of the captures is a pipe or a device. */
export async function checkReadableTwice(flag: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (await isReadableTwice(path)) continue;
    const reason = 'the capture is read twice, which a pipe is not: save it in a file first';
    throw new CommandError(`${flag} with ${path}: ${reason}`, ExitCode.WRONG_USAGE);
  }
}
