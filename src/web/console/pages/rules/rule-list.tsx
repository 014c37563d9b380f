/** The rules in words and in order, each beside what the draft makes of it, with its counts. */
import type { LiveDocument } from '../../../api/live-schema.ts';
import type { RuleDay, RulesDocument } from '../../../api/rules-schema.ts';
import { Empty } from '../../component/empty.tsx';
import { FilterBar } from '../../component/filter-bar.tsx';
import { Panel } from '../../component/panel.tsx';
import { count } from '../../format/number-format.ts';
import { zonedTime } from '../../format/time-format.ts';
import { Link } from '../../shell/link.tsx';
import { changedQuery, type Place, queryText } from '../../shell/router.ts';
import { text } from '../../text/catalogue.ts';
import { RuleItem } from './rule-item.tsx';

export const RULES_AT_ONCE = 50;

const words = text.rulesPage;

interface RuleListProps {
  readonly document: RulesDocument;
  /** Null before the history has answered. */
  readonly day: RuleDay | null;
  readonly live: LiveDocument;
  readonly place: Place;
}

export function RuleList({ document, day, live, place }: RuleListProps) {
  const { rows, total, shadow, unmatched, hidden } = document;
  const fields = [
    { name: 'name', label: words.filterName },
    ...(shadow === null
      ? []
      : [{ name: 'show', label: words.filterShow, options: [['changed', words.onlyChanged]] as const }]),
  ];
  const counted = words.counted(zonedTime(document.counted_from_ms, live.zone));
  return (
    <Panel
      title={words.rulesTitle(total)}
      size="wide"
      footer={`${words.unmatched(count(unmatched))} ${counted}${hidden ? ` ${words.hidden}` : ''}`}
    >
      <p>{words.first}</p>
      <FilterBar fields={fields} place={place} clears={['skip', 'rule']} />
      {rows.length === 0 ? (
        <Empty>{words.none}</Empty>
      ) : (
        <ol class="rule-list">
          {rows.map((row) => (
            <RuleItem key={row.name} row={row} day={day} hasDraft={shadow !== null} live={live} place={place} />
          ))}
        </ol>
      )}
      <Pages document={document} place={place} />
    </Panel>
  );
}

function Pages({ document: { skip, rows, total }, place }: { document: RulesDocument; place: Place }) {
  if (skip === 0 && rows.length === total) return null;
  const at = (to: number): string =>
    `${place.path}${queryText(changedQuery(place.query, { skip: to === 0 ? null : String(to), rule: null }))}`;
  return (
    <nav class="pages" aria-label={words.pages}>
      {skip > 0 && <Link to={at(Math.max(0, skip - RULES_AT_ONCE))}>{words.previous}</Link>}
      <span>{words.range(count(skip + 1), count(skip + rows.length), count(total))}</span>
      {skip + rows.length < total && <Link to={at(skip + RULES_AT_ONCE)}>{words.next}</Link>}
    </nav>
  );
}
