/** Links to the pages. On a narrow screen a button opens them. */
import { useEffect, useId, useState } from 'preact/hooks';
import { text } from '../text/catalogue.ts';
import { Link } from './link.tsx';

/** A page, as the navigation shows it. */
export interface ListedPage {
  readonly path: string;
  readonly title: string;
  readonly isListed: boolean;
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
