/** Colours and patterns for a canvas, from the page's variables as they are now: light, dark or print. */
import { PATTERN_PATHS, PATTERN_TILE, PATTERN_WIDTH, type SeriesStyle } from './series-style.ts';

/** The value of a variable of style/tokens. */
export function colourOf(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}

/** What an area of a series is filled with. `ratio`: pixels of the canvas in one of CSS. */
export function fillOf({ colour, pattern }: SeriesStyle, ratio: number): CanvasPattern | string {
  return tile(colourOf(colour), colourOf('--surface'), PATTERN_PATHS[pattern], PATTERN_WIDTH[pattern], ratio);
}

/** What stretches that were not watched are filled with. */
export function hatchOf(ratio: number): CanvasPattern | string {
  return tile(colourOf('--hatch'), colourOf('--line'), PATTERN_PATHS.falling, 1, ratio);
}

function tile(ground: string, ink: string, path: string, width: number, ratio: number): CanvasPattern | string {
  if (path === '') return ground;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.round(PATTERN_TILE * ratio);
  const context = canvas.getContext('2d')!;
  const scale = canvas.width / PATTERN_TILE;
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(scale, scale);
  context.strokeStyle = ink;
  context.lineWidth = width;
  context.lineCap = 'round';
  context.stroke(new Path2D(path));
  return context.createPattern(canvas, 'repeat') ?? ground;
}
