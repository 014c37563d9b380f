/** What the last checkpoint of a daemon's state says, read without the program. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Document {
  readonly source: { readonly done: readonly { readonly name: string }[] };
  readonly rules: string;
  readonly activeFlows: number;
}

/** Null if the folder of state has none. */
export function checkpointOf(state: string): Document | null {
  const path = join(state, 'checkpoint.bin');
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  const body = bytes.subarray(bytes.indexOf(10) + 1);
  return JSON.parse(body.toString('utf8', 4, 4 + body.readUInt32BE(0))) as Document;
}

/** Files of a spool that the last checkpoint lists as read. */
export function filesRead(spool: string): number {
  return checkpointOf(join(spool, '.sluice'))?.source.done.length ?? 0;
}
