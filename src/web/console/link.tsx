/** A link within the console. */
import type { ComponentChildren } from 'preact';
import { goTo } from './router.ts';

export function Link({ to, children, current }: { to: string; children: ComponentChildren; current?: boolean }) {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(to);
  };
  return (
    <a href={to} onClick={follow} aria-current={current === true ? 'page' : undefined}>
      {children}
    </a>
  );
}
