/** A link within the console. */
import type { ComponentChildren } from 'preact';
import { goTo } from './router.ts';

export interface LinkProps {
  readonly to: string;
  readonly children: ComponentChildren;
  /** It leads to the page that is shown. */
  readonly current?: boolean;
  readonly class?: string;
}

export function Link({ to, children, current, class: name }: LinkProps) {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(to);
  };
  return (
    <a href={to} class={name} onClick={follow} aria-current={current === true ? 'page' : undefined}>
      {children}
    </a>
  );
}
