/** The frame of all pages: header, navigation, and the page that the address names. */
import { usePrinting } from '../chart/use-printing.ts';
import { Loading } from '../component/loading.tsx';
import { Note } from '../component/note.tsx';
import { zonedTime } from '../format/time-format.ts';
import { type Live, useLive } from '../live/use-live.ts';
import { type Page, pageOf, PAGES } from '../pages/pages.tsx';
import { text } from '../text/catalogue.ts';
import { Header } from './header.tsx';
import { Navigation } from './navigation.tsx';
import { NotFound } from './not-found.tsx';
import { type Place, usePlace } from './router.ts';
import { useHeading } from './use-heading.ts';

export function Shell() {
  const place = usePlace();
  const page = pageOf(place.path);
  const live = useLive(page?.openView === undefined);
  const title = page?.title ?? text.shell.notFound;
  const heading = useHeading(place.path, title);
  usePrinting();
  return (
    <>
      <a class="skip" href="#content">
        {text.shell.skip}
      </a>
      <header class="frame-header">
        <Header live={live} />
        <Navigation page={page} pages={PAGES} />
      </header>
      <main id="content" tabIndex={-1}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {live.isLost && <Lost live={live} />}
        {page === null ? <NotFound path={place.path} /> : <View page={page} live={live} place={place} />}
      </main>
      <footer class="frame-footer">{text.shell.simulation}</footer>
    </>
  );
}

function View({ page, live: { now, isLost }, place }: { page: Page; live: Live; place: Place }) {
  if (page.openView !== undefined) return <page.openView place={place} />;
  if (now === null) return isLost ? null : <Loading />;
  return page.view === undefined ? null : <page.view live={now} isLost={isLost} place={place} />;
}

function Lost({ live: { now } }: { live: Live }) {
  return (
    <Note severity="critical" isUrgent>
      <p>{now === null ? text.shell.never : text.shell.lostHelp(zonedTime(now.wall_ms, now.zone))}</p>
    </Note>
  );
}
