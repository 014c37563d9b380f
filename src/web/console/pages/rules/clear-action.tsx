/** Sets the counts of registered hits to 0, with a reason. */
import { useId, useState } from 'preact/hooks';
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { ActionOutcome } from '../../action/action-result.tsx';
import { useAction } from '../../action/use-action.ts';
import { Confirm } from '../../component/confirm.tsx';
import { count } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

const LONGEST_REASON = 500;

export function ClearAction({ document, done }: { document: RulesDocument; done: () => void }) {
  const action = useAction('clear-harm', done);
  const [reason, setReason] = useState('');
  const id = useId();
  const words = text.action.clear;
  const hits = document.registered_hits;
  return (
    <>
      <button
        type="button"
        class="danger"
        disabled={hits === 0}
        title={hits === 0 ? words.none : undefined}
        onClick={action.open}
      >
        {words.open}
      </button>
      <ActionOutcome action={action} />
      <Confirm
        title={words.title}
        isOpen={action.isOpen}
        action={action.isBusy ? text.action.working : words.do}
        isDangerous
        isDisabled={action.isBusy || reason.trim() === ''}
        onConfirm={() => {
          action.perform({ reason: reason.trim(), hits });
        }}
        onClose={action.close}
      >
        <p>{words.what(count(hits))}</p>
        <div class="field">
          <label for={id}>{words.reason}</label>
          <input
            id={id}
            value={reason}
            required
            maxLength={LONGEST_REASON}
            onInput={({ currentTarget }) => {
              setReason(currentTarget.value);
            }}
          />
        </div>
      </Confirm>
    </>
  );
}
