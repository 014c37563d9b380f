/** What commands say on standard error of the captures that they were given, and of what is in them. */
import type { CaptureList } from '../capture/input/list-captures.ts';
import type { Counters } from '../dataplane/counters.ts';
import { splitFlowsHint } from '../output/summary/split-flows-hint.ts';

/** Skipped files that are named; the rest is counted. */
const NAMED = 5;

/** What is wrong with them, and which files of folders were skipped that may hold packets. */
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
