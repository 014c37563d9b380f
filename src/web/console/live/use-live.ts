/** The live document, read once a second for all parts of the page. A page that is not visible asks for nothing. */
import { useEffect, useState } from 'preact/hooks';
import type { LiveDocument } from '../../api/live-schema.ts';
import { ApiError, getLive } from './api.ts';

const UNAUTHORIZED = 401;
const EVERY_MS = 1000;
const LONGEST_ANSWER_MS = 5000;

export interface Live<D = LiveDocument> {
  /** Null before the first answer. */
  readonly now: D | null;
  /** The daemon does not answer: `now` is old. */
  readonly isLost: boolean;
}

/** `isWanted`: false for a page without figures. */
export function useLive<D = LiveDocument>(isWanted: boolean): Live<D> {
  const [live, setLive] = useState<Live<D>>({ now: null, isLost: false });
  useEffect(() => {
    if (!isWanted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ending = new AbortController();
    const read = async (): Promise<void> => {
      try {
        const now = await getLive<D>(AbortSignal.any([ending.signal, AbortSignal.timeout(LONGEST_ANSWER_MS)]));
        setLive({ now, isLost: false });
      } catch (error) {
        if (ending.signal.aborted) return;
        if (error instanceof ApiError && error.status === UNAUTHORIZED) return;
        setLive((before) => ({ ...before, isLost: true }));
      }
      next();
    };
    const next = (): void => {
      if (!ending.signal.aborted && !document.hidden) timer = setTimeout(() => void read(), EVERY_MS);
      else timer = undefined;
    };
    const wake = (): void => {
      if (!document.hidden && timer === undefined) timer = setTimeout(() => void read(), 0);
    };
    document.addEventListener('visibilitychange', wake);
    timer = setTimeout(() => void read(), 0);
    return () => {
      ending.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [isWanted]);
  return live;
}
