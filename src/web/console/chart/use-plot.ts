/** Draws a chart into an element, and again when its input, the size, the colours or the medium change. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { changeQuery } from '../shell/router.ts';
import { spanAddress } from '../span/span-choice.ts';
import { Plot, type PlotInput } from './plot.ts';
import { usePrinting } from './use-printing.ts';

/** CSS pixels between the margins of A4. */
const PRINT_WIDTH = 680;

/** The element is that of `host`. `at`: the point under the cursor, which stays when it is drawn again. */
export function usePlot(input: PlotInput, onPoint: (at: number | null) => void, at: number | null) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const shown = useRef(at);
  shown.current = at;
  const isPrinting = usePrinting();
  // Before the browser paints: the browser prints a page at once after `beforeprint`.
  useLayoutEffect(() => {
    const place = host.current;
    if (place === null) return;
    const onSpan = (from: number, to: number): void => {
      changeQuery(spanAddress({ name: null, from, to }));
    };
    const drawn = new Plot(place, input, { onPoint, onSpan }, isPrinting ? PRINT_WIDTH : place.clientWidth);
    plot.current = drawn;
    if (shown.current !== null) drawn.moveTo(shown.current);
    const colours = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => {
      drawn.redraw();
    };
    const sizes = new ResizeObserver(() => {
      if (!isPrinting) drawn.resize(place.clientWidth);
    });
    sizes.observe(place);
    colours.addEventListener('change', redraw);
    void document.fonts.ready.then(redraw);
    return () => {
      sizes.disconnect();
      colours.removeEventListener('change', redraw);
      plot.current = null;
      drawn.destroy();
    };
  }, [input, isPrinting, onPoint]);
  return { host, plot };
}
