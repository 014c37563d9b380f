/** Coverage by sector: registrations in force and addresses. */
import type { RegistrySummaryDocument } from '../../../api/registry-schema.ts';
import { DataTable } from '../../component/data-table.tsx';
import { Panel } from '../../component/panel.tsx';
import { count, shortCount } from '../../format/number-format.ts';
import { sectorName } from '../../format/sector-name.ts';
import { text } from '../../text/catalogue.ts';

const words = text.registryPage;

export function SectorsPanel({ summary: { sectors } }: { summary: RegistrySummaryDocument }) {
  return (
    <Panel title={words.sectors} size="double">
      <DataTable
        caption={words.sectorsCaption}
        rows={sectors}
        keyOf={({ sector }) => sector}
        empty={words.noSectors}
        isCards
        sortedBy={{ key: 'registrations', isDescending: true }}
        columns={[
          {
            key: 'sector',
            title: words.columns.sector,
            isName: true,
            cell: ({ sector }) => sectorName(sector),
            sortBy: ({ sector }) => sector,
          },
          {
            key: 'registrations',
            title: words.columns.registrations,
            isNumber: true,
            cell: ({ registrations }) => count(registrations),
            sortBy: ({ registrations }) => registrations,
          },
          {
            key: 'ipv4',
            title: words.columns.ipv4,
            isNumber: true,
            cell: ({ ipv4 }) => count(ipv4),
            sortBy: ({ ipv4 }) => ipv4,
          },
          {
            key: 'ipv6',
            title: words.columns.ipv6,
            isNumber: true,
            cell: ({ ipv6 }) => (
              <span title={ipv6}>{ipv6.length > 15 ? powerOfTwo(ipv6) : shortCount(Number(ipv6))}</span>
            ),
            sortBy: ({ ipv6 }) => Number(ipv6),
          },
        ]}
      />
    </Panel>
  );
}

/** Large numbers of addresses are near a power of two: `about 2^96`. */
function powerOfTwo(value: string): string {
  const exponent = BigInt(value).toString(2).length - 1;
  return words.power(exponent, BigInt(value) === 1n << BigInt(exponent));
}
