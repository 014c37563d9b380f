/**
 * Registry: search first, then what expires soon, coverage, growth and overlaps. A registration has a view of its own.
 */
import type { RegistrySummaryDocument } from '../../../api/registry-schema.ts';
import { ErrorState } from '../../component/error-state.tsx';
import { Figure, Figures } from '../../component/figure.tsx';
import { Loading } from '../../component/loading.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { count } from '../../format/number-format.ts';
import { zonedTime } from '../../format/time-format.ts';
import { useApi } from '../../live/use-api.ts';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';
import { ExpiringPanel } from './expiring-panel.tsx';
import { GrowthPanel } from './growth-panel.tsx';
import { OverlapsPanel } from './overlaps-panel.tsx';
import { RegistrationPanel } from './registration-panel.tsx';
import { ReloadsPanel } from './reloads-panel.tsx';
import { SearchPanel } from './search-panel.tsx';
import { SectorsPanel } from './sectors-panel.tsx';
import './registry.css';

const words = text.registryPage;
const EVERY_MS = 60_000;

export function RegistryPage({ live, place }: PageProps) {
  // Another registry has another address, so its figures are asked for at once.
  const { data, problem, reload } = useApi<RegistrySummaryDocument>(
    `/registry?sha256=${live.registry.sha256}`,
    EVERY_MS,
  );
  if (data === null) return problem === null ? <Loading /> : <ErrorState problem={problem} retry={reload} />;
  const { zone } = live;
  const row = place.query.get('row');
  return (
    <>
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      <p>
        {words.lead(data.in_force, data.rows)} {words.inUse(zonedTime(data.since_ms, zone))}{' '}
        {data.changed_ms !== null && words.changed(zonedTime(data.changed_ms, zone))}{' '}
        {data.version !== null && words.version(String(data.version))}
      </p>
      {data.hidden && (
        <Note severity="notice">
          <p>{words.hidden}</p>
        </Note>
      )}
      <div class="grid">
        {!data.hidden && <SearchPanel place={place} zone={zone} />}
        {!data.hidden && row !== null && <RegistrationPanel row={row} place={place} zone={zone} />}
        <Panel title={words.summary} size="wide">
          <div class="registry-figures">
            <Figures>
              <Figure name={words.inForce} value={count(data.in_force)} />
              {data.expiring.map(({ days, registrations }) => (
                <Figure key={days} name={words.expiringIn(days)} value={count(registrations)} />
              ))}
              <Figure name={words.notYet} value={count(data.not_yet_valid)} />
              <Figure name={words.expired} value={count(data.expired)} />
              <Figure name={words.overlaps} value={count(data.overlaps)} />
              <Figure
                name={words.duplicates}
                value={count(data.duplicates)}
                severity={data.duplicates > 0 ? 'warning' : 'good'}
              />
            </Figures>
          </div>
        </Panel>
        <ExpiringPanel zone={zone} place={place} sha256={data.sha256} />
        <SectorsPanel summary={data} />
        <GrowthPanel summary={data} />
        <ReloadsPanel zone={zone} />
        {!data.hidden && <OverlapsPanel place={place} sha256={data.sha256} />}
      </div>
    </>
  );
}
