/** The alerts that hold now, and all of them with what to do. */
import { ALERT_NAMES, type AlertName, URGENT_ALERTS } from '../../../api/alert-names.ts';
import { CommandWords } from '../../component/command-words.tsx';
import { SeverityBadge } from '../../component/badge.tsx';
import { type Column, DataTable } from '../../component/data-table.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { text } from '../../text/catalogue.ts';

const { alerts: words } = text.health;

/** `firing`: the alerts that hold; SluiceDown is added where the daemon does not answer. */
export function AlertsPanel({ firing }: { firing: readonly AlertName[] }) {
  const columns: Column<AlertName>[] = [
    {
      key: 'state',
      title: words.columns.state,
      cell: (name) => <State name={name} isFiring={firing.includes(name)} />,
    },
    { key: 'alert', title: words.columns.alert, isName: true, cell: (name) => name },
    { key: 'says', title: words.columns.says, cell: (name) => words.words[name]![0] },
    { key: 'todo', title: words.columns.todo, cell: (name) => <CommandWords words={words.words[name]![1]} /> },
  ];
  return (
    <Panel title={words.title} size="wide" footer={words.footer}>
      <div class="alerts">
        {firing.length === 0 && (
          <Note severity="good">
            <p>{words.none}</p>
          </Note>
        )}
        {firing.map((name) => (
          <Note key={name} severity={isUrgent(name) ? 'critical' : 'warning'}>
            <p>
              <strong>{words.words[name]![0]}</strong> <CommandWords words={words.words[name]![1]} />
            </p>
          </Note>
        ))}
        <details>
          <summary>{words.all(ALERT_NAMES.length)}</summary>
          <DataTable caption={words.caption} columns={columns} rows={ALERT_NAMES} keyOf={(name) => name} empty="" />
        </details>
      </div>
    </Panel>
  );
}

function State({ name, isFiring }: { name: AlertName; isFiring: boolean }) {
  if (!isFiring) return <SeverityBadge severity="good" word={words.quiet} />;
  return isUrgent(name) ? (
    <SeverityBadge severity="critical" word={words.urgent} />
  ) : (
    <SeverityBadge severity="warning" word={words.warning} />
  );
}

function isUrgent(name: AlertName): boolean {
  return URGENT_ALERTS.some((urgent) => urgent === name);
}
