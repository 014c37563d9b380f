/**
 * The registrations of both ends: those that counted when it was decided, and where addresses are shown all that cover
 * them.
 */
import type { DecisionExplanation } from '../../../api/decision-schema.ts';
import type { DecisionRow } from '../../../../history/recent/decision-document.ts';
import { type Column, DataTable } from '../../component/data-table.tsx';
import { Panel } from '../../component/panel.tsx';
import { zonedTime } from '../../format/time-format.ts';
import { Link } from '../../shell/link.tsx';
import { sectorName } from '../../format/sector-name.ts';
import { text } from '../../text/catalogue.ts';
import type { PartProps } from './explanation-page.tsx';
import { Fact, Facts } from './facts.tsx';

const words = text.explanation.registrations;

type Covering = NonNullable<DecisionExplanation['now']['covering']>;
type Row = Covering['source'][number] & { readonly end: string };

const columnsIn = (zone: string): readonly Column<Row>[] => [
  { key: 'end', title: words.end, cell: ({ end }) => end },
  {
    key: 'prefix',
    title: words.prefix,
    isName: true,
    cell: ({ prefix }) => <Link to={registryAddress(prefix)}>{prefix}</Link>,
  },
  { key: 'holder', title: words.holder, cell: ({ holder }) => holder },
  { key: 'sector', title: words.sector, cell: ({ sector }) => sectorName(sector) },
  { key: 'reference', title: words.reference, cell: ({ reference }) => reference },
  {
    key: 'state',
    title: words.state,
    cell: (row) => (row.counts ? <strong>{words.counts}</strong> : stateOf(row, zone)),
  },
];

export function RegistrationsPanel({ data: { kept, now }, zone }: PartProps) {
  const { source, destination } = kept.decision;
  return (
    <Panel
      title={words.title}
      size="wide"
      footer={now.covering === null ? words.hidden : now.same_registry ? undefined : text.explanation.otherRegistry}
    >
      <Facts>
        <Fact name={words.source}>
          <Counted end={source} />
        </Fact>
        <Fact name={words.destination}>
          <Counted end={destination} />
        </Fact>
      </Facts>
      {now.covering !== null && (
        <DataTable
          caption={words.caption}
          columns={columnsIn(zone)}
          rows={rowsOf(now.covering)}
          keyOf={({ end, line }) => `${end} ${line}`}
          empty={words.empty}
        />
      )}
    </Panel>
  );
}

/** Why a registration does not count. */
function stateOf({ validity, protocols, valid_from_ms: from, valid_until_ms: until }: Row, zone: string): string {
  const names = protocols.map((name) => text.terms.protocols[name] ?? name);
  return words.states[validity](zonedTime(from, zone), zonedTime(until, zone), names.join(', '));
}

function rowsOf({ source, destination }: Covering): Row[] {
  return [
    ...source.map((one) => ({ ...one, end: words.source })),
    ...destination.map((one) => ({ ...one, end: words.destination })),
  ];
}

/** The registration that counted for an end when it was decided. */
function Counted({ end: { registration } }: { end: DecisionRow['source'] }) {
  if (registration === null) return <span class="muted">{words.none}</span>;
  const { sector, reference, holder, prefix } = registration;
  const named = [holder ?? reference, sector === '' ? '' : sectorName(sector)].filter((part) => part !== '').join(', ');
  return prefix === undefined ? <>{named}</> : <Link to={registryAddress(prefix)}>{named}</Link>;
}

/** The search of the registry's page. */
function registryAddress(prefix: string): string {
  return `/registry?q=${encodeURIComponent(prefix)}`;
}
