/** True if a tool for a cross-check is on the path. Prints a message once if not, so that a skip has its reason. */
import { spawnSync } from 'node:child_process';

export function installed(tool: string): boolean {
  const found = spawnSync(tool, ['--version']).error === undefined;
  if (!found) console.warn(`${tool} is not installed: the cross-checks with it are skipped`);
  return found;
}
