/** What is drawn around the series: stretches that were not watched, bands of incidents, and the line of 0. */
import uPlot from 'uplot';
import { colourOf, hatchOf } from './canvas-colours.ts';
import type { ChartPoints, Stretch } from './chart-points.ts';
import { widthOf } from './point-paths.ts';

export interface Band extends Stretch {
  readonly title: string;
  readonly isSevere: boolean;
}

/** CSS pixels. */
const LABEL_SPACE = 12;
const LABEL_HEIGHT = 18;
const PART_HEIGHT = 3;

export function drawGaps(plot: uPlot, gaps: readonly Stretch[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { from, to } of gaps) {
    const [left, width] = inside(plot, from, to);
    if (width <= 0) continue;
    ctx.fillStyle = hatchOf(uPlot.pxRatio);
    ctx.fillRect(left, bbox.top, width, bbox.height);
  }
  ctx.restore();
}

export function drawBands(plot: uPlot, bands: readonly Band[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { from, to, isSevere } of bands) {
    const [left, width] = inside(plot, from, to);
    if (width <= 0) continue;
    const tone = isSevere ? '--bad' : '--warn';
    ctx.fillStyle = colourOf(`${tone}-soft`);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = colourOf(tone);
    ctx.fillRect(left, bbox.top, width, 2 * uPlot.pxRatio);
  }
  ctx.restore();
}

/** The words of gaps and bands, above the grid; left out where they do not fit. */
export function drawWords(plot: uPlot, gaps: readonly Stretch[], words: string, bands: readonly Band[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { from, to } of gaps) {
    const [left, width] = inside(plot, from, to);
    label(plot, words, left, width, bbox.top + bbox.height / 2, '--muted', '--hatch');
  }
  for (const { from, to, title, isSevere } of bands) {
    const tone = isSevere ? '--bad' : '--warn';
    const [left, width] = inside(plot, from, to);
    label(plot, title, left, width, bbox.top + 12 * uPlot.pxRatio, tone, `${tone}-soft`);
  }
  ctx.restore();
}

/** The line of 0 where it was watched, so that 0 is seen; short strokes under it where it was watched in part. */
export function drawBaseline(plot: uPlot, { times, ends, watched, parts }: ChartPoints): void {
  const { ctx, bbox } = plot;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.fillStyle = colourOf('--line-strong');
  for (const [at, part] of watched.entries())
    if (part > 0) {
      const [left, width] = inside(plot, times[at]!, ends[at]!);
      ctx.fillRect(left, bottom, width, uPlot.pxRatio);
    }
  const dash = 2 * uPlot.pxRatio;
  for (const { from, to } of parts) {
    const [left, width] = inside(plot, from, to);
    for (let at = left; at < left + width; at += 2 * dash)
      ctx.fillRect(at, bottom + 2 * uPlot.pxRatio, Math.min(dash, left + width - at), PART_HEIGHT * uPlot.pxRatio);
  }
  ctx.restore();
}

/** A stretch within the plot: where it begins on the canvas, and its width, 0 or less for one outside. */
function inside(plot: uPlot, from: number, to: number): readonly [left: number, width: number] {
  const { bbox } = plot;
  const [begin, width] = widthOf(plot, from, to);
  const left = Math.max(begin, bbox.left);
  return [left, Math.min(begin + width, bbox.left + bbox.width) - left];
}

function label(
  { ctx }: uPlot,
  words: string,
  left: number,
  width: number,
  middle: number,
  tone: string,
  ground: string,
): void {
  const ratio = uPlot.pxRatio;
  ctx.font = `500 ${11 * ratio}px ${colourOf('--sans')}`;
  const size = ctx.measureText(words).width + LABEL_SPACE * ratio;
  if (size > width) return;
  const centre = left + width / 2;
  ctx.fillStyle = colourOf(ground);
  ctx.fillRect(centre - size / 2, middle - (LABEL_HEIGHT * ratio) / 2, size, LABEL_HEIGHT * ratio);
  ctx.fillStyle = colourOf(tone);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillText(words, centre, middle);
}
