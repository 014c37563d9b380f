/** The legend of a chart: a button for each series that shows or hides it, with its pattern and its value. */
import { text } from '../text/catalogue.ts';
import { MARKER_PATHS, type MarkerKind } from './use-markers.ts';
import { PATTERN_PATHS, PATTERN_TILE, PATTERN_WIDTH, type SeriesStyle } from './series-style.ts';

export interface LegendEntry {
  readonly key: string;
  readonly name: string;
  readonly style: SeriesStyle;
  readonly isShown: boolean;
  /** At the cursor, or of the whole span. */
  readonly value: string;
}

export interface LegendProps {
  readonly title: string;
  readonly entries: readonly LegendEntry[];
  readonly isStacked: boolean;
  readonly hasGaps: boolean;
  readonly hasParts: boolean;
  /** The kinds of markers that are there. */
  readonly markers: readonly MarkerKind[];
  readonly toggle: (key: string) => void;
}

export function Legend({ title, entries, isStacked, hasGaps, hasParts, markers, toggle }: LegendProps) {
  return (
    <ul class="legend" aria-label={text.chart.legend(title)}>
      {entries.map(({ key, name, style, isShown, value }) => (
        <li key={key}>
          {entries.length === 1 ? (
            <span class="entry">
              <Swatch style={style} isStacked={isStacked} /> {name} <span class="value">{value}</span>
            </span>
          ) : (
            <button
              type="button"
              class="entry"
              aria-pressed={isShown}
              onClick={() => {
                toggle(key);
              }}
            >
              <Swatch style={style} isStacked={isStacked} /> {name} <span class="value">{value}</span>
            </button>
          )}
        </li>
      ))}
      {hasGaps && (
        <li class="entry muted">
          <svg class="swatch" viewBox="0 0 20 12" aria-hidden="true">
            <rect class="hatch" width="20" height="12" />
            <path class="hatch-lines" d="M2 0L14 12M8 0L20 12M14 0L20 6M0 4L8 12" />
          </svg>
          {text.chart.notWatched}
        </li>
      )}
      {hasParts && (
        <li class="entry muted">
          <svg class="swatch" viewBox="0 0 20 12" aria-hidden="true">
            <path class="part-line" d="M0 5H20" />
            <path class="part" d="M1 9H19" />
          </svg>
          {text.chart.partlyWatched}
        </li>
      )}
      {markers.map((kind) => (
        <li key={`marker ${kind}`} class="entry muted">
          <svg class="swatch marker" viewBox="0 0 10 10" aria-hidden="true">
            <path d={MARKER_PATHS[kind]} />
          </svg>
          {text.chart.markers[kind]}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ style, isStacked }: { style: SeriesStyle; isStacked: boolean }) {
  const colour = `series${style.colour}`;
  if (!isStacked)
    return (
      <svg class={`swatch ${colour}`} viewBox="0 0 20 12" aria-hidden="true">
        <path class="line" d="M0 6H20" stroke-dasharray={style.dash.join(' ')} />
      </svg>
    );
  const tiles = [0, 1, 2].flatMap((x) => [0, 1].map((y) => [x * PATTERN_TILE, y * PATTERN_TILE] as const));
  return (
    <svg class={`swatch ${colour}`} viewBox="0 0 20 12" aria-hidden="true">
      <rect class="area" width="20" height="12" />
      {tiles.map(([x, y]) => (
        <path
          key={`${x} ${y}`}
          class="ink"
          d={PATTERN_PATHS[style.pattern]}
          transform={`translate(${x} ${y})`}
          stroke-width={PATTERN_WIDTH[style.pattern]}
        />
      ))}
    </svg>
  );
}
