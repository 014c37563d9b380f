/** Where the daemon's state is where no flag says: a trip of the breaker must survive a restart that was not prepared for. */
import { homedir } from 'node:os';
import { join } from 'node:path';

const ROOT = 0;

/**
 * The folder that systemd names, or one below the system's or the user's place for state. `source` keeps daemons of one machine apart:
 * `pipe`, `interface-eth0`.
 */
export function defaultStateFolder(source: string): string {
  const [ofUnit] = (process.env.STATE_DIRECTORY ?? '').split(':');
  if (ofUnit !== undefined && ofUnit !== '') return ofUnit;
  const { XDG_STATE_HOME: ofUser = '' } = process.env;
  const base = process.getuid?.() === ROOT ? '/var/lib' : ofUser === '' ? join(homedir(), '.local/state') : ofUser;
  return join(base, 'sluice', source.replaceAll(/[^A-Za-z0-9_.-]/g, '_'));
}
