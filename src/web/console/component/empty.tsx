/** Says that there is nothing to show, and why: zero things, not missing ones. */
import type { ComponentChildren } from 'preact';

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
