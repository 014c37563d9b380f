/** The cursor of a chart as a slider over its points, for the keyboard and for screen readers. */
import type { ComponentChildren } from 'preact';
import { changeQuery } from '../shell/router.ts';
import { spanAddress } from '../span/span-choice.ts';
import { text } from '../text/catalogue.ts';
import type { ChartPoints } from './chart-points.ts';

export interface PlotCursorProps {
  readonly title: string;
  readonly points: ChartPoints;
  readonly at: number | null;
  readonly words: (at: number) => string;
  readonly move: (at: number | null) => void;
  readonly children: ComponentChildren;
}

export function PlotCursor({ title, points: { times, ends }, at, words, move, children }: PlotCursorProps) {
  const last = times.length - 1;
  const now = at ?? last;
  const steps: Readonly<Record<string, number | null>> = {
    ArrowLeft: now - 1,
    ArrowRight: now + 1,
    ArrowDown: now - 1,
    ArrowUp: now + 1,
    PageDown: now - Math.ceil(times.length / 10),
    PageUp: now + Math.ceil(times.length / 10),
    Home: 0,
    End: last,
    Escape: null,
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && at !== null) {
      changeQuery(spanAddress({ name: null, from: times[at]!, to: ends[at]! }));
      return;
    }
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to === null ? null : Math.min(last, Math.max(0, to)));
  };
  return (
    <div
      class="plot-cursor"
      role="slider"
      tabIndex={0}
      aria-label={text.chart.position(title)}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={now}
      aria-valuetext={words(now)}
      onKeyDown={press}
      onBlur={() => {
        move(null);
      }}
    >
      {children}
    </div>
  );
}
