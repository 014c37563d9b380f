/** Horizontal bars, each of one or more segments, with its total beside it. */
import { legend, type Series } from './chart-fills.ts';
import { html, type Html, NOTHING } from './html.ts';

export interface Bar {
  readonly label: string;
  /** By series. */
  readonly values: readonly number[];
  /** Beside the bar. */
  readonly text: string;
}

export interface BarChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly series: readonly Series[];
  /** The bars' labels name the series, so that no key is needed. */
  readonly hasLabels?: boolean;
  readonly bars: readonly Bar[];
}

const WIDTH = 680;
const LABEL_WIDTH = 205;
const TEXT_WIDTH = 130;
const BAR_WIDTH = WIDTH - LABEL_WIDTH - TEXT_WIDTH;
const ROW = 30;
const THICKNESS = 18;
/** Letters of a label at most. */
const LABEL_LIMIT = 28;
const BAR_LIMIT = 24;

export function barChart({ id, title, description, series, bars, hasLabels = false }: BarChart): Html {
  const shown = bars.slice(0, BAR_LIMIT);
  const largest = Math.max(1, ...shown.map(({ values }) => sum(values)));
  const height = shown.length * ROW + 4;
  const rows = shown.map((bar, at) => barRow(bar, at * ROW + 2, BAR_WIDTH / largest, series));
  return html`<figure>
    <div class="wide">
      <svg viewBox="0 0 ${String(WIDTH)} ${String(height)}" role="img" aria-labelledby="${id}-title ${id}-text">
        <title id="${id}-title">${title}</title>
        <desc id="${id}-text">${description}</desc>
        <line x1="${String(LABEL_WIDTH)}" y1="0" x2="${String(LABEL_WIDTH)}" y2="${String(height)}" stroke="#141c26" />
        ${rows}
      </svg>
    </div>
    ${series.length > 1 && !hasLabels ? legend(series) : NOTHING}
    <figcaption>${title}</figcaption>
  </figure> `;
}

function barRow({ label, values, text }: Bar, top: number, scale: number, series: readonly Series[]): Html {
  let left = LABEL_WIDTH;
  const segments = values.map((value, at) => {
    const width = value * scale;
    const x = left;
    left += width;
    if (value === 0) return NOTHING;
    return html`<rect
      x="${place(x)}"
      y="${place(top + 5)}"
      width="${place(Math.max(width, 1))}"
      height="${String(THICKNESS)}"
      fill="${series[at]!.fill}"
      stroke="#141c26"
    />`;
  });
  const baseline = place(top + 19);
  return html`<text x="${String(LABEL_WIDTH - 10)}" y="${baseline}" text-anchor="end">${shortened(label)}</text
    >${segments}<text x="${place(left + 8)}" y="${baseline}">${text}</text> `;
}

function shortened(label: string): string {
  const letters = Array.from(label);
  return letters.length > LABEL_LIMIT ? `${letters.slice(0, LABEL_LIMIT - 1).join('')}…` : label;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A coordinate. */
function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
