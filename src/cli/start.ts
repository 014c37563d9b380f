#!/usr/bin/env node
/**
 * Starts the program. Node 22 and later keep what they compile beside the program, if they can write there, and need
 * not compile it at the next start. Node's own choice of a folder would be one that others may write.
 */
import * as module from 'node:module';
import { fileURLToPath } from 'node:url';
import { preparedReplay } from './prepared-replay.ts';

/** From here the path is the same for the source, for its compiled modules and for the bundle. */
const COMPILED = fileURLToPath(new URL('../../dist/compile-cache', import.meta.url));

await (await program()).main();

async function program(): Promise<{ main: () => Promise<void> }> {
  const prepared = process.argv[2] === 'replay' ? preparedReplay() : null;
  if (prepared !== null) return prepared.run();
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };
  enableCompileCache?.(COMPILED);
  return import('./main.ts');
}
