/**
 * One rule: its words in use and in the draft, why it exists, whom it can hit, its counts, and its decisions over time.
 */
import { useId } from 'preact/hooks';
import type { LiveDocument } from '../../../api/live-schema.ts';
import type { RuleDay, RuleRow, RuleView } from '../../../api/rules-schema.ts';
import { Chart } from '../../chart/chart.tsx';
import { ActionBadge, Badge, SeverityBadge, type Tone } from '../../component/badge.tsx';
import { count } from '../../format/number-format.ts';
import { zonedTime } from '../../format/time-format.ts';
import { Link } from '../../shell/link.tsx';
import { changedQuery, type Place, queryText } from '../../shell/router.ts';
import { spanOf } from '../../span/span-choice.ts';
import { text } from '../../text/catalogue.ts';
import { useLinkedRule } from './linked-rule.ts';

const words = text.rulesPage;
const ACTIONS = ['allow', 'throttle', 'block'];
const TONES: Readonly<Record<string, Tone>> = { changed: 'warn', moved: 'warn', new: 'accent', gone: 'bad' };

interface RuleItemProps {
  readonly row: RuleRow;
  readonly day: RuleDay | null;
  readonly hasDraft: boolean;
  readonly live: LiveDocument;
  readonly place: Place;
}

export function RuleItem({ row, day, hasDraft, live, place }: RuleItemProps) {
  const id = useId();
  const element = useLinkedRule(row.name);
  const shown = row.active ?? row.draft!;
  const isChosen = place.query.get('rule') === row.name;
  const toggled = changedQuery(place.query, { rule: isChosen ? null : row.name });
  const title = row.active === null ? words.newRule(row.name) : words.rule(row.active.place, row.name);
  return (
    <li
      ref={element}
      class={`rule ${row.status === null || row.status === 'same' ? '' : 'changed'}`}
      aria-labelledby={id}
    >
      <div class="rule-head">
        <h3 id={id}>{title}</h3>
        <ActionBadge action={shown.action} />
        {row.status !== null && row.status !== 'same' && (
          <Badge word={words.statuses[row.status]!} tone={TONES[row.status] ?? 'neutral'} />
        )}
        <Outside view={shown} zone={live.zone} />
        <Reach view={shown} />
      </div>
      <dl class="rule-words">
        <div>
          <dt class={hasDraft ? '' : 'hidden-text'}>{words.active}</dt>
          <dd>{row.active === null ? words.notThere : words.sentence(row.active.words)}</dd>
        </div>
        {hasDraft && row.status !== 'same' && (
          <div>
            <dt>{words.draft}</dt>
            <dd>{draftWords(row)}</dd>
          </div>
        )}
      </dl>
      <Facts row={row} view={shown} day={day} />
      <p class="small screen-only">
        <Link to={`${place.path}${queryText(toggled)}`}>
          {isChosen ? words.hideChart : words.showChart}
          <span class="hidden-text"> {row.name}</span>
        </Link>
      </p>
      {isChosen && (
        <Chart
          title={words.chart(row.name)}
          measure="decisions"
          by="action"
          order={ACTIONS}
          filters={{ rule: row.name }}
          span={spanOf(place.query, live)}
          place={place}
          zone={live.zone}
          size="wide"
        />
      )}
    </li>
  );
}

function draftWords({ status, draft }: RuleRow): string {
  if (draft === null) return words.notThere;
  return status === 'moved' ? words.movedTo(draft.place) : words.sentence(draft.words);
}

/** A rule outside its times is in the policy, and decides nothing. */
function Outside({ view: { outside }, zone }: { view: RuleView; zone: string }) {
  if (outside === null) return null;
  const time = zonedTime(outside.at_ms, zone);
  return <SeverityBadge severity="notice" word={(outside.state === 'ended' ? words.ended : words.ahead)(time)} />;
}

function Reach({ view: { reach, hits_registered: isMeant } }: { view: RuleView }) {
  if (reach === null) return null;
  if (!reach.hits) return null;
  return isMeant ? (
    <SeverityBadge severity="notice" word={words.onPurpose} />
  ) : (
    <SeverityBadge severity="critical" word={words.canHit} />
  );
}

function Facts({ row, view, day }: { row: RuleRow; view: RuleView; day: RuleDay | null }) {
  const review = view.review === null ? '' : words.reviews[view.review]!;
  const ofDay = day?.counts.filter(({ rule }) => rule === row.name) ?? [];
  const lastDay = day === null ? null : ofDay.reduce((sum, { decisions }) => sum + decisions, 0);
  const { reach } = view;
  return (
    <dl class="rule-facts">
      <div>
        <dt>{words.sinceStart}</dt>
        <dd>{count(row.decisions)}</dd>
      </div>
      <div>
        <dt>{words.registered}</dt>
        <dd>{count(row.registered)}</dd>
      </div>
      <div>
        <dt>{words.lastDay}</dt>
        <dd title={lastDay === null ? text.units.missingMeaning : undefined}>{count(lastDay)}</dd>
      </div>
      <div>
        <dt>{words.legalBasis}</dt>
        <dd>{view.legal_basis ?? words.noBasis}</dd>
      </div>
      {view.review_by !== null && (
        <div>
          <dt>{words.reviewBy}</dt>
          <dd>
            {view.review_by}{' '}
            {review !== '' && (
              <SeverityBadge severity={view.review === 'passed' ? 'critical' : 'warning'} word={review} />
            )}
          </dd>
        </div>
      )}
      {reach !== null && (
        <div class="rule-reach">
          <dt>{reach.hits ? words.canHit : words.cannotHit}</dt>
          <dd>{words.why(reach.reasons)}</dd>
        </div>
      )}
    </dl>
  );
}
