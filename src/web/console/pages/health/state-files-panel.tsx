/** The files of the daemon's state, one by one. */
import type { HealthDocument, StateFileHealth } from '../../../api/health-schema.ts';
import { SeverityBadge } from '../../component/badge.tsx';
import { CommandWords } from '../../component/command-words.tsx';
import { type Column, DataTable } from '../../component/data-table.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import type { Severity } from '../../component/severity.ts';
import { bytes, span } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

const { stateFiles: words } = text.health;
const MS_PER_SECOND = 1000;
const SEVERITIES: Readonly<Record<StateFileHealth['state'], Severity>> = {
  ok: 'good',
  missing: 'notice',
  broken: 'critical',
  unreadable: 'critical',
  'not-written': 'critical',
  'set-aside': 'warning',
};

export function StateFilesPanel({ health: { state }, nowMs }: { health: HealthDocument; nowMs: number }) {
  const columns: Column<StateFileHealth>[] = [
    {
      key: 'file',
      title: words.file,
      isName: true,
      cell: ({ name }) => shortName(name),
    },
    { key: 'keeps', title: words.keeps, cell: ({ what }) => words.kinds[what] ?? what },
    { key: 'state', title: words.state, cell: (file) => <FileState file={file} /> },
    { key: 'size', title: words.size, isNumber: true, cell: (file) => bytes(file.bytes), sortBy: (file) => file.bytes },
    {
      key: 'age',
      title: words.age,
      isNumber: true,
      cell: ({ written_ms: ms }) =>
        ms === null ? span(null) : words.ago(span(Math.max(0, nowMs - ms) / MS_PER_SECOND)),
      sortBy: ({ written_ms: ms }) => ms,
    },
  ];
  return (
    <Panel title={words.title} size="wide">
      {!state.kept && (
        <Note severity="warning">
          <p>
            <CommandWords words={words.notKept} />
          </p>
        </Note>
      )}
      <DataTable
        caption={words.caption}
        columns={columns}
        rows={state.files}
        keyOf={({ name }) => name}
        empty={words.none}
      />
      {state.more > 0 && <p class="small muted">{words.more(state.more)}</p>}
    </Panel>
  );
}

function FileState({ file: { state, code } }: { file: StateFileHealth }) {
  return (
    <>
      <SeverityBadge severity={SEVERITIES[state]} word={words.states[state] ?? state} />
      {code !== null && ` ${words.codes[code] ?? code}`}
    </>
  );
}

/** `rules-3f0c9a7be21d….policy.yaml`: a hash in full would fill the table. */
function shortName(name: string): string {
  return name.replace(/([0-9a-f]{12})[0-9a-f]{20,}/, '$1…');
}
