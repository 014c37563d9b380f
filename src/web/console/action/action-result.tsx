/** The result of an action in words, with the problems of files as a list. */
import { Note } from '../component/note.tsx';
import { text } from '../text/catalogue.ts';
import type { ShownProblem } from '../../api/action-schema.ts';
import { reasonIn } from '../format/refusal-words.ts';
import type { Action } from './use-action.ts';

export function ActionOutcome({ action: { result, problem } }: { action: Action }) {
  const words = text.action;
  if (problem !== null)
    return (
      <Note severity="critical" isUrgent>
        <p>{words.failed(problem)}</p>
      </Note>
    );
  if (result === null) return null;
  return (
    <Note severity={result.ok ? 'good' : 'critical'} isUrgent>
      <p>
        {words.results[result.result] ?? result.result}{' '}
        {result.problem !== undefined && words.because(reasonIn(result.problem)!)}
      </p>
      <Problems problems={result.problems} />
    </Note>
  );
}

/** Problems of files, each with file, line and column, and limits that are exceeded. */
export function Problems({ problems }: { problems: readonly ShownProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <>
      <p>
        {text.action.problems(
          problems.length,
          problems.some(({ place }) => place !== null),
        )}
      </p>
      <ul class="problems">
        {problems.map((problem, at) => (
          <li key={at}>
            {problem.place !== null && <code>{problem.place}</code>}{' '}
            {text.action.problem(problem.severity, reasonIn(problem)!, problem.place !== null)}
          </li>
        ))}
      </ul>
    </>
  );
}
