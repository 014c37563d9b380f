/** Tables of counts: packets that were not decoded, and event logs. */
import type { EventLogHealth, HealthDocument } from '../../../api/health-schema.ts';
import { type Column, DataTable } from '../../component/data-table.tsx';
import { Panel } from '../../component/panel.tsx';
import { bytes, count, share } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

const { undecoded: undecodedWords, logs: logWords } = text.health;

export function UndecodedPanel({ health: { undecoded, packets } }: { health: HealthDocument }) {
  const columns: Column<readonly [string, number]>[] = [
    { key: 'reason', title: undecodedWords.reason, isName: true, cell: ([reason]) => reason.replaceAll('_', ' ') },
    {
      key: 'packets',
      title: undecodedWords.packets,
      isNumber: true,
      cell: ([, number]) => count(number),
      sortBy: ([, number]) => number,
    },
    { key: 'share', title: undecodedWords.share, isNumber: true, cell: ([, number]) => share(number, packets) },
  ];
  return (
    <Panel title={undecodedWords.title}>
      <DataTable
        caption={undecodedWords.caption}
        columns={columns}
        rows={Object.entries(undecoded).toSorted(([, a], [, b]) => b - a)}
        keyOf={([reason]) => reason}
        empty={undecodedWords.none}
      />
    </Panel>
  );
}

export function LogsPanel({ health: { logs } }: { health: HealthDocument }) {
  const numbers: readonly (readonly [keyof EventLogHealth, string, (value: number) => string])[] = [
    ['lines', logWords.lines, count],
    ['bytes', logWords.bytes, bytes],
    ['dropped', logWords.dropped, count],
    ['failures', logWords.failures, count],
    ['rotations', logWords.rotations, count],
    ['waiting_bytes', logWords.waiting, bytes],
  ];
  const columns: Column<EventLogHealth>[] = [
    { key: 'name', title: logWords.name, isName: true, cell: ({ name }) => name },
    ...numbers.map(([key, title, format]) => ({
      key,
      title,
      isNumber: true,
      cell: (log: EventLogHealth) => format(log[key] as number),
    })),
  ];
  return (
    <Panel title={logWords.title}>
      <DataTable
        caption={logWords.caption}
        columns={columns}
        rows={logs}
        keyOf={({ name }) => name}
        empty={logWords.none}
      />
    </Panel>
  );
}
