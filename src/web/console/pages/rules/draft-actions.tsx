/** Begins a draft of the folder of drafts, reads it again, and ends it. */
import { useId, useState } from 'preact/hooks';
import type { DraftList } from '../../../api/action-schema.ts';
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { ActionOutcome } from '../../action/action-result.tsx';
import { useAction } from '../../action/use-action.ts';
import { ChangeFiguresView } from '../../action/verdict-figures.tsx';
import { Confirm } from '../../component/confirm.tsx';
import { Empty } from '../../component/empty.tsx';
import { useApi } from '../../live/use-api.ts';
import { text } from '../../text/catalogue.ts';

const words = text.action.draft;

export function DraftActions({ document, done }: { document: RulesDocument; done: () => void }) {
  return (
    <>
      <BeginDraft done={done} />
      <ReadDraft document={document} done={done} />
      <EndDraft document={document} done={done} />
    </>
  );
}

function BeginDraft({ done }: { done: () => void }) {
  const action = useAction('shadow-on', done);
  const { data } = useApi<DraftList>(action.isOpen ? '/drafts' : null);
  const [chosen, setChosen] = useState('');
  const id = useId();
  const draft = chosen === '' ? (data?.names[0] ?? '') : chosen;
  return (
    <>
      <button type="button" onClick={action.open}>
        {words.begin}
      </button>
      <ActionOutcome action={action} />
      <Confirm
        title={words.beginTitle}
        isOpen={action.isOpen}
        action={action.isBusy ? text.action.working : words.beginDo}
        isDisabled={action.isBusy || draft === ''}
        onConfirm={() => {
          action.perform({ draft });
        }}
        onClose={action.close}
      >
        <p>{words.beginWhat}</p>
        {data !== null && data.names.length === 0 && <Empty>{data.configured ? words.noDrafts : words.noFolder}</Empty>}
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
      </Confirm>
    </>
  );
}

function ReadDraft({ document: { shadow }, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('shadow-read', done);
  return (
    <>
      <button type="button" disabled={shadow === null} onClick={action.open}>
        {words.read}
      </button>
      <ActionOutcome action={action} />
      <Confirm
        title={words.readTitle}
        isOpen={action.isOpen}
        action={action.isBusy ? text.action.working : words.readDo}
        isDisabled={action.isBusy}
        onConfirm={() => {
          action.perform({});
        }}
        onClose={action.close}
      >
        <p>{words.readWhat}</p>
        {shadow !== null && <ChangeFiguresView figures={shadow.since_began} />}
      </Confirm>
    </>
  );
}

function EndDraft({ document: { shadow }, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('shadow-off', done);
  return (
    <>
      <button type="button" disabled={shadow === null} onClick={action.open}>
        {words.end}
      </button>
      <ActionOutcome action={action} />
      <Confirm
        title={words.endTitle}
        isOpen={action.isOpen}
        action={action.isBusy ? text.action.working : words.endDo}
        isDisabled={action.isBusy || shadow === null}
        onConfirm={() => {
          if (shadow !== null) action.perform({ policy: shadow.policy.sha256 });
        }}
        onClose={action.close}
      >
        <p>{words.endWhat}</p>
        {shadow !== null && <ChangeFiguresView figures={shadow.since_began} />}
      </Confirm>
    </>
  );
}
