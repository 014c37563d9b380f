/** The heading of a page, for the browser's title and for the focus. */
import { useEffect, useRef } from 'preact/hooks';
import { text } from '../text/catalogue.ts';

/** Names the page in the browser, and moves the focus to its heading when another page has been opened. */
export function useHeading(path: string, title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    document.title = text.shell.title(title);
  }, [title]);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [path]);
  return heading;
}
