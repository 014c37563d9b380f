/** The page that the address names, in its frame, with live figures. */
import { Loading } from '../component/loading.tsx';
import { Note } from '../component/note.tsx';
import { zonedTime } from '../format/time-format.ts';
import { type Live, useLive } from '../live/use-live.ts';
import { type Page, pageOf, PAGES } from '../pages/pages.tsx';
import { text } from '../text/catalogue.ts';
import { Frame } from './frame.tsx';
import { Header } from './header.tsx';
import { Navigation } from './navigation.tsx';
import { NotFound } from './not-found.tsx';
import { type Place, usePlace } from './router.ts';

export function Shell() {
  const place = usePlace();
  const page = pageOf(place.path);
  const live = useLive(page?.openView === undefined);
  const title = page?.title ?? text.shell.notFound;
  return (
    <Frame
      path={place.path}
      title={title}
      header={<Header live={live} />}
      navigation={<Navigation page={page} pages={PAGES} />}
    >
      {live.isLost && <Lost live={live} />}
      {page === null ? <NotFound path={place.path} /> : <View page={page} live={live} place={place} />}
    </Frame>
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
