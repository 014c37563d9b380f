/** Links to the pages. On a narrow screen a button opens them. */
import type { ComponentType } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { text } from '../text/catalogue.ts';
import { Link } from './link.tsx';
import type { Place } from './router.ts';

/** A page, as the navigation shows it. */
export interface ListedPage {
  /** The address. A page whose path ends in `/` is that of all addresses below it. */
  readonly path: string;
  readonly title: string;
  /** The navigation has it. */
  readonly isListed: boolean;
}

/** The same with what it shows. */
export interface ViewedPage<Props> extends ListedPage {
  readonly view?: ComponentType<Props>;
  /** Instead of `view`: a page that needs no figures, like signing in. */
  readonly openView?: ComponentType<{ readonly place: Place }>;
}

export function Navigation({ page, pages }: { page: ListedPage | null; pages: readonly ListedPage[] }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  useEffect(() => {
    setOpen(false);
  }, [page]);
  return (
    <nav class={`navigation ${isOpen ? 'open' : ''}`} aria-label={text.shell.navigation}>
      <button
        type="button"
        class="menu-button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        {text.shell.menu}
      </button>
      <ul id={id}>
        {pages
          .filter(({ isListed }) => isListed)
          .map(({ path, title }) => (
            <li key={path}>
              <Link to={path} current={page !== null && (page.path === path || page.path.startsWith(`${path}/`))}>
                {title}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  );
}
