/** Says on standard error what is wrong with the captures that a command was given, and which files of folders were skipped. */
import type { CaptureList } from '../capture/list-captures.ts';

/** Skipped files that are named; the rest is counted. */
const NAMED = 5;

export function reportList({ problems, unread }: CaptureList): void {
  const lines = problems.map(({ message }) => message);
  lines.push(...unread.slice(0, NAMED));
  if (unread.length > NAMED) lines.push(`${unread.length - NAMED} more files skipped that may hold packets`);
  for (const line of lines) process.stderr.write(`sluice: ${line}\n`);
}
