/**
 * One action of an operator: its request has an identifier of its own, so that a second click, or one after a lost
 * answer, does nothing twice. Opening the dialog again begins another.
 */
import { useState } from 'preact/hooks';
import type { ActionResult } from '../../api/action-schema.ts';
import { failureWords, post } from '../live/api.ts';

export interface Action {
  readonly isOpen: boolean;
  readonly isBusy: boolean;
  /** The result of the last one; null before it. */
  readonly result: ActionResult | null;
  /** Why there was no result; null where there was one. */
  readonly problem: string | null;
  readonly open: () => void;
  readonly close: () => void;
  readonly perform: (body: object) => void;
}

const ID_BYTES = 16;

/** `name`: that of the route below `/actions`. `done`: called after each answer. */
export function useAction(name: string, done: () => void): Action {
  const [state, setState] = useState<Pick<Action, 'isOpen' | 'isBusy' | 'result' | 'problem'>>({
    isOpen: false,
    isBusy: false,
    result: null,
    problem: null,
  });
  const [id, setId] = useState('');
  return {
    ...state,
    open: () => {
      setId(newId());
      setState({ isOpen: true, isBusy: false, result: null, problem: null });
    },
    close: () => {
      setState((before) => ({ ...before, isOpen: false }));
    },
    perform: (body) => {
      if (state.isBusy) return;
      setState((before) => ({ ...before, isBusy: true }));
      post<ActionResult>(`/actions/${name}`, { ...body, id }).then(
        (result) => {
          setState({ isOpen: false, isBusy: false, result, problem: null });
          done();
        },
        (error: unknown) => {
          const problem = failureWords(error);
          setState({ isOpen: false, isBusy: false, result: null, problem });
          done();
        },
      );
    },
  };
}

/** randomUUID is missing where a page comes by plain HTTP. */
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(ID_BYTES))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
