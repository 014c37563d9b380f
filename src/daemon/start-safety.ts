/** Prepares the safety state at a daemon's start: locks the folder and loads the state. */
import { realpathSync } from 'node:fs';
import type { Server } from 'node:net';
import type { Log } from '../output/log/log.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { RunSafety } from './safety.ts';
import { lockState } from './path-lock.ts';

export interface StateOptions {
  /** Null for no state. */
  readonly folder: string | null;
  /** The folder was requested explicitly: without it the daemon does not start. */
  readonly isNeeded: boolean;
  /** The folder is locked already, by a spool. */
  readonly isLocked: boolean;
  /** Why the rules in use before are not known; empty if they are, or if there were none. */
  readonly rulesProblem: string;
}

/** Returns the lock of the folder; null for none. Throws CommandError. */
export async function startSafety(safety: RunSafety, options: StateOptions, log: Log): Promise<Server | null> {
  const { folder, isNeeded, isLocked } = options;
  if (folder === null) return null;
  try {
    safety.open();
  } catch (error) {
    const problem = (error as Error).message;
    if (isNeeded) throw new CommandError(`cannot keep state in ${folder}: ${problem}`, ExitCode.FAILED);
    log.error({ folder, problem }, 'no state can be saved: a restart loses the counts of the breaker');
    return null;
  }
  const lock = isLocked ? null : await lockOf(folder);
  safety.load();
  if (options.rulesProblem !== '') safety.rulesAreUnknown(options.rulesProblem);
  return lock;
}

async function lockOf(folder: string): Promise<Server | null> {
  try {
    return await lockState(realpathSync(folder));
  } catch (error) {
    const problem = (error as Error).message;
    throw new CommandError(`${problem}; --state FOLDER names another, --state none keeps none`, ExitCode.FAILED);
  }
}
