/**
 * Version and commit of this program. The build writes the commit to `dist/build.json`, because a package has no
 * history.
 */
import { readFileSync } from 'node:fs';

const PACKAGE = new URL('../../package.json', import.meta.url);
/** From here the path is the same for the source, for its compiled modules and for the bundle. */
const BUILD = new URL('../../dist/build.json', import.meta.url);

export const UNKNOWN_COMMIT = 'unknown';

export interface BuildInfo {
  readonly version: string;
  /** 40 hexadecimal digits; `-dirty` follows if the build had uncommitted changes. Or `unknown`. */
  readonly commit: string;
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version;
}

export function buildInfo(): BuildInfo {
  return { version: packageVersion(), commit: builtCommit() };
}

function builtCommit(): string {
  try {
    return (JSON.parse(readFileSync(BUILD, 'utf8')) as { commit: string }).commit;
  } catch {
    return UNKNOWN_COMMIT;
  }
}
