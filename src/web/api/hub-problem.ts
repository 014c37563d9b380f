/** Why a hub is behind its fleet. `said` is the text of the connection or of the server, as it is. */
import { problemsOf } from '../../core/coded-problem.ts';

export const HUB_PROBLEMS = {
  'stream-unread': (said: string) => `the minutes of the fleet are not read: ${said}`,
} as const;

export const hubProblem = problemsOf(HUB_PROBLEMS);
