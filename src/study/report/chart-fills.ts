/**
 * Fills of charts: white, hatched and black for the three actions, so that a chart can be read without colour. The
 * patterns are defined once in a page.
 */
import { html, type Html } from './html.ts';

export const CHART_PATTERNS = html`<svg width="0" height="0" aria-hidden="true" focusable="false" class="patterns">
  <defs>
    <pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="6" height="6" fill="#fff" />
      <rect width="2.4" height="6" fill="#1f3a5f" />
    </pattern>
    <pattern id="dotted" width="5" height="5" patternUnits="userSpaceOnUse">
      <rect width="5" height="5" fill="#fff" />
      <circle cx="2.5" cy="2.5" r="1.3" fill="#1f3a5f" />
    </pattern>
  </defs>
</svg> `;

export interface Series {
  readonly label: string;
  readonly fill: string;
}

/** Series of the actions and of what becomes of packets. */
export const PLAIN: Omit<Series, 'label'> = { fill: '#dfe5ec' };
export const HATCHED: Omit<Series, 'label'> = { fill: 'url(#hatched)' };
export const DOTTED: Omit<Series, 'label'> = { fill: 'url(#dotted)' };
export const BLACK: Omit<Series, 'label'> = { fill: '#141c26' };

/** The key of a chart: a swatch and a word for each series. */
export function legend(series: readonly Series[]): Html {
  const swatches = series.map(
    ({ label, fill }) =>
      html`<li>
        <svg width="22" height="14" aria-hidden="true">
          <rect x="0.5" y="0.5" width="21" height="13" fill="${fill}" stroke="#141c26" />
        </svg>
        ${label}
      </li> `,
  );
  return html`<ul class="legend">
    ${swatches}
  </ul> `;
}
