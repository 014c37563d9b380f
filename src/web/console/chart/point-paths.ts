/** The shapes of series on a canvas. A point is as wide as its interval, so a gap is never bridged. */
import uPlot from 'uplot';
import type { ChartPoints } from './chart-points.ts';

/** Areas between what is stacked below a series and its top. A value above 0 is at least a pixel high. */
export function areaPaths(
  { times, ends }: ChartPoints,
  values: readonly (number | null)[],
  tops: readonly (number | null)[],
): uPlot.Series.PathBuilder {
  return (plot) => {
    const fill = new Path2D();
    for (const [at, top] of tops.entries()) {
      const value = values[at] ?? 0;
      if (top === null || value <= 0) continue;
      const [left, width] = widthOf(plot, times[at]!, ends[at]!);
      const high = Math.round(plot.valToPos(top, 'y', true));
      const low = Math.round(plot.valToPos(top - value, 'y', true));
      const height = Math.max(low - high, uPlot.pxRatio);
      fill.rect(left, low - height, width, height);
    }
    return { fill, stroke: null };
  };
}

/** Lines in steps, with a break where nothing was watched. */
export function linePaths({ times, ends }: ChartPoints, values: readonly (number | null)[]): uPlot.Series.PathBuilder {
  return (plot) => {
    const stroke = new Path2D();
    let reached = NaN;
    for (const [at, value] of values.entries()) {
      if (value === null) continue;
      const [left, width] = widthOf(plot, times[at]!, ends[at]!);
      const high = Math.round(plot.valToPos(value, 'y', true));
      if (reached === times[at]) stroke.lineTo(left, high);
      else stroke.moveTo(left, high);
      stroke.lineTo(left + width, high);
      reached = ends[at]!;
    }
    return { stroke, fill: null };
  };
}

/** Where a stretch of time begins on the canvas, and its width: at least a pixel. */
export function widthOf(plot: uPlot, from: number, to: number): readonly [left: number, width: number] {
  const left = Math.round(plot.valToPos(from, 'x', true));
  return [left, Math.max(uPlot.pxRatio, Math.round(plot.valToPos(to, 'x', true)) - left)];
}
