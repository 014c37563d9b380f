/** The state folder of the only daemon of this machine, for commands that name none. */
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { stateFoldersWith } from '../daemon/state-folder.ts';
import { CONTROL_NAME, DEFAULT_STATE } from './control-flags.ts';

/** That of the unit where no daemon runs. Throws CommandError where several do. */
export function onlyState(): string {
  const folders = stateFoldersWith(CONTROL_NAME, DEFAULT_STATE);
  if (folders.length > 1)
    throw new CommandError(`several daemons: --state says which, ${folders.join(' or ')}`, ExitCode.WRONG_USAGE);
  return folders[0] ?? DEFAULT_STATE;
}
