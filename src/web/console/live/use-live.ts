/** The live document, read once a second for all parts of the page. */
import { useEffect, useState } from 'preact/hooks';
import type { LiveDocument } from '../../api/live-schema.ts';
import { getJson } from './api.ts';

const EVERY_MS = 1000;

export interface Live {
  /** Null before the first answer. */
  readonly now: LiveDocument | null;
  /** The daemon does not answer: `now` is old. */
  readonly isLost: boolean;
}

export function useLive(): Live {
  const [live, setLive] = useState<Live>({ now: null, isLost: false });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const read = async (): Promise<void> => {
      try {
        const now = await getJson<LiveDocument>('/live');
        setLive({ now, isLost: false });
      } catch {
        setLive((before) => ({ ...before, isLost: true }));
      }
      if (!isOver) timer = setTimeout(() => void read(), EVERY_MS);
    };
    void read();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);
  return live;
}
