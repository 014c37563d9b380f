/** A part of a page with a heading. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface PanelProps {
  readonly title: string;
  /** Columns of the grid that it takes. */
  readonly size?: 'double' | 'wide';
  /** Links and buttons beside the heading. */
  readonly actions?: ComponentChildren;
  /** Small print: what the figures are of. */
  readonly footer?: ComponentChildren;
  /** What it has is of no use on paper: controls. */
  readonly isScreenOnly?: boolean;
  readonly children: ComponentChildren;
}

export function Panel({ title, size, actions, footer, isScreenOnly = false, children }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel ${size ?? ''} ${isScreenOnly ? 'screen-only' : ''}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
      {footer !== undefined && <footer>{footer}</footer>}
    </section>
  );
}
