/** Messages to standard error about the given captures. */
import type { CaptureList } from '../capture/input/list-captures.ts';
import type { Counters } from '../dataplane/host/counters.ts';
import { splitFlowsHint } from '../output/summary/split-flows-hint.ts';

/** Skipped files that are listed; the rest are counted. */
const NAMED = 5;

/** Prints problems of the list, and skipped files of folders that may contain packets. */
export function reportList({ problems, unread }: CaptureList): void {
  const lines = problems.map(({ message }) => message);
  lines.push(...unread.slice(0, NAMED));
  if (unread.length > NAMED) lines.push(`${unread.length - NAMED} more files skipped that may hold packets`);
  for (const line of lines) process.stderr.write(`sluice: ${line}\n`);
}

/** For commands without a summary. */
export function reportSplitFlows({ splitFlows }: Counters): void {
  if (splitFlows > 0) process.stderr.write(`sluice: hint: ${splitFlowsHint(splitFlows)}\n`);
}
