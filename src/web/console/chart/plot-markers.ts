/** Draws the markers of a chart: a thin line over the plot, and a sign on the time axis, a row for each kind. */
import uPlot from 'uplot';
import { colourOf } from './canvas-colours.ts';
import { MARKER_KINDS, MARKER_PATHS, MARKER_SIZE, type Marker } from './use-markers.ts';

const ROW_HEIGHT = MARKER_SIZE + 1;
const LINE_DASH = 2;

export function drawMarkers(plot: uPlot, markers: readonly Marker[]): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.strokeStyle = colourOf('--line-strong');
  ctx.lineWidth = ratio;
  for (const { at, kind } of markers) {
    const x = Math.round(plot.valToPos(at, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([LINE_DASH * ratio, LINE_DASH * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.save();
    ctx.translate(
      x - (MARKER_SIZE / 2) * ratio,
      bottom - (MARKER_KINDS.indexOf(kind) * ROW_HEIGHT + MARKER_SIZE) * ratio,
    );
    ctx.scale(ratio, ratio);
    const sign = new Path2D(MARKER_PATHS[kind]);
    ctx.fillStyle = colourOf('--text');
    ctx.strokeStyle = colourOf('--surface');
    ctx.lineWidth = 1.5;
    ctx.stroke(sign);
    ctx.fill(sign);
    ctx.restore();
  }
  ctx.restore();
}
