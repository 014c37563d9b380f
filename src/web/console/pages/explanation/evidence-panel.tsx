/** The evidence of the finding: what was compared, where, and what was seen. */
import type { DecisionExplanation } from '../../../api/decision-schema.ts';
import { type Column, DataTable } from '../../component/data-table.tsx';
import { Panel } from '../../component/panel.tsx';
import { count } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';
import type { PartProps } from './explanation-page.tsx';
import { nameOf } from './flow-panel.tsx';

const words = text.explanation.evidence;
/** This check compares the number of a packet. */
const OF_PACKETS = 'tunnel-confirmed';

type Entry = DecisionExplanation['kept']['evidence'][number] & { readonly place: number };

function columnsOf(places: DecisionExplanation['now']['places']): readonly Column<Entry>[] {
  const value = (check: string, shown: string) => {
    const packet = check === OF_PACKETS ? places[shown]?.packet : undefined;
    return packet === undefined ? <code>{shown}</code> : words.firstOf(packet);
  };
  return [
    { key: 'place', title: words.number, isNumber: true, cell: ({ place }) => place },
    { key: 'check', title: words.check, isName: true, cell: ({ check }) => text.explanation.check(check) },
    {
      key: 'packet',
      title: words.packet,
      isNumber: true,
      cell: ({ packet }) => {
        const at = places[packet];
        return <span title={at === undefined ? undefined : nameOf(at.file)}>{count(at?.packet ?? packet)}</span>;
      },
    },
    { key: 'offset', title: words.offset, isNumber: true, cell: ({ offset }) => offset },
    { key: 'expected', title: words.expected, cell: ({ check, expected }) => value(check, expected) },
    { key: 'seen', title: words.seen, cell: ({ check, seen }) => value(check, seen) },
  ];
}

export function EvidencePanel({ data: { kept, now } }: PartProps) {
  const rows = kept.evidence.map((entry, index) => ({ ...entry, place: index + 1 }));
  return (
    <Panel title={words.title} size="wide">
      <DataTable
        caption={words.caption}
        columns={columnsOf(now.places)}
        rows={rows}
        keyOf={({ place }) => place}
        empty={words.empty}
        isCards
      />
    </Panel>
  );
}
