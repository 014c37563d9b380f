/**
 * An answer of the API for a part of a page. Another address ends the request before it; what was shown stays until
 * then.
 */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { failureWords, getJson } from './api.ts';

export interface ApiState<T> {
  /** The last answer, also while the next one is on its way; null before the first. */
  readonly data: T | null;
  /** Why the last request failed; null after an answer. */
  readonly problem: string | null;
  readonly isLoading: boolean;
  /** Asks again. */
  readonly reload: () => void;
}

/**
 * `path` is below `/api/v1`, with its query; null asks for nothing. `every`: asks again in this interval, in ms, which
 * may depend on the last answer.
 */
export function useApi<T>(path: string | null, every?: number | ((data: T | null) => number)): ApiState<T> {
  const [state, setState] = useState<Omit<ApiState<T>, 'reload'>>({ data: null, problem: null, isLoading: true });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => {
    setTurn((before) => before + 1);
  }, []);
  useEffect(() => {
    if (path === null) return;
    const ending = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    getJson<T>(path, ending.signal).then(
      (data) => {
        setState({ data, problem: null, isLoading: false });
      },
      (error: unknown) => {
        if (ending.signal.aborted) return;
        const problem = failureWords(error);
        setState(({ data }) => ({ data, problem, isLoading: false }));
      },
    );
    return () => {
      ending.abort();
    };
  }, [path, turn]);
  const everyMs = typeof every === 'function' ? every(state.data) : every;
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs, reload]);
  return { ...state, reload };
}
