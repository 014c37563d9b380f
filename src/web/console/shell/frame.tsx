/** What is around every page: the way past the header, the header, the navigation, the heading, and the footer. */
import type { ComponentChildren } from 'preact';
import { usePrinting } from '../chart/use-printing.ts';
import { text } from '../text/catalogue.ts';
import { useHeading } from './use-heading.ts';

interface FrameProps {
  /** The address: another one moves the focus to the heading. */
  readonly path: string;
  readonly title: string;
  readonly header: ComponentChildren;
  readonly navigation: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Frame({ path, title, header, navigation, children }: FrameProps) {
  const heading = useHeading(path, title);
  usePrinting();
  return (
    <>
      <a class="skip" href="#content">
        {text.shell.skip}
      </a>
      <header class="frame-header">
        {header}
        {navigation}
      </header>
      <main id="content" tabIndex={-1}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
      <footer class="frame-footer">{text.shell.simulation}</footer>
    </>
  );
}
