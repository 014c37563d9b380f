/**
 * Columns over time, each of one or more segments. Intervals stand side by side; where time without packets was left
 * out, a dashed line marks the place.
 */
import { number } from '../../core/count-text.ts';
import { legend, type Series } from './chart-fills.ts';
import { html, type Html, NOTHING } from './html.ts';

export interface TimeColumn {
  /** ISO 8601, in the zone of the chart. */
  readonly start: string;
  readonly seconds: number;
  /** By series. */
  readonly values: readonly number[];
}

export interface TimeChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly series: readonly Series[];
  readonly columns: readonly TimeColumn[];
  /** The value at the top of the axis; by default the largest column. */
  readonly largest?: number;
  /** Written beside times; UTC where it is left out. */
  readonly zone?: string;
}

const WIDTH = 680;
const LEFT = 70;
const RIGHT = 10;
const TOP = 12;
const PLOT_HEIGHT = 150;
const HEIGHT = TOP + PLOT_HEIGHT + 44;
const WIDEST_COLUMN = 60;
const TICKS = 4;
const LETTERS_TO_MINUTES = 16;
const LETTERS_TO_SECONDS = 19;

export function timeChart(chart: TimeChart): Html {
  const { id, title, description, series, columns } = chart;
  const step = niceStep(Math.max(1, chart.largest ?? 0, ...columns.map(({ values }) => sum(values))) / TICKS);
  const top = step * TICKS;
  const width = Math.min(WIDEST_COLUMN, (WIDTH - LEFT - RIGHT) / Math.max(1, columns.length));
  const drawn = columns.map((one, at) => timeColumn(one, LEFT + at * width, width, PLOT_HEIGHT / top, series));
  return html`<figure>
    <div class="wide">
      <svg viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" role="img" aria-labelledby="${id}-title ${id}-text">
        <title id="${id}-title">${title}</title>
        <desc id="${id}-text">${description}</desc>
        ${axis(step)}${drawn}${gaps(columns, width)}${timeLabels(columns, width, chart.zone ?? 'UTC')}
      </svg>
    </div>
    ${series.length > 1 ? legend(series) : NOTHING}
    <figcaption>${title}</figcaption>
  </figure> `;
}

/** Horizontal lines with their values. */
function axis(step: number): Html {
  const lines = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const y = place(TOP + PLOT_HEIGHT - (tick * PLOT_HEIGHT) / TICKS);
    const stroke = tick === 0 ? '#141c26' : '#b8c2cd';
    return html`<line x1="${String(LEFT)}" y1="${y}" x2="${String(WIDTH - RIGHT)}" y2="${y}" stroke="${stroke}" /><text
        x="${String(LEFT - 8)}"
        y="${y}"
        dy="4"
        text-anchor="end"
        class="tick"
        >${number(tick * step)}</text
      > `;
  });
  return html`${lines}`;
}

function timeColumn({ values }: TimeColumn, x: number, width: number, scale: number, series: readonly Series[]): Html {
  let bottom = TOP + PLOT_HEIGHT;
  const inset = width > 6 ? 1 : 0;
  const segments = values.map((value, at) => {
    const height = value * scale;
    bottom -= height;
    if (value === 0) return NOTHING;
    return html`<rect
      x="${place(x + inset)}"
      y="${place(bottom)}"
      width="${place(width - 2 * inset)}"
      height="${place(Math.max(height, 0.7))}"
      fill="${series[at]!.fill}"
      stroke="#141c26"
      stroke-width="0.6"
    />`;
  });
  return html`${segments} `;
}

/** A dashed line where the next interval does not begin at the end of the one before. */
function gaps(columns: readonly TimeColumn[], width: number): Html {
  const lines = columns.map((column, at) => {
    const before = columns[at - 1];
    if (before === undefined) return NOTHING;
    const missing = (Date.parse(column.start) - Date.parse(before.start)) / 1000 - before.seconds;
    if (missing < before.seconds / 2) return NOTHING;
    const x = place(LEFT + at * width);
    return html`<line
      x1="${x}"
      y1="${String(TOP)}"
      x2="${x}"
      y2="${String(TOP + PLOT_HEIGHT + 6)}"
      stroke="#141c26"
      stroke-dasharray="2 3"
    />`;
  });
  return html`${lines} `;
}

/** The beginning of the first and of the last interval. */
function timeLabels(columns: readonly TimeColumn[], width: number, zone: string): Html {
  const [first, last] = [columns[0], columns.at(-1)];
  if (first === undefined || last === undefined) return NOTHING;
  // Within one minute both labels would be the same text.
  const isShort = minuteOf(first) === minuteOf(last);
  const length = isShort ? LETTERS_TO_SECONDS : LETTERS_TO_MINUTES;
  const y = String(TOP + PLOT_HEIGHT + 20);
  const from = html`<text x="${String(LEFT)}" y="${y}" class="tick">${label(first, length, zone)}</text>`;
  if (columns.length < 2) return from;
  const end = LEFT + columns.length * width;
  // Two labels side by side need the width of both.
  const isNarrow = end - LEFT < (isShort ? 345 : 300);
  const [x, lastY, anchor] = isNarrow
    ? [LEFT, TOP + PLOT_HEIGHT + 36, 'start']
    : [LEFT + (columns.length - 1) * width + width, TOP + PLOT_HEIGHT + 20, 'end'];
  return html`${from}<text x="${place(x)}" y="${String(lastY)}" text-anchor="${anchor}" class="tick"
      >last: ${label(last, length, zone)}</text
    >`;
}

function minuteOf({ start }: TimeColumn): string {
  return start.slice(0, LETTERS_TO_MINUTES);
}

/** `length`: letters of the time. */
function label({ start }: TimeColumn, length: number, zone: string): string {
  return `${start.slice(0, length).replace('T', ' ')} ${zone}`;
}

/** The least of 1, 2 and 5 times a power of ten that is not below the value; at least 1. */
function niceStep(value: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(value)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= value)!;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A coordinate. */
function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
