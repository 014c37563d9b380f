/** Why a hub is behind its fleet. `said` is the text of the connection or of the server, as it is. */
import { problemsOf } from '../../core/coded-problem.ts';

export const HUB_PROBLEMS = {
  'stream-unread': (said: string) => `the minutes of the fleet are not read: ${said}`,
  'stream-lost': (found: string) => `the stream has lost messages, and what sensors keep is asked for again (${found})`,
  'rows-missing': (sensor: string, from: string, until: string) =>
    `the stream has lost minutes of ${sensor} that it wrote after ${from} and until ${until}`,
} as const;

export const hubProblem = problemsOf(HUB_PROBLEMS);
