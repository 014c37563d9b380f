/** The numbers of the span that is shown. */
import type { LiveDocument } from '../../../api/live-schema.ts';
import { isLossBeyond } from '../../../../history/incident/loss-bound.ts';
import type { OverviewFigures } from '../../../../history/query/overview.ts';
import { Figure, Figures } from '../../component/figure.tsx';
import { bytes, clients, count, percent, share, shortCount, span } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';
import { isUnwatched, total } from './summary.ts';

const { figures: words } = text.overview;
const WEEK_S = 604_800;
const LATE_S = 1;
const MICROS_PER_SECOND = 1e6;
const MS_PER_SECOND = 1000;

/** Where nothing was watched, counts are missing and not 0. */
export function OverviewNumbers({ live, figures: read }: { live: LiveDocument; figures: OverviewFigures | null }) {
  const figures = isUnwatched(read) ? null : read;
  const hits = total(figures?.harm.in_force ?? {});
  const ageS = (live.wall_ms - live.registry.changed_ms) / MS_PER_SECOND;
  const isLossy = figures !== null && isLossBeyond(live.loss_bound, figures.lost_packets, figures.packets);
  const length = read === null ? 0 : read.to - read.from;
  const isReplayed = live.source.kind === 'captures';
  const { throttle = 0, block = 0, hit = 0, decided = 0 } = figures?.clients ?? {};
  const lagS = figures === null ? 0 : figures.lag_us / MICROS_PER_SECOND;
  return (
    <Figures>
      <Figure
        name={words.hits}
        value={figures === null ? count(null) : count(hits)}
        meaning={words.hitsMeaning}
        {...(hits > 0 && { severity: 'critical' })}
      />
      <Figure
        name={live.mode === 'enforce' ? words.hit : words.wouldHit}
        value={clients(figures === null ? null : live.mode === 'enforce' ? hit : decided)}
        meaning={words.hitMeaning(
          clients(figures === null ? null : throttle),
          clients(figures === null ? null : block),
        )}
      />
      <Figure
        name={words.packets}
        value={shortCount(figures?.packets ?? null)}
        meaning={bytes(figures?.bytes ?? null)}
      />
      <Figure
        name={words.lost}
        value={share(figures?.lost_packets ?? null, figures === null ? null : figures.lost_packets + figures.packets)}
        meaning={words.lostMeaning(count(figures?.lost_packets ?? null))}
        {...(isLossy && { severity: 'warning' })}
      />
      <Figure
        name={words.undecoded}
        value={share(figures?.undecoded_packets ?? null, figures?.packets ?? null)}
        meaning={words.undecodedMeaning(count(figures?.undecoded_packets ?? null))}
      />
      <Figure
        name={words.watched}
        value={
          read === null || isReplayed
            ? span(read?.watched ?? null)
            : percent(Math.min(1, read.watched / Math.max(1, length)))
        }
        meaning={isReplayed ? words.watchedAll : words.watchedMeaning(span(length))}
      />
      {live.lag !== null && (
        <Figure
          name={words.lag}
          value={span(figures === null ? null : lagS)}
          meaning={words.lagMeaning}
          {...(lagS > LATE_S && { severity: 'warning' })}
        />
      )}
      <Figure
        name={words.registry}
        value={span(Math.max(0, ageS))}
        meaning={words.registryMeaning(count(live.registry.in_force))}
        {...(ageS > WEEK_S && { severity: 'warning' })}
      />
    </Figures>
  );
}
