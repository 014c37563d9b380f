/** The progress of a replay that a signal has ended, in bytes of its files. */
import { statSync } from 'node:fs';
import type { Interruption } from '../output/summary/interruption.ts';
import type { Reached } from '../pipeline/replay.ts';

export function interruptionAt(signal: string, reached: Reached, paths: readonly string[]): Interruption {
  const sizes = paths.map(sizeOf);
  const sum = (some: readonly number[]): number => some.reduce((total, size) => total + size, 0);
  const { file, fileNumber, packet, timeUs } = reached;
  return {
    signal,
    file,
    fileNumber,
    fileCount: paths.length,
    packet,
    timeUs,
    bytes: sum(sizes.slice(0, fileNumber - 1).filter((size) => !Number.isNaN(size))) + reached.bytes,
    bytesTotal: sizes.some(Number.isNaN) ? null : sum(sizes),
  };
}

/** NaN if it has no size: standard input, a pipe. */
function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : Number.NaN;
}
