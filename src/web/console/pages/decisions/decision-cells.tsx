/** Cells of tables with decisions. A value leads to the decisions that have it too. */
import type { ComponentChildren } from 'preact';
import type { DecisionRow } from '../../../../history/recent/decision-document.ts';
import { ActionBadge, StageBadge } from '../../component/badge.tsx';
import type { Column } from '../../component/data-table.tsx';
import { sectorName } from '../../format/sector-name.ts';
import { Time } from '../../component/time.tsx';
import { Link } from '../../shell/link.tsx';
import { changedQuery, queryText } from '../../shell/router.ts';
import { text } from '../../text/catalogue.ts';

const words = text.decisions;

export type Addresses = 'plain' | 'truncated' | 'pseudonym';

/**
 * The address of a decision's explanation. Its flow_id is part of it, so that it is no other decision after a restart.
 */
export function addressOf({ number, flow_id: flowId, packet }: DecisionRow): string {
  return `/decisions/${number < 1 ? `${flowId}-${packet}` : `${number}-${flowId}`}`;
}

/** What stands for an end where addresses are truncated: the prefix that it is in. */
export function shownIp(ip: string, addresses: Addresses): string {
  if (addresses !== 'truncated') return ip;
  return `${ip}/${ip.includes(':') ? 48 : 24}`;
}

interface OnlyProps {
  readonly query: URLSearchParams;
  readonly name: string;
  readonly value: string;
  readonly what: string;
  readonly children: ComponentChildren;
}

/** A link to the decisions with this value, beside the filters that are set. */
function Only({ query, name, value, what, children }: OnlyProps) {
  return (
    <Link to={`/decisions${queryText(changedQuery(query, { [name]: value }))}`} class="only">
      <span class="hidden-text">{words.only(what)}: </span>
      {children}
    </Link>
  );
}

function End({ end, query, addresses }: { end: DecisionRow['source']; query: URLSearchParams; addresses: Addresses }) {
  const ip = shownIp(end.ip, addresses);
  const { port, registration } = end;
  return (
    <>
      <span class="nowrap">
        <Only query={query} name="prefix" value={ip} what={words.columns.source.toLowerCase()}>
          {ip}
        </Only>
        {port !== null && <span class="muted port"> {words.port(String(port))}</span>}
      </span>
      {registration !== null && (
        <div class="muted">
          {[
            registration.sector === '' ? '' : sectorName(registration.sector),
            registration.holder ?? registration.reference,
          ]
            .filter((part) => part !== '')
            .join(', ')}
        </div>
      )}
    </>
  );
}

export interface CellParts {
  readonly zone: string;
  readonly addresses: Addresses;
  /** The query of the page, to which a value adds a filter. */
  readonly query: URLSearchParams;
}

export function decisionColumns({ zone, addresses, query }: CellParts): readonly Column<DecisionRow>[] {
  const { columns } = words;
  return [
    {
      key: 'time',
      title: columns.time,
      isName: true,
      cell: (row) => (
        <Link to={addressOf(row)}>
          <Time ms={Date.parse(row.time)} zone={zone} isPlain />
          <span class="hidden-text"> {words.why(row.number)}</span>
        </Link>
      ),
    },
    { key: 'action', title: columns.action, cell: (row) => <ActionCell row={row} query={query} /> },
    {
      key: 'rule',
      title: columns.rule,
      cell: ({ rule }) => (
        <Only query={query} name="rule" value={rule ?? 'none'} what={columns.rule.toLowerCase()}>
          {rule ?? words.noRule}
        </Only>
      ),
    },
    { key: 'finding', title: columns.finding, cell: (row) => <FindingCell row={row} query={query} /> },
    {
      key: 'source',
      title: columns.source,
      cell: ({ source }) => <End end={source} query={query} addresses={addresses} />,
    },
    {
      key: 'destination',
      title: columns.destination,
      cell: ({ destination }) => <End end={destination} query={query} addresses={addresses} />,
    },
    { key: 'registered', title: columns.registered, cell: (row) => <RegisteredCell row={row} query={query} /> },
  ];
}

interface CellProps {
  readonly row: DecisionRow;
  readonly query: URLSearchParams;
}

/** The action, what it was before, and whether the breaker holds it. */
function ActionCell({ row: { action, previous, held }, query }: CellProps) {
  return (
    <>
      <Only query={query} name="action" value={action} what={words.columns.action.toLowerCase()}>
        <ActionBadge action={action} />
      </Only>
      {previous !== null && previous !== action && (
        <div class="muted">{words.was(text.terms.actions[previous] ?? previous)}</div>
      )}
      {held === true && <div class="warn">{words.held}</div>}
    </>
  );
}

function FindingCell({ row: { protocol, stage }, query }: CellProps) {
  return (
    <div class="finding">
      <Only query={query} name="protocol" value={protocol} what={words.fields.protocol.toLowerCase()}>
        {text.terms.protocols[protocol] ?? protocol}
      </Only>
      <StageBadge stage={stage} />
    </div>
  );
}

function RegisteredCell({ row: { source, destination, other_protocol: isOther }, query }: CellProps) {
  const ends = registeredEnds(source.registration !== null, destination.registration !== null);
  const which = isOther === true ? 'other' : ends;
  return (
    <Only query={query} name="registered" value={which} what={words.columns.registered.toLowerCase()}>
      {text.terms.registered[which]}
    </Only>
  );
}

function registeredEnds(source: boolean, destination: boolean): 'none' | 'source' | 'destination' | 'both' {
  if (source) return destination ? 'both' : 'source';
  return destination ? 'destination' : 'none';
}
