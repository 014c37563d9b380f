/** A note about an incident, for those who may act: a button, and a dialog with its fields. */
import { useId, useState } from 'preact/hooks';
import type { NewNote, NotedIncident } from '../../../api/incident-schema.ts';
import { Confirm } from '../../component/confirm.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { zoneName } from '../../format/time-format.ts';
import { failureWords, post } from '../../live/api.ts';
import { useSession } from '../../live/use-session.ts';
import { localText, timeOfLocal } from '../../span/zone-time.ts';
import { text } from '../../text/catalogue.ts';

const words = text.incidents.note;
const MS_PER_SECOND = 1000;

export function AddNote({ zone, onNoted }: { zone: string; onNoted: () => void }) {
  const session = useSession();
  const [isOpen, setOpen] = useState(false);
  if (session?.user?.role !== 'operator') return null;
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setOpen(true);
        }}
      >
        {words.add}
      </button>
      {isOpen && (
        <NoteDialog
          zone={zone}
          onClose={() => {
            setOpen(false);
          }}
          onNoted={() => {
            setOpen(false);
            onNoted();
          }}
        />
      )}
    </>
  );
}

function NoteDialog({ zone, onClose, onNoted }: { zone: string; onClose: () => void; onNoted: () => void }) {
  const [fields, setFields] = useState({
    title: '',
    cause: '',
    protocols: '',
    rules: '',
    sectors: '',
    from: localText(Math.floor(Date.now() / MS_PER_SECOND), zone),
    to: '',
  });
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const set = (name: keyof typeof fields) => (value: string) => {
    setFields((before) => ({ ...before, [name]: value }));
  };
  const save = (): void => {
    const note = noteOf(fields, zone);
    if (note === null) {
      setProblem(words.wrong);
      return;
    }
    setBusy(true);
    post<NotedIncident>('/incidents', note).then(onNoted, (error: unknown) => {
      setBusy(false);
      setProblem(failureWords(error));
    });
  };
  return (
    <Confirm title={words.add} isOpen action={words.save} isDisabled={isBusy} onConfirm={save} onClose={onClose}>
      <div class="note-fields">
        <TextField name={words.title} value={fields.title} set={set('title')} isRequired />
        <TextField name={words.cause} value={fields.cause} set={set('cause')} isLong />
        <TextField name={words.protocols} value={fields.protocols} set={set('protocols')} />
        <TextField name={words.rules} value={fields.rules} set={set('rules')} />
        <TextField name={words.sectors} value={fields.sectors} set={set('sectors')} />
        <TextField name={words.from(zoneName(zone))} value={fields.from} set={set('from')} isTime isRequired />
        <TextField name={words.to(zoneName(zone))} value={fields.to} set={set('to')} isTime />
      </div>
      {problem !== null && <ErrorState problem={problem} />}
    </Confirm>
  );
}

/** Null where it is not whole. */
function noteOf(
  fields: Readonly<Record<'title' | 'cause' | 'protocols' | 'rules' | 'sectors' | 'from' | 'to', string>>,
  zone: string,
): NewNote | null {
  const from = timeOfLocal(fields.from, zone);
  const to = fields.to === '' ? undefined : timeOfLocal(fields.to, zone);
  if (fields.title.trim() === '' || from === null || to === null || (to !== undefined && to < from)) return null;
  const names = (list: string): string[] =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
  const cause = fields.cause.trim();
  return {
    title: fields.title.trim(),
    ...(cause !== '' && { cause }),
    protocols: names(fields.protocols),
    rules: names(fields.rules),
    sectors: names(fields.sectors),
    from,
    ...(to !== undefined && { to }),
  };
}

interface TextFieldProps {
  readonly name: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly isTime?: boolean;
  readonly isLong?: boolean;
  readonly isRequired?: boolean;
}

function TextField({ name, value, set, isTime = false, isLong = false, isRequired = false }: TextFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{name}</label>
      {isLong ? (
        <textarea
          id={id}
          rows={4}
          value={value}
          onInput={({ currentTarget }) => {
            set(currentTarget.value);
          }}
        />
      ) : (
        <input
          id={id}
          {...(isTime && { type: 'datetime-local' as const })}
          required={isRequired}
          value={value}
          onInput={({ currentTarget }) => {
            set(currentTarget.value);
          }}
        />
      )}
    </div>
  );
}
