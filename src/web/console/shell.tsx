/** The frame of all pages: name, navigation, and the page that the address names. */
import { Link } from './link.tsx';
import { useLive } from './live/use-live.ts';
import { PAGES, pageOf } from './pages/pages.tsx';
import { usePlace } from './router.ts';
import { text } from './text/catalogue.ts';

export function Shell() {
  const place = usePlace();
  const { now, isLost } = useLive();
  const page = pageOf(place.path);
  return (
    <>
      <header>
        <strong>{text.name}</strong>
        <nav>
          <ul>
            {PAGES.map(({ path, title }) => (
              <li key={path}>
                <Link to={path} current={page?.path === path}>
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </header>
      <main>
        <h1>{page?.title ?? text.notFound}</h1>
        {isLost && <p role="alert">{text.noAnswer}</p>}
        {now === null ? <p>{text.loading}</p> : page !== null && <page.view live={now} place={place} />}
      </main>
    </>
  );
}
