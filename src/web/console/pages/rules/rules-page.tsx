/** Rules: what is in force, what a draft would change, what waits for an operator, and the actions of those who may. */
import type { RuleDay, RulesDocument } from '../../../api/rules-schema.ts';
import { ModeBadge } from '../../component/badge.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { CalendarPanel } from '../../calendar/calendar-panel.tsx';
import { zonedTime } from '../../format/time-format.ts';
import { useApi } from '../../live/use-api.ts';
import { useSession } from '../../live/use-session.ts';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';
import { ActionsPanel } from './actions-panel.tsx';
import { DraftPanel } from './draft-panel.tsx';
import { GuardPanel } from './guard-panel.tsx';
import { LimitsPanel } from './limits-panel.tsx';
import { linkedRule } from './linked-rule.ts';
import { RULES_AT_ONCE, RuleList } from './rule-list.tsx';
import { WaitingPanel } from './waiting-panel.tsx';
import './rules.css';

const EVERY_MS = 5000;
const DAY_EVERY_MS = 60_000;

export function RulesPage({ live, place }: PageProps) {
  const asked = new URLSearchParams({ limit: String(RULES_AT_ONCE) });
  for (const key of ['name', 'show', 'skip']) {
    const value = place.query.get(key);
    if (value !== null) asked.set(key, value);
  }
  const linked = linkedRule();
  if (linked !== '') asked.set('at', linked);
  const { data, problem, reload } = useApi<RulesDocument>(`/rules?${asked.toString()}`, EVERY_MS);
  const day = useApi<RuleDay>('/rules/day', DAY_EVERY_MS);
  const session = useSession();
  const mayAct = session?.actions === true;
  if (data === null) return problem === null ? <Loading /> : <ErrorState problem={problem} retry={reload} />;
  const { zone } = live;
  return (
    <>
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      <p class="rules-lead">
        {text.rulesPage.policy(data.policy, zonedTime(data.since_ms, zone))} <ModeBadge mode={data.mode} />{' '}
        {data.versions.policy !== null && text.rulesPage.version(String(data.versions.policy))}
      </p>
      <p class="small muted rules-hash">
        {text.rulesPage.hash} <code>{data.sha256}</code>
      </p>
      <div class="grid">
        <WaitingPanel document={data} mayAct={mayAct} done={reload} />
        {mayAct && <ActionsPanel document={data} done={reload} />}
        <DraftPanel document={data} zone={zone} mayAct={mayAct} isReplayed={live.source.kind === 'captures'} />
        <RuleList document={data} day={day.data} live={live} place={place} />
        <div class="stack double">
          <CalendarPanel zone={zone} mayAct={mayAct} />
          <GuardPanel document={data} />
        </div>
        <LimitsPanel document={data} />
      </div>
    </>
  );
}
