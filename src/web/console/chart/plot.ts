/**
 * Draws a chart with uPlot: its options, its size, and its cursor. Colours are read from the page when something is
 * drawn. uPlot sets its styles by script, which the content-security policy allows.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { colourOf, fillOf } from './canvas-colours.ts';
import { type ChartPoints, pointAt, stackOf } from './chart-points.ts';
import { drawMarkers } from './plot-markers.ts';
import { areaPaths, linePaths } from './point-paths.ts';
import { type Band, drawBands, drawBaseline, drawGaps, drawWords } from './plot-ground.ts';
import type { SeriesStyle } from './series-style.ts';
import { timeLabels } from './time-labels.ts';
import type { Marker } from './use-markers.ts';

export interface PlotInput {
  readonly points: ChartPoints;
  readonly styles: readonly SeriesStyle[];
  readonly isShown: readonly boolean[];
  /** Areas on each other, or else lines. */
  readonly isStacked: boolean;
  /** How the axis of values is labelled. */
  readonly format: (value: number) => string;
  readonly isWhole: boolean;
  readonly zone: string;
  readonly bands: readonly Band[];
  readonly markers: readonly Marker[];
  readonly notWatched: string;
}

export interface PlotEvents {
  /** The point under the cursor; null for none. */
  readonly onPoint: (at: number | null) => void;
  /** A span was drawn with the pointer, seconds since 1970. */
  readonly onSpan: (from: number, to: number) => void;
}

export const PLOT_HEIGHT = 210;
const AXIS_WIDTH = 52;
const SPACE_ABOVE = 1.08;
const LEAST_SPAN_PIXELS = 8;
const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

export class Plot {
  private readonly plot: uPlot;
  private readonly points: ChartPoints;

  constructor(host: HTMLElement, input: PlotInput, events: PlotEvents, width: number) {
    this.points = input.points;
    const { points, isStacked, isShown } = input;
    const tops = isStacked
      ? stackOf(points.series, isShown)
      : points.series.map(({ values }, at) => (isShown[at] === false ? values.map(() => null) : [...values]));
    this.plot = new uPlot(optionsOf(input, tops, events, width), [[...points.times], ...tops], host);
  }

  resize(width: number): void {
    if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: PLOT_HEIGHT });
  }

  /** Draws again, in the colours of now. */
  redraw(): void {
    this.plot.redraw(false);
  }

  /** Moves the cursor to a point; null takes it away. */
  moveTo(at: number | null): void {
    const { times, ends } = this.points;
    const left = at === null ? -10 : this.plot.valToPos((times[at]! + ends[at]!) / 2, 'x');
    this.plot.setCursor({ left, top: at === null ? -10 : 1 }, true);
  }

  destroy(): void {
    this.plot.destroy();
  }
}

function optionsOf(
  input: PlotInput,
  tops: readonly (readonly (number | null)[])[],
  events: PlotEvents,
  width: number,
): uPlot.Options {
  const { points, isWhole, zone } = input;
  return {
    width,
    height: PLOT_HEIGHT,
    padding: [14, 22, 0, 0],
    legend: { show: false },
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), zone),
    scales: {
      x: { time: true, range: () => [points.from, Math.max(points.to, points.from + 1)] },
      y: { range: (_plot, _least, most: number | null) => [0, Math.max(most ?? 0, isWhole ? 1 : 0.001) * SPACE_ABOVE] },
    },
    axes: axesOf(input),
    series: [{}, ...seriesOf(input, tops)],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: LEAST_SPAN_PIXELS },
      sync: { key: 'sluice', setSeries: false },
    },
    hooks: { ...drawingOf(input), ...pointingOf(points, events) },
  };
}

function seriesOf(
  { points, styles, isShown, isStacked }: PlotInput,
  tops: readonly (readonly (number | null)[])[],
): uPlot.Series[] {
  return points.series.map((one, at) => {
    const style = styles[at]!;
    return {
      show: isShown[at] !== false,
      width: isStacked ? 0 : 2,
      dash: isStacked ? [] : [...style.dash],
      stroke: () => colourOf(style.colour),
      ...(isStacked && { fill: () => fillOf(style, uPlot.pxRatio) }),
      paths: isStacked ? areaPaths(points, one.values, tops[at]!) : linePaths(points, tops[at]!),
      points: { show: false },
    };
  });
}

/** What is drawn below and above the series. */
function drawingOf({ points, bands, markers, notWatched }: PlotInput): uPlot.Hooks.Arrays {
  return {
    drawClear: [
      (plot) => {
        drawGaps(plot, points.gaps);
        drawBands(plot, bands);
      },
    ],
    draw: [
      (plot) => {
        drawBaseline(plot, points);
        drawMarkers(plot, markers);
        drawWords(plot, points.gaps, notWatched, bands);
      },
    ],
  };
}

/** What the pointer does. */
function pointingOf(points: ChartPoints, { onPoint, onSpan }: PlotEvents): uPlot.Hooks.Arrays {
  return {
    setCursor: [
      (plot) => {
        const { left = -1 } = plot.cursor;
        const at = left < 0 ? -1 : pointAt(points, plot.posToVal(left, 'x'));
        onPoint(at === -1 ? null : at);
      },
    ],
    setSelect: [
      (plot) => {
        const { left, width: size } = plot.select;
        if (size < LEAST_SPAN_PIXELS) return;
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        onSpan(Math.floor(plot.posToVal(left, 'x')), Math.ceil(plot.posToVal(left + size, 'x')));
      },
    ],
  };
}

function axesOf({ format, isWhole, zone }: PlotInput): uPlot.Axis[] {
  const font = `12px ${colourOf('--sans')}`;
  const stroke = (): string => colourOf('--muted');
  const line = { stroke: () => colourOf('--line'), width: 1 };
  return [
    {
      font,
      stroke,
      grid: { show: false },
      ticks: { ...line, size: 5 },
      size: 40,
      gap: 4,
      space: 72,
      values: timeLabels(zone),
    },
    {
      font,
      stroke,
      grid: line,
      ticks: { show: false },
      size: AXIS_WIDTH,
      gap: 6,
      space: 36,
      ...(isWhole && { incrs: WHOLE_STEPS }),
      values: (_plot, splits) => splits.map((value) => format(value)),
    },
  ];
}
