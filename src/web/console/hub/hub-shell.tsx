/** The page of a hub that the address names, in its frame. */
import type { HubDocument } from '../../api/hub-schema.ts';
import { Loading } from '../component/loading.tsx';
import { Note } from '../component/note.tsx';
import { Sign } from '../component/sign.tsx';
import { problemIn } from '../format/refusal-words.ts';
import { fullTime } from '../format/time-format.ts';
import { type Live, useLive } from '../live/use-live.ts';
import { Frame } from '../shell/frame.tsx';
import { Brand } from '../shell/header.tsx';
import { Navigation } from '../shell/navigation.tsx';
import { NotFound } from '../shell/not-found.tsx';
import { pageIn, type Place, usePlace } from '../shell/router.ts';
import { UserMenu } from '../shell/user-menu.tsx';
import { text } from '../text/catalogue.ts';
import { HUB_PAGES, type HubPage } from './hub-pages.tsx';

const words = text.hub;

export function HubShell() {
  const place = usePlace();
  const page = pageIn(HUB_PAGES, place.path);
  const live = useLive<HubDocument>(page?.openView === undefined);
  const problem = live.now === null ? null : problemIn(live.now);
  const title = page?.title ?? text.shell.notFound;
  return (
    <Frame
      path={place.path}
      title={title}
      header={<HubHeader live={live} />}
      navigation={<Navigation page={page} pages={HUB_PAGES} />}
    >
      {live.isLost && (
        <Note severity="critical" isUrgent>
          <p>{live.now === null ? words.never : words.lostHelp}</p>
        </Note>
      )}
      {problem !== null && (
        <Note severity="warning">
          <p>{words.problem(problem)}</p>
        </Note>
      )}
      {page === null ? <NotFound path={place.path} /> : <View page={page} live={live} place={place} />}
    </Frame>
  );
}

function View({ page, live: { now, isLost }, place }: { page: HubPage; live: Live<HubDocument>; place: Place }) {
  if (page.openView !== undefined) return <page.openView place={place} />;
  if (now === null) return isLost ? null : <Loading />;
  return page.view === undefined ? null : <page.view live={now} place={place} />;
}

function HubHeader({ live: { now, isLost } }: { live: Live<HubDocument> }) {
  const isShown = isLost || now !== null;
  return (
    <div class="identity">
      <Brand />
      <span class="place">{words.name}</span>
      <div class="state">
        {isShown && (
          <span class={`connection ${isLost ? 'bad' : 'good'}`}>
            <Sign name={isLost ? 'lost' : 'live'} />
            {isLost ? words.lost : words.live}
          </span>
        )}
        {now !== null && (
          <span class="muted">
            {now.now_ms === null ? words.noMinutes : words.clock(fullTime(now.now_ms, now.zone))}
          </span>
        )}
        <UserMenu />
      </div>
    </div>
  );
}
