/** Recent decisions: a live list that is searched by filters in the address. */
import { useMemo, useState } from 'preact/hooks';
import type { DecisionList, DecisionStock } from '../../../../history/recent/decision-document.ts';
import type { LiveDocument } from '../../../api/live-schema.ts';
import { CommandWords } from '../../component/command-words.tsx';
import { DataTable } from '../../component/data-table.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { count } from '../../format/number-format.ts';
import { zonedTime, zoneName } from '../../format/time-format.ts';
import { type SpanChoice, spanOf } from '../../span/span-choice.ts';
import { spanWords, TimeSpan } from '../../span/time-span.tsx';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';
import { type CellParts, decisionColumns } from './decision-cells.tsx';
import { DecisionFilters, FILTERS } from './decision-filters.tsx';
import './decisions.css';
import { type Decisions, PAGE_LENGTH, useDecisions } from './use-decisions.ts';

const words = text.decisions;
/** A source that is read once: its daemon has no time before its start. */
const CAPTURES = 'captures';

export function DecisionsPage({ live, place }: PageProps) {
  const [isFollowing, setIsFollowing] = useState(false);
  const span = spanOf(place.query, live, 'all');
  // A named span ends now: its list keeps the beginning that it had when it was opened, and is open at its end.
  const address = place.query.toString();
  const query = useMemo(() => queryOf(place.query, span), [address]);
  const decisions = useDecisions(query, live, isFollowing);
  const { list, problem, newer, showNew } = decisions;
  const addresses = list?.stock.addresses ?? 'truncated';
  return (
    <>
      <div class="page-head">
        {list === null ? <span /> : <Stock stock={list.stock} live={live} />}
        <p class="paper-only">{spanWords(span, live.zone)}</p>
        <TimeSpan span={span} live={live} />
      </div>
      <Panel title={words.filters} size="wide" isScreenOnly={FILTERS.every((name) => !place.query.has(name))}>
        <DecisionFilters place={place} isHidden={addresses !== 'plain'} />
      </Panel>
      <Panel title={words.list} size="wide" actions={<Files query={query} />}>
        <div class="list-tools">
          <div role="status">
            {newer > 0 && (
              <button type="button" class="primary" onClick={showNew}>
                {words.fresh(count(newer))}
              </button>
            )}
          </div>
          <label>
            <input
              type="checkbox"
              checked={isFollowing}
              onChange={({ currentTarget }) => {
                setIsFollowing(currentTarget.checked);
              }}
            />{' '}
            {words.follow}
          </label>
        </div>
        {problem !== null && <ErrorState problem={problem} retry={showNew} />}
        {list === null && problem === null && <Loading />}
        {list !== null && problem === null && (
          <List list={list} decisions={decisions} parts={{ zone: live.zone, addresses, query: place.query }} />
        )}
      </Panel>
    </>
  );
}

/** The filters of the address and the span, as the API takes them. */
function queryOf(address: URLSearchParams, span: SpanChoice): string {
  const filters = FILTERS.flatMap((name) => {
    const value = address.get(name);
    return value === null || value === '' ? [] : [[name, value]];
  });
  if (span.from !== null) filters.push(['from', String(span.from)]);
  if (span.name === null && span.to !== null) filters.push(['to', String(span.to)]);
  return new URLSearchParams(filters).toString();
}

/** The selected decisions as files. */
function Files({ query }: { query: string }) {
  const file = (format: string): string => `/api/v1/decisions?${query === '' ? '' : `${query}&`}format=${format}`;
  return (
    <>
      <a href={file('csv')} download>
        {words.csv}
        <span class="hidden-text"> {words.ofThese}</span>
      </a>
      <a href={file('jsonl')} download>
        {words.jsonl}
        <span class="hidden-text"> {words.ofThese}</span>
      </a>
    </>
  );
}

interface ListProps {
  readonly list: DecisionList;
  readonly decisions: Decisions;
  readonly parts: CellParts;
}

function List({ list, decisions: { isLoadingOlder, showOlder }, parts }: ListProps) {
  const { rows, matched, next, stock } = list;
  return (
    <>
      <DataTable
        caption={words.caption(count(rows.length), count(matched), zoneName(parts.zone))}
        columns={decisionColumns(parts)}
        rows={rows}
        keyOf={({ number }) => number}
        isCards
        empty={stock.kept === 0 ? words.emptyAtAll : words.empty}
      />
      {next !== null && (
        <button type="button" class="older" disabled={isLoadingOlder} onClick={showOlder}>
          {isLoadingOlder ? words.loadingOlder : words.older(count(Math.min(PAGE_LENGTH, matched - rows.length)))}
        </button>
      )}
    </>
  );
}

/** What the list has, in words. */
function Stock({ stock, live }: { stock: DecisionStock; live: LiveDocument }) {
  const { made, kept, left_out: leftOut, oldest, earlier, addresses } = stock;
  const own = kept - earlier.kept;
  const { lead } = words;
  const parts = [
    made === 0 ? lead.none : own === made ? lead.all(count(own)) : lead.newest(count(own), count(made)),
    lead.begun(zonedTime(live.started_ms, live.zone)),
    leftOut === 0 ? '' : lead.leftOut(count(leftOut)),
    ...earlierWords(earlier, live.source.kind === CAPTURES),
    oldest === null ? '' : lead.since(zonedTime(Date.parse(oldest.time), live.zone)),
  ];
  const [first, ...more] = parts.filter((part) => part !== '');
  return (
    <div class="stock muted small">
      <p>
        {first} {words.addresses[addresses]}
      </p>
      <details>
        <summary>{lead.more}</summary>
        <p>
          <CommandWords words={more.join(' ')} />
        </p>
      </details>
    </div>
  );
}

/** `isOfCaptures`: all that is read is read by this run. */
function earlierWords({ kept, skipped, state }: DecisionStock['earlier'], isOfCaptures: boolean): string[] {
  const { lead } = words;
  if (isOfCaptures && kept === 0) return [];
  return [
    kept === 0 ? lead.noEarlier[state] : lead.earlier(count(kept)),
    state === 'reading' ? lead.reading : state === 'failed' ? lead.failed : '',
    skipped === 0 ? '' : lead.skipped(skipped),
  ];
}
