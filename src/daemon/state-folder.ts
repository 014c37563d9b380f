/** The default folder of the daemon's state: a trip of the breaker must survive an unexpected restart. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const ROOT = 0;

/** The base folder for the state of daemons, of the system or of the user. */
function stateBase(): string {
  const { XDG_STATE_HOME: ofUser = '' } = process.env;
  const base = process.getuid?.() === ROOT ? '/var/lib' : ofUser === '' ? join(homedir(), '.local/state') : ofUser;
  return join(base, 'sluice');
}

/**
 * The folder that systemd sets, or one below the base folder. `source` distinguishes daemons on one machine: `pipe`,
 * `interface-eth0`.
 */
export function defaultStateFolder(source: string): string {
  const [ofUnit] = (process.env.STATE_DIRECTORY ?? '').split(':');
  if (ofUnit !== undefined && ofUnit !== '') return ofUnit;
  return join(stateBase(), source.replaceAll(/[^A-Za-z0-9_.-]/g, '_'));
}

/** State folders with a file of this name: those of the unit, and of daemons that were started without a flag. */
export function stateFoldersWith(name: string, ofUnit: string): string[] {
  const base = stateBase();
  const below = existsSync(base) ? readdirSync(base).map((source) => join(base, source)) : [];
  return [...new Set([ofUnit, ...below])].filter((folder) => existsSync(join(folder, name)));
}
