/** What the compiled layer walk makes of a frame, in the words of the vector pages; a read outside the frame throws. */
import { compiled } from '../assembly/compiled.ts';
import { LinearWalk, type WalkName } from './linear-walk.ts';

const walk = new LinearWalk(await compiled<WalkName>('wire-walk', 'debug'));

/** Everything that callers may rely on after a decode: nothing but the status unless that is OK. */
export function describeBytes(bytes: Uint8Array, linkType: number, wireLength = bytes.length): Record<string, string> {
  return walk.describe(bytes, linkType, wireLength);
}

/** Name of the status that a frame's bytes give. */
export function statusOf(bytes: Uint8Array, linkType: number, wireLength = bytes.length): string {
  return describeBytes(bytes, linkType, wireLength).status!;
}
