/** The reports that were made on schedule, and whether the schedule works. */
import type { ReportHead } from '../../../../history/report/report-head.ts';
import type { ReportList } from '../../../api/report-schema.ts';
import { CommandWords } from '../../component/command-words.tsx';
import { type Column, DataTable } from '../../component/data-table.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { count } from '../../format/number-format.ts';
import { problemIn } from '../../format/refusal-words.ts';
import { text } from '../../text/catalogue.ts';
import { ReportLinks } from './report-links.tsx';

const words = text.reports;

export function KeptPanel({ list }: { list: ReportList }) {
  const { kept, schedules, due, problem, pdf, zone } = list;
  const columns: Column<ReportHead>[] = [
    { key: 'period', title: words.which, cell: ({ title }) => title, isName: true, sortBy: ({ period }) => period.to },
    {
      key: 'audience',
      title: words.audience,
      cell: ({ audience }) => words.audiences[audience],
      sortBy: ({ audience }) => audience,
    },
    {
      key: 'made',
      title: words.made,
      cell: ({ made_at: at }) => <Time ms={Date.parse(at)} zone={zone} />,
      sortBy: ({ made_at: at }) => at,
    },
    {
      key: 'files',
      title: words.files,
      cell: ({ id, title, audience, tables }) => (
        <ReportLinks
          path={`/reports/kept/${id}?`}
          title={`${title}, ${words.audiences[audience]!}`}
          tables={tables}
          hasPdf={pdf}
        />
      ),
    },
  ];
  const units = schedules.map((name) => words.units[name] ?? name).join(words.and);
  return (
    <Panel
      title={words.kept}
      size="wide"
      footer={schedules.length === 0 ? <CommandWords words={words.noSchedule} /> : words.schedule(units)}
    >
      {problem !== null && (
        <Note severity="critical" isUrgent>
          {words.failed(problemIn(list)!)}
        </Note>
      )}
      {due > 0 && <Note severity="notice">{words.due(count(due))}</Note>}
      <DataTable
        caption={words.keptCaption}
        columns={columns}
        rows={kept}
        keyOf={({ id }) => id}
        empty={words.noneKept}
        isCards
      />
    </Panel>
  );
}
