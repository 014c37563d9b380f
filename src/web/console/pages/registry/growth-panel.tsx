/** Growth over time by the dates of the rows: what begins and ends in each month. */
import type { RegistrySummaryDocument } from '../../../api/registry-schema.ts';
import { DataTable } from '../../component/data-table.tsx';
import { Panel } from '../../component/panel.tsx';
import { count } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';
import { GrowthBars } from './growth-bars.tsx';

const words = text.registryPage;

export interface GrowthMonth {
  readonly month: string;
  readonly begin: number;
  readonly end: number;
  /** Rows that have begun and not ended by the end of the month. */
  readonly balance: number;
}

export function GrowthPanel({ summary }: { summary: RegistrySummaryDocument }) {
  const months = growth(summary);
  const { columns } = words;
  const number = (key: 'begin' | 'end' | 'balance', title: string) => ({
    key,
    title,
    isNumber: true,
    cell: (month: GrowthMonth) => count(month[key]),
    sortBy: (month: GrowthMonth) => month[key],
  });
  return (
    <Panel title={words.growth} footer={words.growthNote(summary.without_begin)}>
      <GrowthBars months={months} />
      <div class="growth-table">
        <DataTable
          caption={words.growthCaption}
          rows={months}
          keyOf={({ month }) => month}
          empty={words.noGrowth}
          sortedBy={{ key: 'month', isDescending: true }}
          columns={[
            {
              key: 'month',
              title: columns.month,
              isName: true,
              cell: ({ month }: GrowthMonth) => month,
              sortBy: ({ month }: GrowthMonth) => month,
            },
            number('begin', columns.begin),
            number('end', columns.end),
            number('balance', columns.balance),
          ]}
        />
      </div>
    </Panel>
  );
}

function growth({ months, without_begin: without }: RegistrySummaryDocument): GrowthMonth[] {
  let balance = without;
  return months.map(({ month, begin, end }) => {
    balance += begin - end;
    return { month, begin, end, balance };
  });
}
