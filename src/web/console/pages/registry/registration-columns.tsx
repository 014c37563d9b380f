/** The columns of registrations in tables. */
import type { RegistrationView } from '../../../api/registry-schema.ts';
import { SeverityBadge, type Severity } from '../../component/badge.tsx';
import type { Column } from '../../component/data-table.tsx';
import { Time } from '../../component/time.tsx';
import { zoneName } from '../../format/time-format.ts';
import { Link } from '../../shell/link.tsx';
import { changedQuery, type Place, queryText } from '../../shell/router.ts';
import { sectorName } from '../../format/sector-name.ts';
import { text } from '../../text/catalogue.ts';

const words = text.registryPage;
const SEVERITIES: Readonly<Record<string, Severity>> = {
  'in-force': 'good',
  'not-yet-valid': 'notice',
  expired: 'warning',
  'other-protocol': 'warning',
};

export function registrationColumns(zone: string, place: Place): Column<RegistrationView>[] {
  const { columns } = words;
  return [
    {
      key: 'prefix',
      title: columns.prefix,
      isName: true,
      cell: (one) => <RegistrationLink registration={one} place={place} />,
    },
    { key: 'holder', title: columns.holder, cell: ({ holder }) => holder, sortBy: ({ holder }) => holder },
    { key: 'sector', title: columns.sector, cell: ({ sector }) => sectorName(sector), sortBy: ({ sector }) => sector },
    { key: 'validity', title: columns.validity, cell: (one) => <Validity registration={one} /> },
    {
      key: 'until',
      title: columns.until(zoneName(zone)),
      cell: ({ valid_until_ms: until }) => (until === null ? words.open : <Time ms={until} zone={zone} isPlain />),
      sortBy: ({ valid_until_ms: until }) => until,
    },
    {
      key: 'from',
      title: columns.from(zoneName(zone)),
      cell: ({ valid_from_ms: from }) => (from === null ? words.open : <Time ms={from} zone={zone} isPlain />),
      sortBy: ({ valid_from_ms: from }) => from,
    },
    { key: 'protocols', title: columns.protocols, cell: ({ protocols }) => protocolWords(protocols) },
    { key: 'reference', title: columns.reference, cell: ({ reference }) => reference || words.noReference },
  ];
}

export function RegistrationLink({ registration, place }: { registration: RegistrationView; place: Place }) {
  const query = changedQuery(place.query, { row: String(registration.row) });
  return <Link to={`${place.path}${queryText(query)}`}>{registration.prefix}</Link>;
}

export function Validity({ registration: { validity, counts } }: { registration: RegistrationView }) {
  const name = words.validities[validity]!;
  return (
    <SeverityBadge severity={SEVERITIES[validity]!} word={counts ? `${name}: ${words.counts.toLowerCase()}` : name} />
  );
}

export function protocolWords(protocols: readonly string[]): string {
  return protocols.length === 0
    ? words.anyProtocol
    : protocols.map((name) => text.terms.protocols[name] ?? name).join(', ');
}
