/** An answer of the API that several charts of one span need: asked for once, and kept for a moment. */
import { useEffect, useState } from 'preact/hooks';
import { getJson } from '../live/api.ts';

/** An answer that is older is asked for again. */
const KEPT_MS = 5000;

export class SharedAnswer<Answer, Shown> {
  private readonly shownOf: (answer: Answer) => readonly Shown[];
  private asked: { readonly path: string; readonly atMs: number; readonly shown: Promise<readonly Shown[]> } | null =
    null;

  constructor(shownOf: (answer: Answer) => readonly Shown[]) {
    this.shownOf = shownOf;
  }

  of(path: string): Promise<readonly Shown[]> {
    const nowMs = performance.now();
    const { asked } = this;
    if (asked?.path === path && nowMs - asked.atMs < KEPT_MS) return asked.shown;
    const shown = getJson<Answer>(path).then(this.shownOf);
    this.asked = { path, atMs: nowMs, shown };
    return shown;
  }
}

const NONE: readonly never[] = [];

/** Empty until it is there, and where it cannot be read: the charts themselves say so. */
export function useShared<Shown>(shared: SharedAnswer<never, Shown>, path: string): readonly Shown[] {
  const [shown, setShown] = useState<readonly Shown[]>(NONE);
  useEffect(() => {
    let isOver = false;
    shared.of(path).then(
      (now) => {
        if (!isOver) setShown(now);
      },
      () => undefined,
    );
    return () => {
      isOver = true;
    };
  }, [shared, path]);
  return shown;
}
