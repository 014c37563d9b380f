/** The head of every page: the product, the place, the mode, and whether the figures are live. */
import { ModeBadge } from '../component/badge.tsx';
import { Sign } from '../component/sign.tsx';
import { fullTime } from '../format/time-format.ts';
import type { Live } from '../live/use-live.ts';
import { text } from '../text/catalogue.ts';
import { Link } from './link.tsx';
import { UserMenu } from './user-menu.tsx';

export function Header({ live: { now, isLost } }: { live: Live }) {
  const names = now === null ? [] : [now.place.site, now.place.isp, now.place.link].filter((name) => name !== '');
  return (
    <div class="identity">
      <Brand />
      {names.length > 0 && <span class="place">{names.join(' · ')}</span>}
      {now !== null && <ModeBadge mode={now.mode} />}
      <div class="state">
        <Connection isLost={isLost} isReplayed={now?.source.kind === 'captures'} isKnown={now !== null} />
        {now !== null && now.source.kind !== 'captures' && (
          <span class="muted">
            {now.now_ms === null ? text.shell.noPackets : text.shell.clock(fullTime(now.now_ms, now.zone))}
          </span>
        )}
        <UserMenu />
      </div>
    </div>
  );
}

function Connection({ isLost, isReplayed, isKnown }: { isLost: boolean; isReplayed: boolean; isKnown: boolean }) {
  if (!isLost && !isKnown) return null;
  const [sign, tone, words] = isLost
    ? (['lost', 'bad', text.shell.lost] as const)
    : isReplayed
      ? (['replayed', '', text.shell.replayed] as const)
      : (['live', 'good', text.shell.live] as const);
  return (
    <span class={`connection ${tone}`}>
      <Sign name={sign} />
      {words}
    </span>
  );
}

/** The product's sign and name, which lead to the first page. */
export function Brand() {
  return (
    <Link to="/" class="brand">
      <Mark />
      {text.shell.name}
    </Link>
  );
}

/** A gate in a channel. */
function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="7" />
      <path class="mark-water" d="M6 11h20M6 21h20" />
      <path class="mark-gate" d="M16 5v22" />
    </svg>
  );
}
