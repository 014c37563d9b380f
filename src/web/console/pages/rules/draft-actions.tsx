/** Begins a draft of the folder of drafts, reads it again, and ends it. */
import { useId, useState } from 'preact/hooks';
import type { DraftList } from '../../../api/action-schema.ts';
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { ActionDialog } from '../../action/action-dialog.tsx';
import { useAction } from '../../action/use-action.ts';
import { ChangeFiguresView } from '../../action/verdict-figures.tsx';
import { CommandWords } from '../../component/command-words.tsx';
import { Empty } from '../../component/empty.tsx';
import { useApi } from '../../live/use-api.ts';
import { text } from '../../text/catalogue.ts';

const words = text.action.draft;
const NONE = { unavailable: { reason: words.none } };

export function DraftActions({ document, done }: { document: RulesDocument; done: () => void }) {
  return (
    <>
      <BeginDraft document={document} done={done} />
      <ReadDraft document={document} done={done} />
      <EndDraft document={document} done={done} />
    </>
  );
}

function BeginDraft({ document: { shadow }, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('shadow-on', done);
  const { data } = useApi<DraftList>(action.isOpen ? '/drafts' : null);
  const [chosen, setChosen] = useState('');
  const id = useId();
  const draft = chosen === '' ? (data?.names[0] ?? '') : chosen;
  const dialog =
    shadow === null
      ? { open: words.begin, title: words.beginTitle, do: words.beginDo }
      : { open: words.beginOther, title: words.beginOtherTitle, do: words.beginDo };
  return (
    <ActionDialog action={action} words={dialog} body={draft === '' ? null : { draft }}>
      <p>
        {words.beginWhat} {shadow !== null && words.replaces(shadow.policy.name)}
      </p>
      {data !== null && data.names.length === 0 && (
        <Empty>{data.configured ? words.noDrafts : <CommandWords words={words.noFolder} />}</Empty>
      )}
      {data !== null && data.names.length > 0 && (
        <div class="field">
          <label for={id}>{words.choose}</label>
          <select
            id={id}
            value={draft}
            onChange={({ currentTarget }) => {
              setChosen(currentTarget.value);
            }}
          >
            {data.names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
    </ActionDialog>
  );
}

function ReadDraft({ document: { shadow }, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('shadow-read', done);
  const dialog = { open: words.read, title: words.readTitle, do: words.readDo };
  return (
    <ActionDialog action={action} words={dialog} {...(shadow === null && NONE)} body={{}}>
      <p>{words.readWhat}</p>
      {shadow !== null && <ChangeFiguresView figures={shadow.since_began} />}
    </ActionDialog>
  );
}

function EndDraft({ document: { shadow }, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('shadow-off', done);
  const dialog = { open: words.end, title: words.endTitle, do: words.endDo };
  const body = shadow === null ? null : { policy: shadow.policy.sha256 };
  return (
    <ActionDialog action={action} words={dialog} {...(shadow === null && NONE)} body={body}>
      <p>{words.endWhat}</p>
      {shadow !== null && <ChangeFiguresView figures={shadow.since_began} />}
    </ActionDialog>
  );
}
