/** How series are told apart: each has a colour, and a pattern for areas and a dash for lines besides. */

export const PATTERN_NAMES = ['solid', 'rising', 'dots', 'falling', 'crossed', 'upright'] as const;
export type PatternName = (typeof PATTERN_NAMES)[number];

export interface SeriesStyle {
  /** A variable of style/tokens. */
  readonly colour: string;
  readonly pattern: PatternName;
  /** Lengths of strokes and spaces, CSS pixels. */
  readonly dash: readonly number[];
}

const OWN: Readonly<Record<string, SeriesStyle>> = {
  allow: { colour: '--allow', pattern: 'solid', dash: [] },
  throttle: { colour: '--throttle', pattern: 'rising', dash: [6, 3] },
  block: { colour: '--block', pattern: 'crossed', dash: [2, 2] },
};
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4], [12, 4]];
const COLOURS = 6;

/** `at` is the place of the series in its chart. */
export function styleOf(name: string, at: number): SeriesStyle {
  const place = at % COLOURS;
  return OWN[name] ?? { colour: `--series-${place + 1}`, pattern: PATTERN_NAMES[place]!, dash: DASHES[place]! };
}

/** Strokes of a pattern in a tile of 8 by 8, for a canvas and for the legend alike. */
export const PATTERN_PATHS: Readonly<Record<PatternName, string>> = {
  solid: '',
  rising: 'M-1 9L9 -1M-1 1L1 -1M7 9L9 7',
  falling: 'M-1 -1L9 9M7 -1L9 1M-1 7L1 9',
  crossed: 'M-1 9L9 -1M-1 1L1 -1M7 9L9 7M-1 -1L9 9M7 -1L9 1M-1 7L1 9',
  upright: 'M2 0V8M6 0V8',
  dots: 'M2 2h.01M6 6h.01',
};
export const PATTERN_TILE = 8;
/** Strokes of the surface's colour over the series' own. */
export const PATTERN_WIDTH: Readonly<Record<PatternName, number>> = {
  solid: 0,
  rising: 1.6,
  falling: 1.6,
  crossed: 1.2,
  upright: 1.6,
  dots: 2.6,
};
